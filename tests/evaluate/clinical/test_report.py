import json

import numpy as np
import pytest

from histopress.evaluate.clinical import (
    Adjustment,
    ClinicalSettings,
    ScoredPatients,
    clinical_report,
)
from histopress.evaluate.clinical.decisions import net_benefit
from histopress.evaluate.clinical.horizons import risks_of
from histopress.evaluate.clinical.links import fit_links
from histopress.evaluate.survival.kaplan_meier import kaplan_meier
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

SETTINGS = ClinicalSettings(
    horizons=(2.0, 5.0), thresholds=(0.2, 0.5, 0.8), n_resamples=200, level=0.95
)


def report(test, validation, by, settings=SETTINGS, seed=0):
    rng = np.random.default_rng(seed)
    found = clinical_report(test, validation, by, settings=settings, rng=rng)
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))
    return found


def test_survival_has_every_part(cohort) -> None:
    test, validation, by = cohort(n=400)
    found = report(test, validation, by)
    assert found["discrimination"]["added"]["interval"][0] > 0
    assert [entry["fold"] for entry in found["combination"]] == [0, 1, 2, 3]
    assert found["proportional_hazards"]["score"]["p"] > 0.001
    assert [entry["horizon"] for entry in found["horizons"]] == [2.0, 5.0]
    for entry in found["horizons"]:
        assert entry["n_patients"] == 400
        assert set(entry["calibration"]) == {"image", "clinical", "combined"}
        combined = entry["calibration"]["combined"]
        assert combined["ratio"]["value"] == pytest.approx(1, abs=0.2)
        assert combined["slope"]["value"] == pytest.approx(1, abs=0.3)
        models = entry["net_benefit"]["models"]
        assert models["combined"]["estimate"][1] > models["clinical"]["estimate"][1]
        assert entry["net_benefit"]["added"]["estimate"][1] == pytest.approx(
            models["combined"]["estimate"][1] - models["clinical"]["estimate"][1]
        )


def test_classes_have_every_part(cohort) -> None:
    found = report(*cohort("classification", n=400))
    assert found["discrimination"]["metric"] == "auc"
    assert found["adjustment"]["adjusted"]["interval"][0] > 1
    benefit = found["decisions"]["net_benefit"]
    assert benefit["models"]["combined"]["estimate"][1] > benefit["treat_all"][1]
    assert "horizons" not in found
    assert "proportional_hazards" not in found


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_the_same_again_and_whatever_the_order_of_validation_patients(cohort, kind: str) -> None:
    test, validation, by = cohort(kind, n=100, folds=2)
    turned = validation.take(np.arange(len(validation))[::-1])
    first, second = report(test, validation, by), report(test, turned, by)
    assert report(test, validation, by) == first
    assert second["discrimination"]["combined"]["estimate"] == pytest.approx(
        first["discrimination"]["combined"]["estimate"], abs=1e-12
    )


def test_a_fold_without_events_falls_back_and_has_no_risks(cohort) -> None:
    test, validation, by = cohort(n=300)
    poor = validation.take((validation.folds != 2) | ~validation.survival.events)
    found = report(test, poor, by)
    assert "5 needed" in found["combination"][2]["fallback"]
    assert found["discrimination"]["combined"]["estimate"] is not None
    entry = found["horizons"][0]
    assert set(entry["left_out"]) == {"2"}
    assert entry["n_patients"] == int((test.folds != 2).sum())


def test_a_horizon_beyond_follow_up_is_named(cohort) -> None:
    test, validation, by = cohort(n=200)
    late = ClinicalSettings(horizons=(1e4,), thresholds=(0.5,), n_resamples=200)
    entry = report(test, validation, by, settings=late)["horizons"][0]
    assert entry["n_patients"] == 0
    assert entry["net_benefit"] is None
    assert "no fold has risks" in entry["warning"]
    assert "was followed until" in entry["left_out"]["0"]


