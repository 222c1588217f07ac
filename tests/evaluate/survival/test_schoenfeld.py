import json
from pathlib import Path

import numpy as np
import pytest

from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.survival.schoenfeld import proportional_hazards, schoenfeld_residuals
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "clinical.json"
CASES = json.loads(GOLDEN.read_text())["schoenfeld"]


def arrays(case):
    survival = Survival(times=np.array(case["times"]), events=np.array(case["events"]))
    strata = None if case["strata"] is None else np.array(case["strata"])
    return survival, np.array(case["x"]), strata


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("transform", ["identity", "rank", "km"])
def test_agrees_with_lifelines(name: str, transform: str) -> None:
    survival, x, strata = arrays(CASES[name])
    found = proportional_hazards(survival, x, strata=strata, transform=transform)
    expected = CASES[name]["tests"][transform]
    assert found.statistics == pytest.approx(expected["statistics"], abs=1e-6)
    assert found.p == pytest.approx(expected["p"], abs=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_residuals_agree_with_lifelines_and_sum_to_the_score(name: str) -> None:
    survival, x, strata = arrays(CASES[name])
    beta = fit_cox(survival, x, strata).coefficients
    found = schoenfeld_residuals(survival, x, coefficients=beta, strata=strata)
    assert found == pytest.approx(np.array(CASES[name]["residuals"]), abs=1e-6)
    assert found.sum(axis=0) == pytest.approx(0, abs=1e-6)


def test_global_test_of_one_covariate_is_its_own_and_scale_does_not_matter() -> None:
    survival, x, _ = arrays(CASES["tied"])
    one = proportional_hazards(survival, x[:, :1])
    assert one.global_statistic == pytest.approx(one.statistics[0])
    assert (one.dof, one.global_p) == (1, pytest.approx(one.p[0]))
    three = proportional_hazards(survival, x)
    turned = proportional_hazards(survival, x @ [[2.0, 1, 0], [0, 1, 0], [0, 5, -1]])
    assert turned.global_statistic == pytest.approx(three.global_statistic)
    assert three.dof == 3


def crossing(seed: int, n: int = 300) -> tuple[Survival, np.ndarray]:
    """A covariate that harms until time 1 and protects afterwards."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, n).astype(np.float64)
    early, late = rng.exponential(2 * np.exp(-x)), rng.exponential(np.exp(x))
    return Survival(times=np.where(early < 1, early, 1 + late), events=np.ones(n, bool)), x[:, None]


@pytest.mark.parametrize("transform", ["identity", "rank", "km"])
def test_finds_a_changing_hazard_ratio_and_its_direction(transform: str) -> None:
    survival, x = crossing(1)
    found = proportional_hazards(survival, x, transform=transform)
    assert found.p[0] < 1e-3
    assert found.correlations[0] < 0


def test_p_is_uniform_where_hazards_are_proportional() -> None:
    ps = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(80, 1))
        survival = Survival(times=rng.exponential(np.exp(-x[:, 0])), events=rng.random(80) < 0.8)
        ps.append(proportional_hazards(survival, x).p[0])
    assert np.mean(ps) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(ps) < 0.05) < 0.10


def test_events_at_one_time_are_refused() -> None:
    survival = Survival(times=np.array([2.0, 2, 3, 3]), events=np.array([1, 1, 0, 0], bool))
    with pytest.raises(UndefinedMetricError, match="all 2 events came at one time"):
        proportional_hazards(survival, np.array([[1.0], [0.0], [0.5], [0.2]]))
