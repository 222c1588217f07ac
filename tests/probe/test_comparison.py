import copy

import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.probe.comparison import (
    COLUMNS,
    compare_encoders,
    trained_on,
)
from histopress.probe.comparison_report import comparison_report, span
from histopress.probe.figures import comparison_figure
from histopress.probe.metrics import patch_metrics
from histopress.probe.predictions import PatchPredictions

TRAINED = {"good": ["t"], "same": None, "bad": [], "unlabelled": ["t"]}
GAINS = {"good": 3.0, "same": 3.0, "bad": 0.3, "unlabelled": 1.0}


def study(task="t", n=200):
    rng = np.random.default_rng(1)
    labels = np.arange(n) % 2
    noise = rng.normal(size=n)
    probes, predictions = {}, {}
    for name, gain in GAINS.items():
        odds = 1 / (1 + np.exp(-(noise + gain * labels)))
        probabilities = np.stack([1 - odds, odds], axis=1)
        groups = tuple(str(index) for index in range(n))
        scores = patch_metrics(labels, probabilities, groups, ("a", "b"), seed=1, replicates=200)
        probes[name] = {
            "task": task,
            "features": "encoder",
            "channels": 3,
            "classes": ["a", "b"],
            "patches": {"training": 60, "tuning": 20, "validation": n},
            "task_facts": {"grouping": None, "note": "Only centres count.", "warnings": ["small"]},
            "encoder_facts": {
                "tasks": TRAINED[name],
                "kind": "vae" if name == "unlabelled" else "multitask",
            },
            "classifiers": {"logistic": scores},
        }
        predictions[name] = PatchPredictions(
            name=name,
            patches=np.arange(n),
            labels=labels,
            groups=groups,
            classes=("a", "b"),
            probabilities=probabilities,
            digest="x",
        )
    return probes, predictions


def compare(probes, predictions, reference="good"):
    return compare_encoders(
        probes,
        predictions,
        classifier="logistic",
        reference=reference,
        seed=1,
        replicates=200,
        level=0.95,
    )


@pytest.fixture(scope="module")
def rows():
    return compare(*study())


def test_rows_hold_differences_to_the_reference_and_none_for_itself(rows):
    by_name = {row.encoder: row for row in rows}
    assert by_name["good"].differences is None
    assert by_name["same"].differences["auc"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert by_name["bad"].differences["auc"]["high"] < 0
    values = by_name["bad"].as_csv()
    assert set(values) == set(COLUMNS)
    assert values["auc_difference"] == by_name["bad"].differences["auc"]["value"]
    assert by_name["good"].as_csv()["auc_difference"] == ""


def test_the_report_says_what_was_trained_and_selected_and_concludes_no_more(rows):
    text = comparison_report(rows, classifier="logistic", level=0.95)
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if " | " in line}
    assert "| labels |" in lines["good"]
    assert lines["good"].endswith("| reference |")
    assert "| unknown |" in lines["same"]
    assert lines["same"].endswith("| not distinguishable |")
    assert "| no |" in lines["bad"]
    assert lines["bad"].endswith("| lower |")
    assert "| patches |" in lines["unlabelled"]
    assert "Highest AUC: good (selected; see below)." in text
    assert "- Only centres count.\n- small\n" in text


def test_simple_features_have_no_training():
    probe = copy.deepcopy(study()[0]["good"])
    probe["features"] = "colour-texture"
    assert trained_on(probe, "t") == "no encoder"


def test_an_unknown_reference_is_refused():
    with pytest.raises(ConfigError, match="'best': is not among the compared encoders good, same"):
        compare(*study(), reference="best")


def test_minus_signs_are_minus_signs():
    entry = {"value": -0.02, "low": -0.031, "high": 0.004}
    assert span(entry, signed=True) == "−0.020 [−0.031, +0.004]"


def test_every_interval_lies_within_the_figure(rows):
    figure = comparison_figure([*rows, *compare(*study("another"))], level=0.95)
    assert len(figure.axes) == 6
    for axes in figure.axes:
        low, high = axes.get_xlim()
        for line in axes.get_lines():
            values = np.asarray(line.get_xdata(), float)
            assert (values >= low).all()
            assert (values <= high).all()
