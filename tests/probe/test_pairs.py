from dataclasses import replace

import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.probe.metrics import patch_metrics
from histopress.probe.pairs import paired_differences
from histopress.probe.predictions import PatchPredictions


def predictions(scores, labels):
    odds = 1 / (1 + np.exp(-scores))
    return PatchPredictions(
        name="e on t",
        patches=np.arange(len(labels)),
        labels=labels,
        groups=tuple(str(index) for index in range(len(labels))),
        classes=("a", "b"),
        probabilities=np.stack([1 - odds, odds], axis=1),
        digest="0" * 64,
    )


@pytest.fixture
def pair():
    """Two encoders that err on the same patches; the first is a little better."""
    rng = np.random.default_rng(1)
    labels = np.arange(300) % 2
    shared = rng.normal(size=300)
    scores = [shared + gain * labels + rng.normal(0, 0.3, 300) for gain in (1.4, 1.0)]
    return [predictions(each, labels) for each in scores]


def test_pairing_narrows_the_interval_and_finds_the_difference(pair):
    found = paired_differences(*pair, seed=1)["auc"]
    single = [
        patch_metrics(each.labels, each.probabilities, each.groups, each.classes, seed=1)["auc"]
        for each in pair
    ]
    assert found["value"] == pytest.approx(single[0]["value"] - single[1]["value"])
    assert found["low"] > 0
    widths = [each["high"] - each["low"] for each in single]
    assert found["high"] - found["low"] < 0.5 * np.hypot(*widths)


def test_the_order_turns_the_sign_and_nothing_else(pair):
    forth = paired_differences(*pair, seed=1)["accuracy"]
    back = paired_differences(*pair[::-1], seed=1)["accuracy"]
    assert forth["value"] == -back["value"]
    assert forth["low"] == pytest.approx(-back["high"])


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "1" * 64},
        {"groups": ("x",) * 300},
        {"patches": np.arange(1, 301)},
        {"labels": 1 - np.arange(300) % 2},
    ],
)
def test_different_patches_are_refused(pair, change):
    with pytest.raises(ConfigError, match="different patches"):
        paired_differences(pair[0], replace(pair[1], **change), seed=1)


def test_one_group_allows_no_interval_of_a_difference(pair):
    first, second = (replace(each, groups=("g",) * 300) for each in pair)
    found = paired_differences(first, second, seed=1)["auc"]
    assert found["value"] > 0 and found["low"] is None and found["high"] is None
