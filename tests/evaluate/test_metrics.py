from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score

from histopress.evaluate.metrics import PRIMARY, evaluate_classification
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import Units
from histopress.store import canonical_json

SETTINGS = EvaluationSettings(bootstrap=400)
Make = Callable[..., Units]


def evaluate(units: Units, seed: int = 0) -> dict:
    return evaluate_classification(units, SETTINGS, rng=np.random.default_rng(seed))


@pytest.fixture
def ordinary(make_units: Make) -> Units:
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(48), 2)
    labels, folds = patients % 2, patients // 2 % 4
    scores = 1 / (1 + np.exp(-(rng.normal(size=96) + 1.5 * (labels - 0.5))))
    return make_units(scores, labels, folds, patients)


def test_estimates_agree_with_scikit_learn(ordinary: Units) -> None:
    result = evaluate(ordinary)
    metrics = {name: entry["estimate"] for name, entry in result["metrics"].items()}
    chosen = ordinary.scores > 0.5
    folds = [ordinary.folds == fold for fold in range(4)]
    aucs = [roc_auc_score(ordinary.labels[f], ordinary.scores[f]) for f in folds]
    assert metrics["auc"] == pytest.approx(np.mean(aucs), abs=1e-12)
    assert metrics["auc_pooled"] == pytest.approx(
        roc_auc_score(ordinary.labels, ordinary.scores), abs=1e-12
    )
    assert metrics["accuracy"] == pytest.approx((chosen == ordinary.labels).mean())
    assert metrics["balanced_accuracy"] == pytest.approx(
        balanced_accuracy_score(ordinary.labels, chosen)
    )
    assert result["confusion"] == confusion_matrix(ordinary.labels, chosen).tolist()
    assert [fold["auc"] for fold in result["folds"]] == pytest.approx(aucs)


def test_each_metric_carries_interval_method_and_numbers(ordinary: Units) -> None:
    result = evaluate(ordinary)
    assert result["primary"] == PRIMARY == "auc"
    for entry in result["metrics"].values():
        low, high = entry["interval"]
        assert low < entry["estimate"] < high
        assert (entry["n_patients"], entry["n_slides"]) == (48, 96)
        assert (entry["n_resamples"], entry["degenerate"], entry["level"]) == (400, 0, 0.95)
        assert entry["method"] == "percentile bootstrap of patients within folds"
        assert entry["warning"] is None
    assert result["folds"][0]["n_patients"] == 12
    assert result["folds"][0]["n_by_class"] == {"no": 12, "yes": 12}
    assert result["per_class"]["yes"]["n_patients"] == 24


def test_equal_inputs_give_equal_json(ordinary: Units) -> None:
    assert canonical_json(evaluate(ordinary)) == canonical_json(evaluate(ordinary))
    assert canonical_json(evaluate(ordinary)) != canonical_json(evaluate(ordinary, seed=1))


def test_resampling_patients_is_wider_than_resampling_slides(make_units: Make) -> None:
    rng = np.random.default_rng(6)
    patients = np.repeat(np.arange(40), 5)
    labels, folds = patients % 2, patients // 2 % 4
    scores = 1 / (1 + np.exp(-(rng.normal(size=40)[patients] + labels)))
    scores += rng.uniform(0, 1e-3, size=200)

    def width(units: Units) -> float:
        low, high = evaluate(units)["metrics"][PRIMARY]["interval"]
        return high - low

    clustered = width(make_units(scores, labels, folds, patients))
    assert clustered > 1.6 * width(make_units(scores, labels, folds))


def test_perfect_separation_is_bounded_by_the_number_of_patients(make_units: Make) -> None:
    patients = np.repeat(np.arange(24), 2)
    labels, folds = patients % 2, patients // 2 % 4
    units = make_units(np.where(labels, 0.9, 0.1), labels, folds, patients)
    metrics = evaluate(units)["metrics"]
    low, high = metrics[PRIMARY]["interval"]
    assert low == pytest.approx(0.025 ** (1 / 12))
    assert high == 1.0
    assert metrics[PRIMARY]["method"] == "exact one-sided bound over patients"
    assert metrics["accuracy"]["interval"][0] == pytest.approx(0.025 ** (1 / 24))
    assert metrics["balanced_accuracy"]["interval"][0] == pytest.approx(0.0125 ** (1 / 12))


def test_undefined_metrics_are_null_with_the_reason(make_units: Make) -> None:
    apart = evaluate(make_units([0.1, 0.9], [0, 1], [0, 1]))
    entry = apart["metrics"]["auc"]
    assert (entry["estimate"], entry["interval"]) == (None, None)
    assert entry["warning"] == "undefined: no fold holds every class"
    assert apart["folds"][0]["reason"] == "all 1 are negative"
    assert apart["metrics"]["auc_pooled"]["estimate"] == 1.0
    alone = evaluate(make_units([0.1, 0.2], [0, 0], [0, 0]))
    assert alone["metrics"]["auc_pooled"]["warning"] == "undefined: class 'yes' is absent"
    assert alone["metrics"]["balanced_accuracy"]["estimate"] is None
    assert alone["metrics"]["accuracy"]["estimate"] == 1.0
    canonical_json([apart, alone])


def test_resamples_without_a_class_are_counted(make_units: Make) -> None:
    units = make_units([0.9, 0.1, 0.3, 0.2], [1, 0, 0, 0], [0, 0, 0, 0], patients=[0, 1, 2, 3])
    scores = make_units([0.25, 0.1, 0.3, 0.2], [1, 0, 0, 0], [0, 0, 0, 0])
    entry = evaluate(scores)["metrics"][PRIMARY]
    assert 0.25 * 400 < entry["degenerate"] < 0.4 * 400
    assert "resamples lack a class" in entry["warning"]
    assert evaluate(units)["metrics"][PRIMARY]["interval"][0] == pytest.approx(0.025)


def test_several_classes_are_scored_against_the_rest() -> None:
    rng = np.random.default_rng(8)
    labels = np.arange(90) % 3
    logits = rng.normal(size=(90, 3)) + 1.5 * np.eye(3)[labels]
    units = Units(
        level="patient",
        classes=("a", "b", "c"),
        positive=2,
        patients=np.arange(90),
        folds=np.zeros(90, np.int64),
        labels=labels,
        probabilities=np.exp(logits) / np.exp(logits).sum(1, keepdims=True),
        slides=np.full(90, 2),
    )
    result = evaluate(units)
    expected = roc_auc_score(labels, units.probabilities, multi_class="ovr")
    assert result["metrics"][PRIMARY]["estimate"] == pytest.approx(expected, abs=1e-12)
    assert result["positive"] is None
    own = [result["per_class"][name]["auc"] for name in "abc"]
    assert np.mean(own) == pytest.approx(expected, abs=1e-12)
    assert np.sum(result["confusion"]) == 90
