import json
from pathlib import Path

import numpy as np
import pytest

from histopress.evaluate.survival.net_benefit import class_decisions, survival_decisions
from histopress.evaluate.survival.times import Survival

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "clinical.json"
CASE = json.loads(GOLDEN.read_text())["curves"]
RISKS, THRESHOLDS = np.array(CASE["risks"]), np.array(CASE["thresholds"])
SURVIVAL = Survival(times=np.array(CASE["times"]), events=np.array(CASE["events"]))
POSITIVES = np.array(CASE["outcome"])


def decide(kind: str, rows=slice(None), weights=None):
    if kind == "classes":
        return class_decisions(POSITIVES[rows], RISKS[rows], thresholds=THRESHOLDS, weights=weights)
    return survival_decisions(
        SURVIVAL.take(rows),
        RISKS[rows],
        horizon=CASE["horizon"],
        thresholds=THRESHOLDS,
        weights=weights,
    )


@pytest.mark.parametrize("kind", ["survival", "classes"])
def test_agrees_with_dcurves(kind: str) -> None:
    found, expected = decide(kind), CASE["net_benefit"][kind]
    assert found.model[0] == pytest.approx(expected["risk"], abs=1e-10)
    assert found.treat_all[0] == pytest.approx(expected["all"], abs=1e-10)
    assert found.treated[0].tolist() == [(each <= RISKS).sum() for each in THRESHOLDS]


@pytest.mark.parametrize("kind", ["survival", "classes"])
def test_weights_are_repetitions(kind: str, copies) -> None:
    weights = copies(3, len(RISKS))
    found = decide(kind, weights=weights)
    for row, own in enumerate(weights):
        repeated = decide(kind, rows=np.repeat(np.arange(len(RISKS)), own.astype(int)))
        assert found.model[row] == pytest.approx(repeated.model[0], abs=1e-12)
        assert found.treat_all[row] == pytest.approx(repeated.treat_all[0], abs=1e-12)


def test_survival_without_censoring_is_a_class() -> None:
    survival = Survival(times=SURVIVAL.times, events=np.ones(len(RISKS), bool))
    found = survival_decisions(survival, RISKS, horizon=2.0, thresholds=THRESHOLDS)
    expected = class_decisions(survival.times <= 2, RISKS, thresholds=THRESHOLDS)
    assert found.model == pytest.approx(expected.model, abs=1e-12)


def test_nobody_treated_gains_nothing_and_short_follow_up_is_unknown() -> None:
    survival = Survival(times=np.array([1.0, 5, 6]), events=np.array([False, True, True]))
    found = survival_decisions(
        survival, np.array([0.9, 0.2, 0.1]), horizon=3.0, thresholds=np.array([0.05, 0.5, 0.95])
    )
    assert found.model[0, 2] == 0
    assert np.isnan(found.model[0, 1])
    assert found.model[0, 0] == pytest.approx(-0.05 / 0.95)


def test_refuses_what_is_no_probability() -> None:
    with pytest.raises(ValueError, match="2 probabilities"):
        class_decisions(np.ones(2, bool), np.array([0.5, 1.5]), thresholds=np.array([0.5]))
    with pytest.raises(ValueError, match="above 0 and below 1"):
        class_decisions(np.ones(1, bool), np.array([0.5]), thresholds=np.array([1.0]))


def test_a_risk_at_the_threshold_is_treated_and_an_event_at_the_horizon_counts() -> None:
    risks, at = np.array([0.5, 0.5, 0.1, 0.1]), np.array([0.5])
    found = class_decisions(np.array([True, True, False, False]), risks, thresholds=at)
    assert (found.model[0, 0], found.treated[0, 0]) == (0.5, 2)
    survival = Survival(times=np.array([3.0, 3, 9, 9]), events=np.array([1, 1, 0, 0], bool))
    found = survival_decisions(survival, risks, horizon=3.0, thresholds=at)
    assert (found.model[0, 0], found.treated[0, 0]) == (0.5, 2)
