import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, roc_auc_score

from histopress.probe.metrics import EXACT, group_codes, patch_metrics, patch_replicates


def noisy(n, *, classes=2, signal=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    logits = rng.normal(size=(n, classes)).round(1)
    logits[np.arange(n), labels] += signal
    odds = np.exp(logits)
    return labels, odds / odds.sum(1, keepdims=True)


def own_groups(n):
    return [str(index) for index in range(n)]


@given(st.integers(0, 1000), st.sampled_from([2, 3, 5]))
def test_values_are_those_of_scikit_learn(seed, classes):
    labels, probabilities = noisy(60, classes=classes, seed=seed)
    names = [str(code) for code in range(classes)]
    found = patch_metrics(labels, probabilities, own_groups(60), names, seed=1, replicates=5)
    if classes == 2:
        expected = roc_auc_score(labels, probabilities[:, 1])
    else:
        expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    guessed = probabilities.argmax(1)
    assert found["auc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert found["balanced_accuracy"]["value"] == pytest.approx(
        balanced_accuracy_score(labels, guessed)
    )
    assert found["accuracy"]["value"] == pytest.approx((labels == guessed).mean())
    assert found["confusion"] == confusion_matrix(labels, guessed).tolist()
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_intervals_cover_the_truth_where_groups_are_the_sample():
    """150 samples of 40 groups of 5 alike patches: groups cover, patches by themselves do not."""
    true_auc, hits, naive = 0.7602, 0, 0  # Φ(1 / √2) for normal scores one deviation apart
    for trial in range(150):
        rng = np.random.default_rng(trial)
        group_labels = np.arange(40) % 2
        scores = np.repeat(rng.normal(size=40) + group_labels, 5)
        labels = np.repeat(group_labels, 5)
        odds = 1 / (1 + np.exp(-scores))
        probabilities = np.stack([1 - odds, odds], axis=1)
        groups = [str(index // 5) for index in range(200)]
        for names, kind in ((groups, "group"), (own_groups(200), "patch")):
            entry = patch_metrics(
                labels, probabilities, names, ("a", "b"), seed=trial, replicates=200
            )["auc"]
            inside = entry["low"] <= true_auc <= entry["high"]
            hits, naive = hits + (inside and kind == "group"), naive + (inside and kind == "patch")
    assert hits >= 0.86 * 150
    assert naive <= 0.75 * 150


def test_single_class_groups_are_drawn_within_their_class():
    labels, probabilities = noisy(30)
    codes, strata = group_codes(labels, own_groups(30))
    assert len(set(codes)) == 30
    assert (strata == labels).all()
    mixed = [str(index // 2) for index in range(30)]
    assert set(group_codes(labels, mixed)[1]) == {0}
    # Two patches of each class: an unstratified draw lacks a class once in eight.
    few = patch_metrics(
        labels[:4], probabilities[:4], own_groups(4), ("a", "b"), seed=1, replicates=300
    )
    assert few["auc"]["degenerate"] == 0


def test_few_groups_and_absent_classes_are_said():
    labels, probabilities = noisy(60)
    padded = np.column_stack([probabilities, np.zeros(60)])
    found = patch_metrics(
        labels, padded, [str(index // 10) for index in range(60)], ("a", "b", "c"), seed=1
    )
    text = " ".join(found["warnings"])
    assert "class 'a' lies in only 6 groups" in text
    assert "class 'c' has no patch" in text
    assert found["auc"]["value"] is not None


def test_a_perfect_probe_gets_an_exact_bound_and_one_class_none():
    labels = np.arange(40) % 2
    probabilities = np.eye(2)[labels]
    found = patch_metrics(labels, probabilities, own_groups(40), ("a", "b"), seed=1)
    assert found["auc"]["method"] == EXACT
    assert (found["auc"]["low"], found["auc"]["high"]) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    alone = patch_metrics(labels * 0, probabilities, own_groups(40), ("a", "b"), seed=1)
    assert alone["auc"] == {
        "value": None, "low": None, "high": None, "method": "none", "degenerate": 2000
    }  # fmt: skip


def test_replicates_depend_on_labels_groups_and_seed_alone():
    labels, first = noisy(50)
    second = noisy(50, seed=3)[1]
    groups = own_groups(50)
    alone = patch_replicates(labels, [first], groups, seed=1, replicates=50)[0]
    beside = patch_replicates(labels, [second, first], groups, seed=1, replicates=50)[1]
    assert np.array_equal(alone["auc"], beside["auc"])
    other = patch_replicates(labels, [first], groups, seed=2, replicates=50)[0]
    assert not np.array_equal(alone["auc"], other["auc"])


def test_two_thousand_replicates_of_a_thousand_patches_are_quick():
    labels, probabilities = noisy(1000)
    start = time.process_time()
    patch_metrics(labels, probabilities, own_groups(1000), ("a", "b"), seed=1, replicates=2000)
    assert time.process_time() - start < 2


def test_patches_of_one_group_allow_no_interval():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
    found = patch_metrics(labels, probabilities, ["g"] * 4, ("no", "yes"), seed=1)
    assert found["accuracy"]["value"] == 0.5
    assert found["accuracy"]["low"] is None and found["auc"]["high"] is None
    assert any("one group" in warning for warning in found["warnings"])
