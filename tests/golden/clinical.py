"""Make clinical.json: random data of patients, and what other libraries find in them.

The test suite needs neither this file nor these libraries. To make the file again, in an
environment with lifelines 0.30.3 (MIT), statsmodels 0.15.0 (BSD), scikit-survival 0.28.0 (GPL) and
dcurves 1.1.7 (Apache)::

    python tests/golden/clinical.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from dcurves import dca
from lifelines import AalenJohansenFitter, CoxPHFitter
from lifelines.statistics import proportional_hazard_test
from scipy.stats import rankdata
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

COLUMNS = ["a", "b", "c"]


def left_km(times, events):
    """1 - S(t-) of every patient, by the definition."""
    found = []
    for time in times:
        earlier = np.unique(times[events & (times < time)])
        dead = [(events & (times == each)).sum() / (times >= each).sum() for each in earlier]
        found.append(1 - np.prod([1 - share for share in dead]))
    return np.array(found)


def ranks(times, events):
    found = np.zeros(len(times))
    found[events] = rankdata(times[events])
    return found


TRANSFORMS = {"identity": lambda times, _: times, "rank": ranks, "km": left_km}


def hazards(rng, *, n, grid):
    x = np.round(rng.normal(size=(n, 3)), 2)
    x[:, 2] = x[:, 2] > 0
    strata = rng.integers(0, 3, n)
    true = rng.exponential(10 * np.exp(-x @ [0.8, -0.4, 0.5]))
    limit = rng.exponential(20, n)
    times = np.minimum(true, limit)
    times = np.ceil(times) if grid else np.round(times, 6)
    return x, times, true <= limit, strata


def schoenfeld(rng):
    cases = {}
    for name, grid, stratified in [
        ("untied", False, False),
        ("tied", True, False),
        ("stratified", True, True),
    ]:
        x, times, events, strata = hazards(rng, n=120, grid=grid)
        frame = pd.DataFrame(x, columns=COLUMNS).assign(t=times, e=events, s=strata)
        if not stratified:
            frame = frame.drop(columns="s")
        model = CoxPHFitter().fit(
            frame,
            "t",
            "e",
            strata=["s"] if stratified else None,
            fit_options={"precision": 1e-12},
        )
        expected = {}
        for label, transform in TRANSFORMS.items():
            own = proportional_hazard_test(
                model,
                frame,
                time_transform=lambda t, c, _, f=transform: pd.Series(
                    f(t.to_numpy(), c.to_numpy().astype(bool)), index=t.index
                ),
            )
            expected[label] = {"statistics": own.test_statistic.tolist(), "p": own.p_value.tolist()}
        if not stratified and not grid:
            own = proportional_hazard_test(model, frame, time_transform="rank")
            expected["rank"]["statistics"] = own.test_statistic.tolist()
        residuals = model.compute_residuals(frame, "schoenfeld").sort_index()
        cases[name] = {
            "x": x.tolist(),
            "times": times.tolist(),
            "events": events.tolist(),
            "strata": strata.tolist() if stratified else None,
            "tests": expected,
            "residuals": residuals.to_numpy().tolist(),
        }
    return cases


def competing(rng):
    times = np.round(rng.exponential(10, 90), 6)
    causes = rng.choice([0, 1, 2, 3], 90, p=[0.35, 0.3, 0.2, 0.15])
    fitter = AalenJohansenFitter(calculate_variance=True).fit(times, causes, event_of_interest=1)
    frame = fitter.cumulative_density_.iloc[1:]
    order = np.sort(times)
    assert np.allclose(frame.index.to_numpy(), order)
    bounds = fitter.confidence_interval_.iloc[1:]
    first = int(np.argmax(frame.to_numpy()[:, 0] > 0))
    return {
        "times": times.tolist(),
        "causes": causes.tolist(),
        "first": first,
        "incidence": frame.to_numpy()[:, 0].tolist(),
        "variance": fitter.variance_.iloc[1:].to_list(),
        "low": bounds.min(axis=1).iloc[first:].to_list(),
        "high": bounds.max(axis=1).iloc[first:].to_list(),
    }


def logistic(rng):
    x = np.round(rng.normal(size=(150, 3)), 3)
    y = rng.random(150) < 1 / (1 + np.exp(-(x @ [0.9, -0.5, 0.0] - 0.6)))
    fit = sm.Logit(y.astype(float), sm.add_constant(x)).fit(disp=0, tol=1e-14, maxiter=100)
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "coefficients": fit.params.tolist(),
        "standard_errors": fit.bse.tolist(),
        "log_likelihood": float(fit.llf),
        "null_log_likelihood": float(fit.llnull),
    }


def ridge_cox(rng):
    x, times, events, _ = hazards(rng, n=100, grid=True)
    target = Surv.from_arrays(events, times)
    found = {}
    for penalty in (0.0, 1.0, 30.0):
        model = CoxPHSurvivalAnalysis(alpha=penalty, ties="efron", tol=1e-14, n_iter=1000)
        found[str(penalty)] = model.fit(x, target).coef_.tolist()
    return {
        "x": x.tolist(),
        "times": times.tolist(),
        "events": events.tolist(),
        "coefficients": found,
    }


def curves(rng):
    n, thresholds = 140, [0.05, 0.1, 0.2, 0.3, 0.45, 0.6]
    risks = np.round(rng.beta(2, 3, n), 6)
    times = rng.exponential(5 / (0.2 + 2 * risks))
    limit = rng.exponential(12, n)
    events = times <= limit
    times = np.round(np.minimum(times, limit), 6)
    outcome = rng.random(n) < risks
    frame = pd.DataFrame({"risk": risks, "t": times, "e": events, "y": outcome.astype(int)})
    found = {}
    for name, options in {
        "survival": {"outcome": "e", "time": 2.0, "time_to_outcome_col": "t"},
        "classes": {"outcome": "y"},
    }.items():
        table = dca(data=frame, modelnames=["risk"], thresholds=thresholds, **options)
        found[name] = {
            who: table[table.model == who].net_benefit.to_list() for who in ("risk", "all")
        }
    return {
        "risks": risks.tolist(),
        "times": times.tolist(),
        "events": events.tolist(),
        "outcome": outcome.tolist(),
        "horizon": 2.0,
        "thresholds": thresholds,
        "net_benefit": found,
    }


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(20240611)
    makers = (schoenfeld, competing, logistic, ridge_cox, curves)
    content = {maker.__name__: maker(rng) for maker in makers}
    place = Path(__file__).with_suffix(".json")
    place.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
