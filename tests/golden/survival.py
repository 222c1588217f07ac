"""Make survival.json: random survival data, and what other libraries find in them.

The test suite needs neither this file nor these libraries. To make the file again, in an
environment with lifelines 0.30.3 (MIT), scikit-survival 0.28.0 (GPL) and statsmodels 0.15.0 (BSD)::

    python tests/golden/survival.py
"""

import json
from pathlib import Path

import numpy as np

SHIFT = 1e-6
"""scikit-survival weighs an event at t with G(t), we with G(t-). With censorings a bit later than
events of the same time both are one number, and neither C nor risk sets change."""


def cohort(rng, n, *, grid, decimals, censored):
    scores = np.round(rng.normal(size=n), decimals)
    other = np.round(rng.normal(size=n), 1)
    true = rng.exponential(12 * np.exp(-0.7 * scores - 0.3 * other))
    limit = rng.exponential(12 * (1 / censored - 1), size=n)
    times = np.minimum(true, limit)
    times = np.ceil(times) if grid else times
    events = true <= limit
    times = np.minimum(times, 40.0)
    return {
        "times": times.tolist(),
        "events": (events & (times < 40)).tolist(),
        "scores": scores.tolist(),
        "other": other.tolist(),
        "groups": rng.integers(0, 3, n).tolist(),
        "strata": rng.integers(0, 4, n).tolist(),
    }


def inputs():
    rng = np.random.default_rng(20240511)
    shapes = {
        "plain": {"n": 100, "grid": False, "decimals": 6, "censored": 0.4},
        "ties": {"n": 90, "grid": True, "decimals": 1, "censored": 0.5},
        "heavy": {"n": 150, "grid": True, "decimals": 1, "censored": 0.88},
        "uncensored": {"n": 70, "grid": True, "decimals": 1, "censored": 1e-6},
    }
    cases = {}
    for name, shape in shapes.items():
        test, train = cohort(rng, **shape), cohort(rng, **shape)
        # Training follow-up beyond that of any test patient, which scikit-survival asks for.
        train["times"][:2], train["events"][:2] = [45.0, 45.0], [False, False]
        short = name == "heavy"
        horizons, tau = ([1.5, 2.5, 4.5, 6.5], 5.5) if short else ([2.5, 4.5, 7.5, 11.5], 12.5)
        cases[name] = {"test": test, "train": train, "horizons": horizons, "tau": tau}
    constant = json.loads(json.dumps(cases["ties"]))
    constant["test"]["scores"] = [0.25] * 90
    return {**cases, "constant": constant}


def shifted(side):
    from sksurv.util import Surv

    times, events = np.array(side["times"]), np.array(side["events"])
    return Surv.from_arrays(events, np.where(events, times, times + SHIFT))


def scikit_survival(case):
    from sksurv import metrics
    from sksurv.linear_model.coxph import BreslowEstimator
    from sksurv.nonparametric import kaplan_meier_estimator

    test, train = case["test"], case["train"]
    y, known = shifted(test), shifted(train)
    scores, horizons = np.array(test["scores"]), np.array(case["horizons"])
    baseline = BreslowEstimator().fit(
        np.array(train["scores"]), np.array(train["events"]), np.array(train["times"])
    )
    curves = baseline.get_survival_function(scores)
    predicted = np.array([curve(horizons) for curve in curves])
    limits = {"conf_type": "log-log"}
    times, km, (low, high) = kaplan_meier_estimator(test["events"], test["times"], **limits)
    _, reverse = kaplan_meier_estimator(test["events"], test["times"], reverse=True)
    weighed = metrics.concordance_index_ipcw(known, y, scores, tau=case["tau"])
    events = np.array(test["events"])
    return {
        "harrell": metrics.concordance_index_censored(events, test["times"], scores)[0],
        "uno": weighed[0],
        "time_auc": metrics.cumulative_dynamic_auc(known, y, scores, horizons)[0].tolist(),
        "predicted": predicted.tolist(),
        "brier": metrics.brier_score(known, y, predicted, horizons)[1].tolist(),
        "integrated_brier": metrics.integrated_brier_score(known, y, predicted, horizons),
        "km_times": times.tolist(),
        "km": km.tolist(),
        "km_low": low.tolist(),
        "km_high": high.tolist(),
        "reverse_km": reverse.tolist(),
    }


