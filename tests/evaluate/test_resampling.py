import numpy as np
import pytest

from histopress.evaluate.resampling import (
    Statistic,
    bootstrap,
    bootstrap_error,
    jackknife_errors,
    patient_weights,
    percentiles,
)


def mean_of(scores: np.ndarray) -> Statistic:
    return lambda weights: weights @ scores / weights.sum(1)


def test_slides_of_a_patient_come_and_go_together_and_folds_keep_their_size() -> None:
    patients = np.array([0, 0, 0, 1, 2, 2, 3, 4])
    folds = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    weights = patient_weights(patients, folds, n_resamples=500, rng=np.random.default_rng(0))
    assert (weights[:, :3] == weights[:, :1]).all()
    assert (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, [0, 3]].sum(1) == 2).all()
    assert (weights[:, [4, 6, 7]].sum(1) == 3).all()
    assert weights.mean(0) == pytest.approx(np.ones(8), abs=0.15)


def test_portions_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    units = {"patients": np.arange(40), "folds": np.arange(40) % 4}
    scores = np.random.default_rng(1).normal(size=40)

    def run() -> np.ndarray:
        rng = np.random.default_rng(2)
        return bootstrap({"mean": mean_of(scores)}, n_resamples=300, rng=rng, **units)["mean"]

    whole, left_out = run(), jackknife_errors({"mean": mean_of(scores)}, **units)["mean"]
    assert np.array_equal(whole, run())
    assert whole.shape == (300,)
    assert whole.std() == pytest.approx(scores.std() / np.sqrt(40), rel=0.25)
    monkeypatch.setattr("histopress.evaluate.resampling._CHUNK_VALUES", 400)
    assert run().shape == (300,)
    assert jackknife_errors({"mean": mean_of(scores)}, **units)["mean"] == pytest.approx(left_out)


def test_percentiles_leave_out_what_is_undefined() -> None:
    values = np.append(np.arange(101) / 100, [np.nan] * 50)
    assert percentiles(values, 0.9) == pytest.approx((0.05, 0.95))
    assert percentiles(np.array([np.nan]), 0.9) is None


def test_errors_of_a_mean_are_the_textbooks_by_patient_and_within_folds() -> None:
    """Patients of equal numbers of slides: the error of a mean of patients' means."""
    rng = np.random.default_rng(3)
    patients, folds = np.repeat(np.arange(20), 3), np.repeat(np.arange(20) % 2, 3)
    scores = rng.normal(size=20)[patients] + rng.normal(size=60) * 0.2 + 5 * folds
    own = scores.reshape(20, 3).mean(1)
    expected = np.sqrt(sum(own[fold::2].var(ddof=1) / 10 for fold in (0, 1)) / 4)
    units = {"patients": patients, "folds": folds}
    found = jackknife_errors({"mean": mean_of(scores)}, **units)["mean"]
    assert found == pytest.approx(expected, rel=0.06)
    drawn = bootstrap({"mean": mean_of(scores)}, n_resamples=20000, rng=rng, **units)["mean"]
    error = bootstrap_error(drawn, n_patients=20, n_folds=2)
    assert error == pytest.approx(expected, rel=0.03)


def test_what_shows_no_error_says_so() -> None:
    assert bootstrap_error(np.array([np.nan, 0.5]), n_patients=10, n_folds=1) is None
    assert bootstrap_error(np.array([0.4, 0.5]), n_patients=4, n_folds=4) is None
    units = {"patients": np.arange(3), "folds": np.array([0, 0, 1])}
    assert np.isnan(jackknife_errors({"mean": mean_of(np.arange(3.0))}, **units)["mean"])
