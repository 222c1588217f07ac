import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import StandardScaler

from histopress.errors import ConfigError, StoreError
from histopress.learn.regression import TargetScale, fit_scale

finite = st.floats(-1e6, 1e6)


@given(arrays(np.float64, st.integers(2, 30), elements=finite), finite)
def test_standardised_targets_come_back(targets, other):
    targets[0] = targets[1] + 1
    scale = fit_scale(targets)
    standardised = scale.standardise(targets)
    assert abs(standardised.mean()) < 1e-6 and standardised.std() == pytest.approx(1)
    # Also for a target of another fold.
    assert scale.restore(scale.standardise(np.array(other))) == pytest.approx(other, abs=1e-6)


def test_it_is_the_scaler_of_scikit_learn():
    targets = np.random.default_rng(0).gamma(2, 30, 50)
    scaler = StandardScaler().fit(targets[:, None])
    scale = fit_scale(targets)
    assert scale.mean == pytest.approx(scaler.mean_[0], rel=1e-13)
    assert scale.sd == pytest.approx(scaler.scale_[0], rel=1e-13)
    new = np.array([3.0, 400.0])
    assert scale.standardise(new) == pytest.approx(scaler.transform(new[:, None])[:, 0])


def test_the_mean_of_the_fold_has_a_loss_of_one_in_any_unit():
    targets = np.random.default_rng(1).normal(5000, 300, 40)
    for unit in (1e-6, 1, 1e6):
        scale = fit_scale(targets * unit)
        assert np.mean(scale.standardise(targets * unit) ** 2) == pytest.approx(1)


def test_single_precision_predictions_are_restored_in_double():
    restored = TargetScale(mean=1e6, sd=1e-2).restore(np.array([1.0], np.float32))
    assert restored.dtype == np.float64 and restored[0] == 1e6 + 1e-2


def test_the_scale_is_part_of_the_state():
    scale = fit_scale(np.array([0.1, 0.7, 0.3]))
    assert TargetScale.load({**scale.state, "weights": np.zeros(2)}) == scale
    with pytest.raises(StoreError, match="lacks 'target_sd'"):
        TargetScale.load({"target_mean": np.zeros(1)})


@pytest.mark.parametrize("value", [0.0, 0.1, -1e12])
def test_constant_targets_are_refused_though_their_mean_is_rounded(value):
    with pytest.raises(ConfigError, match="all 7 training targets are"):
        fit_scale(np.full(7, value))


def test_small_spread_about_zero_is_no_constant():
    assert fit_scale(np.array([1e-12, 3e-12])).sd == pytest.approx(1e-12)


@pytest.mark.parametrize(
    "targets, message",
    [
        ([1.0, np.nan, np.inf], "2 of 3 training targets are not finite, the first at place 1"),
        ([1.0], "1 training targets"),
        ([], "0 training targets"),
    ],
)
def test_targets_that_cannot_be_standardised_are_refused(targets, message):
    with pytest.raises(ConfigError, match=message):
        fit_scale(np.array(targets))


def test_columns_are_refused():
    with pytest.raises(ValueError, match=r"must be \(n,\)"):
        fit_scale(np.zeros((3, 1)))