def lifelines_values(case):
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import concordance_index

    test = case["test"]
    km = KaplanMeierFitter().fit(test["times"], test["events"])
    bounds = km.confidence_interval_.to_numpy()[1:]
    groups = multivariate_logrank_test(test["times"], test["groups"], test["events"])
    two = np.array(test["groups"]) == 0
    halves = multivariate_logrank_test(test["times"], two, test["events"])
    found = {
        "harrell": concordance_index(test["times"], -np.array(test["scores"]), test["events"]),
        "km": km.survival_function_.to_numpy()[1:, 0].tolist(),
        "km_low": bounds[:, 0].tolist(),
        "km_high": bounds[:, 1].tolist(),
        "median": float(km.median_survival_time_),
        "logrank3": [float(groups.test_statistic), float(groups.p_value)],
        "logrank2": [float(halves.test_statistic), float(halves.p_value)],
    }
    frame = pd.DataFrame({name: test[name] for name in test})
    models = {"one": ["scores"], "two": ["scores", "other"], "stratified": ["scores", "other"]}
    for name, columns in models.items():
        if frame["scores"].nunique() == 1:
            continue
        strata = ["strata"] if name == "stratified" else None
        fitter = CoxPHFitter()
        fitter.fit(
            frame[["times", "events", *columns, *(strata or [])]],
            "times",
            "events",
            strata=strata,
            fit_options={"precision": 1e-13, "r_precision": 1e-13},
        )
        found[f"cox_{name}"] = {
            "coefficients": fitter.params_.tolist(),
            "standard_errors": fitter.standard_errors_.tolist(),
            "log_likelihood": float(fitter.log_likelihood_),
        }
        if strata is None:
            ratio = fitter.log_likelihood_ratio_test()
            found[f"cox_{name}"]["ratio"] = [float(ratio.test_statistic), float(ratio.p_value)]
    return found


def statsmodels_values(case):
    from statsmodels.duration.survfunc import survdiff

    test = {name: np.array(values) for name, values in case["test"].items()}
    statistic, p = survdiff(
        test["times"], test["events"].astype(int), test["groups"], strata=test["strata"]
    )
    return {"logrank_stratified": [float(statistic), float(p)]}


def main():
    import lifelines
    import sksurv
    import statsmodels

    cases = inputs()
    for case in cases.values():
        case["scikit-survival"] = scikit_survival(case)
        case["lifelines"] = lifelines_values(case)
        case["statsmodels"] = statsmodels_values(case)
    origin = {
        "made by": "tests/golden/survival.py",
        "lifelines": lifelines.__version__,
        "scikit-survival": sksurv.__version__,
        "statsmodels": statsmodels.__version__,
        "calls": {
            "harrell": "lifelines concordance_index of the negative score; scikit-survival "
            "concordance_index_censored",
            "uno": "scikit-survival concordance_index_ipcw, censorings shifted by 1e-6",
            "time_auc": "scikit-survival cumulative_dynamic_auc, censorings shifted by 1e-6",
            "brier": "scikit-survival brier_score, integrated_brier_score, censorings shifted by "
            "1e-6",
            "predicted": "scikit-survival BreslowEstimator on the training side",
            "km": "lifelines KaplanMeierFitter; scikit-survival kaplan_meier_estimator, log-log",
            "reverse_km": "scikit-survival kaplan_meier_estimator(reverse=True)",
            "logrank2, logrank3": "lifelines multivariate_logrank_test",
            "logrank_stratified": "statsmodels survdiff",
            "cox": "lifelines CoxPHFitter, Efron, precision 1e-13",
        },
    }
    text = json.dumps({"origin": origin, "cases": cases}, allow_nan=False)
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
