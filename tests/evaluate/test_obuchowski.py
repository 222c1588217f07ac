import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.auc import fold_auc
from histopress.evaluate.delong import delong
from histopress.evaluate.obuchowski import obuchowski
from histopress.evaluate.undefined import UndefinedMetricError


@given(st.integers(0, 10**6))
def test_is_delong_with_one_slide_a_patient_in_one_fold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positives = rng.permutation(np.arange(25) < rng.integers(2, 24))
    scores = np.round(rng.normal(size=(2, 25)) + positives, 1)
    clustered = obuchowski(positives, scores, patients=rng.permutation(25), folds=np.zeros(25, int))
    plain = delong(positives, scores)
    assert clustered.aucs == pytest.approx(plain.aucs, abs=1e-12)
    assert clustered.covariance == pytest.approx(plain.covariance, abs=1e-12)


def test_is_what_the_paper_writes_for_patients_of_both_classes() -> None:
    """Sums of psi over all pairs, patient by patient; Obuchowski 1997, equations 3 to 6."""
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(12), rng.integers(1, 5, 12))
    positives = rng.random(len(patients)) < 0.4
    scores = np.round(rng.normal(size=len(patients)) + positives + rng.normal(size=12)[patients], 1)
    x, y = scores[positives], scores[~positives]
    psi = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    theta, (m, n) = psi.mean(), psi.shape
    first = [psi.mean(1)[patients[positives] == i] for i in range(12)]
    second = [psi.mean(0)[patients[~positives] == i] for i in range(12)]
    a = np.array([v.sum() - len(v) * theta for v in first])
    b = np.array([v.sum() - len(v) * theta for v in second])
    i10, i01 = sum(v.size > 0 for v in first), sum(v.size > 0 for v in second)
    s10, s01 = i10 / ((i10 - 1) * m) * (a @ a), i01 / ((i01 - 1) * n) * (b @ b)
    expected = s10 / m + s01 / n + 2 / (m * n) * 12 / 11 * (a @ b)
    found = obuchowski(positives, scores[None], patients=patients, folds=np.zeros_like(patients))
    assert i10 + i01 > 12
    assert found.covariance[0, 0] == pytest.approx(expected, abs=1e-14)


def test_more_slides_of_the_same_patients_add_no_certainty() -> None:
    rng = np.random.default_rng(5)
    positives, scores = np.arange(40) % 2 == 0, rng.normal(size=(1, 40))
    once = obuchowski(positives, scores, patients=np.arange(40), folds=np.zeros(40, int))
    thrice = obuchowski(
        np.repeat(positives, 3),
        np.repeat(scores, 3, axis=1),
        patients=np.repeat(np.arange(40), 3),
        folds=np.zeros(120, int),
    )
    assert thrice.covariance == pytest.approx(once.covariance, rel=1e-12)


def test_folds_are_averaged_as_auc_does_and_their_scales_do_not_show() -> None:
    rng = np.random.default_rng(6)
    folds, positives = np.arange(80) % 4, np.arange(80) // 4 % 3 == 0
    scores = rng.normal(size=80) + positives
    patients = np.arange(80) // 8 * 4 + folds
    found = obuchowski(positives, scores[None], patients=patients, folds=folds)
    stretched = obuchowski(
        positives, (scores * 10.0**folds + folds)[None], patients=patients, folds=folds
    )
    assert found.aucs[0] == pytest.approx(fold_auc(positives, scores, folds).average, abs=1e-12)
    assert stretched.covariance == pytest.approx(found.covariance, abs=1e-14)


def test_the_error_is_the_spread_over_cohorts() -> None:
    """600 cohorts of 80 patients with 2 slides; true SD of a difference of two models' AUCs."""
    rng = np.random.default_rng(7)
    patients, folds = np.repeat(np.arange(80), 2), np.repeat(np.arange(80) % 4, 2)
    positives = np.repeat(np.arange(80) // 4 % 2 == 0, 2)
    differences, errors = [], []
    for _ in range(600):
        shared = rng.normal(size=80)[patients]
        scores = np.stack([shared + rng.normal(size=160) * 0.5 + positives for _ in range(2)])
        scores[1] += rng.normal(size=80)[patients]
        found = obuchowski(positives, scores, patients=patients, folds=folds)
        differences.append(found.aucs[0] - found.aucs[1])
        errors.append(found.difference_error())
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(differences), rel=0.1)


def test_what_has_no_variance_is_named() -> None:
    positives, scores = np.array([True, False, True, False]), np.arange(4.0)[None]
    folds = np.array([0, 0, 1, 1])
    with pytest.raises(UndefinedMetricError, match="no fold holds two patients with positive"):
        obuchowski(positives, scores, patients=np.arange(4), folds=folds)
    with pytest.raises(UndefinedMetricError, match="no fold holds positives and negatives"):
        obuchowski(np.ones(4, bool), scores, patients=np.arange(4), folds=folds)
