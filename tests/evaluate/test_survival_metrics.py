import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from histopress.evaluate.fold_models import fold_models, risk_groups
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.survival.fold_concordance import fold_harrell, fold_uno
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.survival_measures import measures
from histopress.evaluate.survival_metrics import evaluate_survival
from histopress.evaluate.units import SurvivalUnits, TrainingSample
from histopress.store import canonical_json

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "golden" / "metrics.json").read_text())[
    "survival"
]
SETTINGS = EvaluationSettings(bootstrap=200)
Make = Callable[..., SurvivalUnits]
Draw = Callable[[int, int], TrainingSample]


def evaluate(
    units: SurvivalUnits, training: dict[int, TrainingSample], horizons: tuple[float, ...] = ()
) -> dict[str, Any]:
    return evaluate_survival(
        units, training, SETTINGS, rng=np.random.default_rng(0), horizons=horizons
    )


def sample(side: dict[str, Any]) -> TrainingSample:
    survival = Survival(times=np.array(side["times"]), events=np.array(side["events"]))
    return TrainingSample(survival=survival, risks=np.array(side["risks"]))


def units_of(make: Make, sides: list[TrainingSample]) -> SurvivalUnits:
    return make(
        np.concatenate([side.survival.times for side in sides]),
        np.concatenate([side.survival.events for side in sides]),
        np.concatenate([side.risks for side in sides]),
        np.repeat(np.arange(len(sides)), [len(side.risks) for side in sides]),
    )


@pytest.fixture
def ordinary(make_survival: Make, followed: Draw) -> tuple[SurvivalUnits, dict]:
    units = units_of(make_survival, [followed(40, seed) for seed in (1, 2, 3)])
    return units, {fold: followed(80, fold + 10) for fold in range(3)}


@pytest.mark.parametrize("name", list(GOLDEN))
def test_agrees_with_other_libraries(name: str, make_survival: Make) -> None:
    entry = GOLDEN[name]
    units = units_of(make_survival, [sample(entry["test"])])
    horizon = entry["horizon"]
    result = evaluate(units, {0: sample(entry["train"])}, (horizon,))
    found = {key: value["estimate"] for key, value in result["metrics"].items()}
    expected = dict(entry["scikit-survival"])
    assert result["folds"][0]["tau"] == pytest.approx(expected.pop("tau"), abs=1e-12)
    expected["auc_at_" + f"{horizon:g}"] = expected.pop("auc_at")
    expected["brier_at_" + f"{horizon:g}"] = expected.pop("brier_at")
    expected["hazard_ratio"] = entry["statsmodels"]["hazard_ratio"]
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-8)
    high = result["kaplan_meier"]["high"]
    assert high["n_units"] == entry["lifelines"]["n_high"]
    assert high["survival_at"][f"{horizon:g}"] == pytest.approx(
        entry["lifelines"]["high_at"], abs=1e-8
    )
    assert result["follow_up"]["median"] == pytest.approx(entry["lifelines"]["follow_up"], abs=1e-8)


def test_the_hazard_ratio_is_stratified_by_fold(make_survival: Make) -> None:
    entry = GOLDEN["ties"]
    whole = units_of(make_survival, [sample(entry["test"])])
    split = make_survival(
        whole.survival.times, whole.survival.events, whole.risks, np.arange(len(whole)) % 2
    )
    training = sample(entry["train"])
    found = evaluate(split, {0: training, 1: training})["metrics"]["hazard_ratio"]["estimate"]
    assert found == pytest.approx(entry["statsmodels"]["stratified"], abs=1e-8)


