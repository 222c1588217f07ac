import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import cross_entropy

from histopress.errors import ConfigError
from histopress.learn.classes import class_weights, weighted_cross_entropy

LABELS = np.array([0, 0, 0, 0, 2, 1, 1, 0])


@given(st.lists(st.integers(0, 3), max_size=40))
def test_balanced_is_that_of_scikit_learn(labels):
    labels = np.array([0, 1, 2, 3, *labels])
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    assert class_weights(labels, classes=4, kind="balanced") == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["none", "balanced", [1.0, 5.0, 2.0]])
def test_weights_have_mean_one_over_the_training_fold(kind):
    assert class_weights(LABELS, classes=3, kind=kind)[LABELS].mean() == pytest.approx(1)


def test_none_is_one_and_given_keep_their_ratios():
    assert class_weights(LABELS, classes=3, kind="none").tolist() == [1, 1, 1]
    given_weights = class_weights(LABELS, classes=3, kind=[1.0, 5.0, 2.0])
    assert (given_weights / given_weights[0]).tolist() == pytest.approx([1, 5, 2])


@pytest.mark.parametrize(
    "kind", [[1.0, 2.0], [1.0, 0.0, 2.0], [1.0, -1.0, 2.0], [1.0, np.nan, 1.0], "inverse"]
)
def test_weights_that_are_none_are_refused(kind):
    with pytest.raises(ConfigError, match="class weights"):
        class_weights(LABELS, classes=3, kind=kind)


def test_classes_without_entry_and_labels_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="no training entry of class 3, 4 among 8"):
        class_weights(LABELS, classes=5, kind="balanced")
    with pytest.raises(ConfigError, match="label 2; allowed are 0 to 1"):
        class_weights(LABELS, classes=2, kind="none")
    with pytest.raises(ConfigError, match="label -1"):
        class_weights(np.array([0, 1, -1]), classes=2, kind="none")


def test_without_weights_the_loss_is_that_of_torch():
    logits = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor(LABELS)
    weights = torch.tensor(class_weights(LABELS, classes=3, kind="none"))
    assert torch.allclose(
        weighted_cross_entropy(logits, labels, weights), cross_entropy(logits, labels)
    )


def test_an_entry_weighs_the_same_in_every_batch():
    logits = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    labels, weights = torch.tensor(LABELS), torch.tensor([0.5, 2.0, 3.0])
    whole = weighted_cross_entropy(logits, labels, weights)
    halves = [
        weighted_cross_entropy(logits[part], labels[part], weights)
        for part in (slice(0, 4), slice(4, 8))
    ]
    assert torch.allclose(whole, torch.stack(halves).mean())
    # The first half is all of class 0, so its loss is half the plain one.
    assert torch.allclose(halves[0], cross_entropy(logits[:4], labels[:4]) / 2)


def test_balanced_weights_make_the_class_shares_the_best_constant():
    # With balanced weights the best constant prediction is 1/K; its gradient vanishes at 0.
    logits = torch.zeros(8, 3, dtype=torch.float64, requires_grad=True)
    weights = torch.tensor(class_weights(LABELS, classes=3, kind="balanced"))
    weighted_cross_entropy(logits, torch.tensor(LABELS), weights).backward()
    assert logits.grad.sum(0).abs().max() < 1e-12
