"""Make metrics.json: random predictions, and what other libraries find in them.

The test suite needs neither this file nor these libraries. To make the file again, in an
environment with lifelines 0.30.3 (MIT), scikit-survival 0.28.0 (GPL) and statsmodels 0.15.0 (BSD)::

    python tests/golden/metrics.py
"""

import json
from pathlib import Path

import numpy as np

SHIFT = 1e-6
"""scikit-survival weighs an event at t with G(t), we with G(t-). With censorings a bit later than
events of the same time both are one number, and neither C nor risk sets change. (It would show
where a time of the integrated Brier score's grid is that of a censoring; none is in "ties".)"""

GRID = 101


def cohort(rng, n, *, grid, decimals, censored):
    risks = np.round(rng.normal(size=n), decimals)
    true = rng.exponential(12 * np.exp(-0.7 * risks))
    limit = rng.exponential(12 * (1 / censored - 1), size=n)
    times = np.minimum(true, limit)
    times = np.minimum(np.ceil(times) if grid else times, 40.0)
    return {"times": times, "events": (true <= limit) & (times < 40), "risks": risks}


def survival_case(rng, shape, horizon):
    test, train = cohort(rng, **shape), cohort(rng, **shape)
    # scikit-survival scores within the test sample's follow-up, and asks the training sample's to
    # be longer.
    test["times"][0], test["events"][0] = 0.0, False
    test["times"][1:3], test["events"][1:3] = 40.0, False
    train["times"][:12], train["events"][:12] = 45.0, False
    return {"test": test, "train": train, "horizon": horizon}


def survival_inputs():
    rng = np.random.default_rng(20240607)
    shapes = {
        "plain": ({"n": 100, "grid": False, "decimals": 6, "censored": 0.4}, 7.5),
        "ties": ({"n": 90, "grid": True, "decimals": 1, "censored": 0.5}, 7.5),
        "heavy": ({"n": 150, "grid": False, "decimals": 1, "censored": 0.88}, 4.5),
    }
    return {name: survival_case(rng, *shape) for name, shape in shapes.items()}


def structured(side):
    from sksurv.util import Surv

    events = side["events"]
    later = ~events & (side["times"] > 0)
    return Surv.from_arrays(events, side["times"] + np.where(later, SHIFT, 0.0))


def truncation(train):
    quantile = np.quantile(train["times"][train["events"]], 0.9)
    return float(min(quantile, np.sort(train["times"])[-10]))


def of_scikit_survival(case):
    from sksurv.linear_model.coxph import BreslowEstimator
    from sksurv.metrics import (
        brier_score,
        concordance_index_censored,
        concordance_index_ipcw,
        cumulative_dynamic_auc,
        integrated_brier_score,
    )

    test, train = case["test"], case["train"]
    truth, known, tau = structured(test), structured(train), truncation(train)
    breslow = BreslowEstimator().fit(train["risks"], train["events"], train["times"])
    curves = breslow.get_survival_function(test["risks"])
    grid, at = np.linspace(0, tau, GRID), np.array([case["horizon"]])

    def read(times):
        inner = np.maximum(times, curves[0].x[0])
        found = np.array([curve(inner) for curve in curves])
        return np.where(times < curves[0].x[0], 1.0, found)

    return {
        "tau": tau,
        "c": concordance_index_censored(test["events"], test["times"], test["risks"])[0],
        "c_uno": concordance_index_ipcw(known, truth, test["risks"], tau=tau, tied_tol=0)[0],
        "auc_at": cumulative_dynamic_auc(known, truth, test["risks"], at)[0][0],
        "brier_at": brier_score(known, truth, read(at), at)[1][0],
        "integrated_brier": integrated_brier_score(known, truth, read(grid), grid),
    }


def of_lifelines(case):
    from lifelines import KaplanMeierFitter

    test, train = case["test"], case["train"]
    high = test["risks"] > np.median(train["risks"])
    follow = KaplanMeierFitter().fit(
        test["times"] - np.where(test["events"], SHIFT, 0.0), ~test["events"]
    )
    upper = KaplanMeierFitter().fit(test["times"][high], test["events"][high])
    return {
        "follow_up": follow.median_survival_time_,
        "high_at": float(upper.predict(case["horizon"])),
        "n_high": int(high.sum()),
    }


def of_statsmodels(case):
    from statsmodels.duration.hazard_regression import PHReg

    test, train = case["test"], case["train"]
    scaled = test["risks"] / train["risks"].std(ddof=1)
    strata = np.arange(len(scaled)) % 2
    model = PHReg(test["times"], scaled[:, None], status=test["events"], ties="efron")
    split = PHReg(
        test["times"], scaled[:, None], status=test["events"], ties="efron", strata=strata
    )
    return {
        "hazard_ratio": float(np.exp(model.fit(method="newton", tol=1e-14).params[0])),
        "stratified": float(np.exp(split.fit(method="newton", tol=1e-14).params[0])),
    }


def calibration():
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    logits = np.round(rng.normal(size=120), 1)
    labels = rng.random(120) < 1 / (1 + np.exp(-0.5 - 0.6 * logits))
    family = sm.families.Binomial()
    tight = {"tol": 1e-14, "maxiter": 200}
    both = sm.GLM(labels * 1.0, sm.add_constant(logits), family=family).fit(**tight)
    large = sm.GLM(labels * 1.0, np.ones((120, 1)), family=family, offset=logits).fit(**tight)
    values = 3 + 0.4 * logits + rng.normal(size=120)
    line = sm.OLS(values, sm.add_constant(logits)).fit()
    return {
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "values": values.tolist(),
        "statsmodels": {
            "slope": both.params[1],
            "in_the_large": large.params[0],
            "line_slope": line.params[1],
            "line_intercept": line.params[0],
        },
    }


def main():
    cases = survival_inputs()
    entries = {}
    for name, case in cases.items():
        entries[name] = {
            "horizon": case["horizon"],
            **{
                side: {key: value.tolist() for key, value in case[side].items()}
                for side in ("test", "train")
            },
            "scikit-survival": of_scikit_survival(case),
            "lifelines": of_lifelines(case),
            "statsmodels": of_statsmodels(case),
        }
    whole = {
        "origin": "tests/golden/metrics.py with lifelines 0.30.3, scikit-survival 0.28.0, "
        "statsmodels 0.15.0",
        "survival": entries,
        "calibration": calibration(),
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