def test_no_event_at_all_gives_a_report_of_reasons(cohort) -> None:
    test, validation, by = cohort("classification", n=100)
    alike = ScoredPatients(**{**vars(test), "outcome": np.ones(100, bool)})
    found = report(alike, validation, by)
    assert found["discrimination"]["image"]["estimate"] is None
    assert "all 100 patients are positive" in found["adjustment"]["adjusted"]["warning"]


def test_risks_are_right_in_the_mean(cohort) -> None:
    test, validation, _ = cohort(n=3000)
    links = fit_links(validation, ("image", "clinical"), [0, 1, 2, 3])
    faults: dict[str, str] = {}
    risks = risks_of(test, validation, links, horizon=4.0, faults=faults)
    gone = test.survival.events & (test.survival.times <= 4)
    known = gone | (test.survival.times > 4)
    assert not faults
    assert risks[gone].mean() > risks[known & ~gone].mean() + 0.2
    assert np.corrcoef(risks, test.image)[0, 1] > 0.4


def test_what_does_not_fit_together_is_refused(cohort) -> None:
    test, validation, by = cohort(n=50)
    classes, _, _ = cohort("classification", n=50)
    with pytest.raises(ValueError, match="validation patients classification"):
        report(test, classes, by)
    with pytest.raises(ValueError, match="do not fit together"):
        report(test, validation, Adjustment(names=("age",), matrix=by.matrix, centers=by.centers))
    with pytest.raises(UndefinedMetricError, match="no test patients"):
        nobody = Adjustment(names=by.names, matrix=by.matrix[:0], centers=())
        report(test.take(slice(0)), validation, nobody)
    with pytest.raises(ValueError, match="NaN"):
        ScoredPatients(**{**vars(test), "image": np.full(50, np.nan)})
    with pytest.raises(ValueError, match="lengths"):
        ScoredPatients(**{**vars(test), "slides": np.ones(49, int)})


def test_the_baseline_is_that_of_the_folds_own_validation_patients(cohort) -> None:
    test, validation, _ = cohort(n=2000, folds=2)
    # In fold 1 all goes ten times as fast.
    pace = np.where(validation.folds == 1, 0.1, 1.0)
    fast = Survival(times=validation.survival.times * pace, events=validation.survival.events)
    mixed = ScoredPatients(**{**vars(validation), "outcome": fast})
    links = fit_links(mixed, ("image", "clinical"), [0, 1])
    risks = risks_of(test, mixed, links, horizon=0.5, faults={})
    slow = 1 - kaplan_meier(test.survival).at(np.array([0.5, 5.0]))
    assert risks[test.folds == 0].mean() == pytest.approx(slow[0], abs=0.05)
    assert risks[test.folds == 1].mean() == pytest.approx(slow[1], abs=0.05)


@pytest.mark.parametrize("horizon", [None, 4.0])
def test_bounds_of_net_benefit_hold_the_estimate(cohort, horizon: float | None) -> None:
    test, _, _ = cohort("survival" if horizon else "classification", n=300)
    both = 1 / (1 + np.exp(-test.image - test.clinical))
    risks = {"clinical": 1 / (1 + np.exp(-test.clinical)), "combined": both}
    found = net_benefit(
        test,
        risks,
        horizon=horizon,
        thresholds=(0.3, 0.5),
        n_resamples=300,
        level=0.95,
        rng=np.random.default_rng(0),
    )
    for entry in (found["added"], *found["models"].values()):
        for low, value, high in zip(entry["low"], entry["estimate"], entry["high"], strict=True):
            assert low < value < high
    width = found["added"]["high"][1] - found["added"]["low"][1]
    assert width < found["models"]["combined"]["high"][1] - found["models"]["combined"]["low"][1]
    alike = {"clinical": both, "combined": both}
    same = net_benefit(
        test,
        alike,
        horizon=horizon,
        thresholds=(0.3,),
        n_resamples=20,
        level=0.95,
        rng=np.random.default_rng(0),
    )
    assert (same["added"]["low"], same["added"]["high"]) == ([0.0], [0.0])
