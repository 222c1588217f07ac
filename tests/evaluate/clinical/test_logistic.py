import json
from pathlib import Path

import numpy as np
import pytest

from histopress.evaluate.clinical.logistic import fit_logistic
from histopress.evaluate.undefined import UndefinedMetricError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "clinical.json"


def test_agrees_with_statsmodels() -> None:
    case = json.loads(GOLDEN.read_text())["logistic"]
    fit = fit_logistic(np.array(case["y"]), np.array(case["x"]))
    found = [fit.intercept, *fit.coefficients]
    assert found == pytest.approx(case["coefficients"], abs=1e-8)
    assert fit.standard_errors == pytest.approx(case["standard_errors"][1:], abs=1e-8)
    assert fit.log_likelihood == pytest.approx(case["log_likelihood"], abs=1e-8)


@pytest.mark.parametrize(
    ("positives", "x", "reason"),
    [
        ([True, True, True, True], [0.0, 1, 2, 3], "all 4 patients are positive"),
        ([True, False, True, False], [2.0, 2, 2, 2], "constant"),
        ([False, False, True, True], [0.0, 1, 2, 3], "separate the classes"),
        ([False, False, True, True], [0.0, 1, 1, 3], "separate the classes"),
    ],
)
def test_what_has_no_value_is_named(positives, x, reason) -> None:
    with pytest.raises(UndefinedMetricError, match=reason):
        fit_logistic(np.array(positives), np.array(x)[:, None])


def test_dependent_covariates_are_named() -> None:
    x = np.random.default_rng(0).normal(size=(50, 2))
    both = np.concatenate([x, x.sum(axis=1, keepdims=True)], axis=1)
    with pytest.raises(UndefinedMetricError, match="follows from the others"):
        fit_logistic(np.arange(50) % 2 == 0, both)
