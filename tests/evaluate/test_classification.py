from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    log_loss,
    roc_auc_score,
)

from histopress.evaluate.classification import PRIMARY, evaluate_classification
from histopress.evaluate.intervals import BOOTSTRAP, SCALED
from histopress.evaluate.settings import EvaluationSettings
from histopress.evaluate.units import ClassUnits
from histopress.store import canonical_json

SETTINGS = EvaluationSettings(bootstrap=400)
Make = Callable[..., ClassUnits]


def evaluate(units: ClassUnits, seed: int = 0) -> dict:
    return evaluate_classification(units, SETTINGS, rng=np.random.default_rng(seed))


@pytest.fixture
def ordinary(make_units: Make) -> ClassUnits:
    rng = np.random.default_rng(3)
    patients = np.repeat(np.arange(48), 2)
    labels, folds = patients % 2, patients // 2 % 4
    scores = 1 / (1 + np.exp(-(rng.normal(size=96) + 1.5 * (labels - 0.5))))
    return make_units(scores, labels, folds, patients)


def test_estimates_agree_with_scikit_learn(ordinary: ClassUnits) -> None:
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
    precisions = [average_precision_score(ordinary.labels[f], ordinary.scores[f]) for f in folds]
    assert metrics["auprc"] == pytest.approx(np.mean(precisions), abs=1e-12)
    truth, scores = ordinary.labels, ordinary.scores
    assert {
        name: metrics[name] for name in ("auprc_pooled", "f1", "kappa", "brier", "log_loss")
    } == {
        "auprc_pooled": pytest.approx(average_precision_score(truth, scores), abs=1e-12),
        "f1": pytest.approx(f1_score(truth, chosen), abs=1e-12),
        "kappa": pytest.approx(cohen_kappa_score(truth, chosen), abs=1e-12),
        "brier": pytest.approx(brier_score_loss(truth, scores), abs=1e-12),
        "log_loss": pytest.approx(log_loss(truth, scores), abs=1e-12),
    }
    assert result["confusion"] == confusion_matrix(ordinary.labels, chosen).tolist()
    assert [fold["auc"] for fold in result["folds"]] == pytest.approx(aucs)


def test_each_metric_carries_interval_method_and_numbers(ordinary: ClassUnits) -> None:
    result = evaluate(ordinary)
    assert result["primary"] == PRIMARY == "auc"
    assert result["metrics"]["ece"]["interval"] is None
    for name, entry in result["metrics"].items():
        if name == "ece":
            continue
        low, high = entry["interval"]
        assert low < entry["estimate"] < high
        assert (entry["n_patients"], entry["n_slides"]) == (48, 96)
        assert (entry["n_resamples"], entry["degenerate"], entry["level"]) == (400, 0, 0.95)
        expected = SCALED["logit"] if name in {"auc", "auc_pooled"} else BOOTSTRAP
        assert entry["method"] == expected
        assert entry["estimand"] == "these models on new patients of the same population"
        assert entry["description"]
        assert entry["warning"] is None
    assert result["folds"][0]["n_patients"] == 12
    assert result["folds"][0]["n_by_class"] == {"no": 12, "yes": 12}
    assert result["per_class"]["yes"]["n_patients"] == 24


def test_equal_inputs_give_equal_json(ordinary: ClassUnits) -> None:
    assert canonical_json(evaluate(ordinary)) == canonical_json(evaluate(ordinary))
    assert canonical_json(evaluate(ordinary)) != canonical_json(evaluate(ordinary, seed=1))


def test_resampling_patients_is_wider_than_resampling_slides(make_units: Make) -> None:
    rng = np.random.default_rng(6)
    patients = np.repeat(np.arange(40), 5)
    labels, folds = patients % 2, patients // 2 % 4
    scores = 1 / (1 + np.exp(-(rng.normal(size=40)[patients] + labels)))
    scores += rng.uniform(0, 1e-3, size=200)

    def width(units: ClassUnits) -> float:
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
    for name in ("auprc", "kappa", "f1", "calibration_slope", "calibration_intercept"):
        entry = alone["metrics"][name]
        assert entry["estimate"] is None
        assert entry["warning"].startswith("undefined: ")
    assert alone["metrics"]["kappa"]["warning"].endswith("of one class")
    constant = evaluate(make_units([0.3] * 4, [0, 1, 0, 1], [0, 0, 1, 1]))["metrics"]
    assert constant["auc"]["estimate"] == 0.5
    assert constant["calibration_slope"]["warning"] == "undefined: all 4 probabilities are 0.3"
    canonical_json([apart, alone, constant])


def test_the_reliability_plot_has_its_points(ordinary: ClassUnits) -> None:
    result = evaluate(ordinary)
    assert (result["kind"], result["level"]) == ("classification", "slide")
    assert list(result["calibration"]) == ["yes"]
    assert sum(point["n"] for point in result["calibration"]["yes"]) == 96


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
    units = ClassUnits(
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
    assert list(result["calibration"]) == ["a", "b", "c"]
    assert "calibration_slope" not in result["metrics"]
    expected = average_precision_score(np.eye(3)[labels], units.probabilities)
    assert result["metrics"]["auprc"]["estimate"] == pytest.approx(expected, abs=1e-12)


def test_few_of_a_class_are_not_called_few_patients(make_units: Make) -> None:
    rng = np.random.default_rng(0)
    found = evaluate(make_units(rng.random(80), np.arange(80) < 5, np.zeros(80, int)))
    for name in ("auprc", "brier", "kappa", "calibration_slope"):
        assert "only 5 patients of the rarer class:" in found["metrics"][name]["warning"], name


def test_points_of_the_reliability_plot_count_patients(make_units: Make) -> None:
    rng = np.random.default_rng(0)
    scores = np.repeat(rng.random(30), 4)
    units = make_units(scores, rng.random(120) < 0.5, np.zeros(120, int), np.repeat(range(30), 4))
    points = evaluate(units)["calibration"]["yes"]
    assert sum(point["n"] for point in points) == 120
    assert [point["n_patients"] for point in points] == [point["n"] // 4 for point in points]