def test_offsets_and_scales_of_folds_do_not_matter(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    slope, shift = np.array([1.0, 3.0, 0.2]), np.array([0.0, 40.0, -7.0])
    moved = SurvivalUnits(
        **{**vars(units), "risks": slope[units.folds] * units.risks + shift[units.folds]}
    )
    other = {
        fold: TrainingSample(survival=own.survival, risks=slope[fold] * own.risks + shift[fold])
        for fold, own in training.items()
    }
    first, second = evaluate(units, training), evaluate(moved, other)
    for name in ("c", "c_uno", "hazard_ratio"):
        entry, again = first["metrics"][name], second["metrics"][name]
        assert again["estimate"] == pytest.approx(entry["estimate"], abs=1e-9)
        assert again["interval"] == pytest.approx(entry["interval"], abs=1e-9)
    assert second["kaplan_meier"] == first["kaplan_meier"]
    assert second["metrics"]["c_pooled"]["estimate"] < first["metrics"]["c_pooled"]["estimate"]
    # An offset alone leaves the probabilities too.
    shifted = SurvivalUnits(**{**vars(units), "risks": units.risks + shift[units.folds]})
    same = {
        fold: TrainingSample(survival=own.survival, risks=own.risks + shift[fold])
        for fold, own in training.items()
    }
    assert evaluate(shifted, same)["metrics"]["integrated_brier"]["estimate"] == pytest.approx(
        first["metrics"]["integrated_brier"]["estimate"], abs=1e-9
    )


def test_concordance_is_averaged_within_folds(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    models = {model.fold: model for model in fold_models(units, training)}
    harrell = fold_harrell(units.survival, units.risks, units.folds)
    uno = fold_uno(
        units.survival,
        units.risks,
        units.folds,
        censorings={fold: model.censoring for fold, model in models.items()},
        taus={fold: model.truncation.tau for fold, model in models.items()},
    )
    found = evaluate(units, training)
    assert found["metrics"]["c"]["estimate"] == pytest.approx(harrell.average, abs=1e-12)
    assert found["metrics"]["c_uno"]["estimate"] == pytest.approx(uno.average, abs=1e-12)
    assert [row["c"] for row in found["folds"]] == pytest.approx(harrell.values)


def test_weights_are_copies(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    copies = np.random.default_rng(5).integers(0, 3, len(units))
    repeated = units.take(np.repeat(np.arange(len(units)), copies))
    first = measures(units, fold_models(units, training), (6.0,))
    second = measures(repeated, fold_models(repeated, training), (6.0,))
    weights, ones = copies[None].astype(float), np.ones((1, len(repeated)))
    for name, own in first.items():
        expected = second[name].statistic(ones)
        assert own.statistic(weights) == pytest.approx(expected, abs=1e-7), name


def test_each_metric_carries_an_interval(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    result = evaluate(units, training, (12.0, 6.0, 6.0))
    assert (result["kind"], result["primary"], result["unit"]) == ("survival", "c", "months")
    assert result["horizons"] == [6.0, 12.0]
    assert result["n_events"] == units.n_events
    assert {"auc_at_6", "auc_at_12", "brier_at_6", "brier_at_12"} < set(result["metrics"])
    for entry in result["metrics"].values():
        low, high = entry["interval"]
        assert low < entry["estimate"] < high
        assert entry["n_patients"] == 120
    brier = result["metrics"]["integrated_brier"]["estimate"]
    assert brier < result["metrics"]["integrated_brier_null"]["estimate"]
    assert canonical_json(result) == canonical_json(evaluate(units, training, (6.0, 12.0)))


def test_groups_are_cut_by_training_risks_alone(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    far = {
        fold: TrainingSample(survival=own.survival, risks=own.risks - 100)
        for fold, own in training.items()
    }
    assert risk_groups(units, far).all()
    groups = evaluate(units, far)["kaplan_meier"]
    assert (groups["low"]["n_units"], groups["low"]["median"]) == (0, None)
    assert "permute" in groups["note"]


def test_nobody_with_the_event(make_survival: Make, followed: Draw) -> None:
    units = make_survival(np.arange(1.0, 21.0), np.zeros(20, bool), np.arange(20.0))
    result = evaluate(units, {0: followed(60, 1)}, (5.0,))
    warnings = {name: entry["warning"] for name, entry in result["metrics"].items()}
    assert warnings["c"] == "undefined: in none of 1 folds can two units be compared"
    assert warnings["hazard_ratio"] == "undefined: none of 20 patients had the event"
    assert warnings["auc_at_5"].startswith("undefined: no fold has an event until 5")
    assert result["folds"][0]["reason"] == "none of 20 patients had the event"
    canonical_json(result)


def test_training_that_tells_too_little(make_survival: Make, followed: Draw) -> None:
    own = followed(40, 1)
    units = make_survival(own.survival.times, own.survival.events, own.risks)
    silent = Survival(times=np.arange(1.0, 41.0), events=np.zeros(40, bool))
    result = evaluate(units, {0: TrainingSample(survival=silent, risks=np.ones(40))}, (5.0, 99.0))
    warnings = {name: entry["warning"] for name, entry in result["metrics"].items()}
    assert result["metrics"]["c"]["estimate"] is not None
    assert "fold 0: τ is undefined: none of 40 training patients" in warnings["c_uno"]
    assert "fold 0: the baseline hazard is undefined" in warnings["brier_at_5"]
    assert warnings["hazard_ratio"] == "undefined: fold 0: the training risks are all equal"
    assert result["folds"][0]["tau"] is None
    canonical_json(result)


def test_constant_risks_are_chance(make_survival: Make, followed: Draw) -> None:
    own, training = followed(40, 1), followed(60, 2)
    units = make_survival(own.survival.times, own.survival.events, np.zeros(40))
    metrics = evaluate(units, {0: training})["metrics"]
    assert metrics["c"]["estimate"] == 0.5
    assert "constant" in metrics["hazard_ratio"]["warning"]


def test_perfect_order_is_bounded(make_survival: Make, followed: Draw) -> None:
    units = make_survival(np.arange(1.0, 31.0), np.ones(30, bool), -np.arange(30.0))
    metrics = evaluate(units, {0: followed(80, 2)})["metrics"]
    assert metrics["c"]["estimate"] == 1
    assert metrics["c"]["interval"] == pytest.approx([0.025 ** (1 / 15), 1])
    assert "separation" in metrics["hazard_ratio"]["warning"]


def test_input_that_cannot_be_judged(ordinary: tuple[SurvivalUnits, dict]) -> None:
    units, training = ordinary
    with pytest.raises(ValueError, match="fold 2 has units and no training sample"):
        evaluate(units, {0: training[0], 1: training[1]})
    with pytest.raises(ValueError, match="finite and above 0"):
        evaluate(units, training, (0.0,))


def test_slides_of_one_patient_get_no_interval_of_a_curve(
    ordinary: tuple[SurvivalUnits, dict],
) -> None:
    units, training = ordinary
    twice = units.take(np.repeat(np.arange(len(units)), 2))
    single, found = evaluate(units, training), evaluate(twice, training)
    groups = found["kaplan_meier"]
    for entry in (found["follow_up"], groups["low"], groups["high"]):
        assert entry["interval"] is None
        assert "slides are of" in entry["warning"]
    assert found["follow_up"]["median"] == single["follow_up"]["median"]
    assert single["follow_up"]["interval"][0] is not None
    assert "warning" not in single["follow_up"]


def test_few_events_are_warned_of(make_survival: Make, followed: Draw) -> None:
    rng = np.random.default_rng(0)
    units = make_survival(rng.exponential(size=60) * 5, np.arange(60) < 6, rng.normal(size=60))
    found = evaluate(units, {0: followed(80, 1)})["metrics"]["hazard_ratio"]
    assert "only 6 patients with the event" in found["warning"]
