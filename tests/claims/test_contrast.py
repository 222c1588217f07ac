from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from claims.conftest import of_classes, of_numbers, of_survival
from histopress.claims.contrast import KINDS, Contrast, PairedDifference, contrast_units
from histopress.errors import ConfigError
from histopress.evaluate.comparison import compare_aucs
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import Units

KIND_NAMES = ["auc", "spearman", "c"]


def claim(kind: str, **facts: object) -> Contrast:
    return Contrast(
        **{"name": "a", "first": "mtl", "second": "bigan", "metric": kind, "margin": 0.05, **facts}
    )


def contrast(
    kind: str, first: list[Units], second: list[Units], n_resamples: int = 100, seed: int = 3
) -> PairedDifference:
    rng = np.random.default_rng(seed)
    return contrast_units(claim(kind), first, second, n_resamples=n_resamples, rng=rng)


def averaged(figures: list[float], weights: list[float]) -> float:
    return float(np.average(figures, weights=weights))


def test_macro_auc_is_sklearns_within_folds() -> None:
    """Each class against the rest; a fold counts with that class's comparable pairs."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 90)
    arms = [
        of_classes(labels, np.eye(3)[labels] * own + rng.normal(size=(90, 3))) for own in (2, 1)
    ]
    found = contrast("auc", arms[:1], arms[1:])
    figures = []
    for units in arms:
        per_class = []
        for code in range(3):
            aucs, pairs = [], []
            for fold in range(4):
                inside = units.folds == fold
                positives = labels[inside] == code
                aucs.append(roc_auc_score(positives, units.probabilities[inside, code]))
                pairs.append(positives.sum() * (~positives).sum())
            per_class.append(averaged(aucs, pairs))
        figures.append(np.mean(per_class))
    assert (found.first[0], found.second[0]) == pytest.approx(tuple(figures), abs=1e-12)
    whole = [replace(units, folds=np.zeros(90, int)) for units in arms]
    single = contrast("auc", whole[:1], whole[1:])
    expected = [roc_auc_score(labels, own.probabilities, multi_class="ovr") for own in whole]
    assert single.estimate.value == pytest.approx(expected[0] - expected[1], abs=1e-12)


def test_spearman_is_scipys_within_folds() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=42)
    arms = [of_numbers(values, own * values + rng.normal(size=42)) for own in (2.0, 1.0)]
    found = contrast("spearman", arms[:1], arms[1:])
    for units, figure in zip(arms, (found.first[0], found.second[0]), strict=True):
        folds = [units.folds == fold for fold in range(4)]
        rho = [spearmanr(values[own], units.predictions[own]).statistic for own in folds]
        assert figure == pytest.approx(averaged(rho, [own.sum() - 1 for own in folds]), abs=1e-12)


def test_c_counts_pairs_within_folds() -> None:
    rng = np.random.default_rng(3)
    survival = Survival(times=rng.integers(1, 12, 40).astype(float), events=rng.random(40) < 0.6)
    arms = [of_survival(survival, rng.integers(0, 5, 40).astype(float)) for _ in range(2)]
    found = contrast("c", arms[:1], arms[1:])
    for units, figure in zip(arms, (found.first[0], found.second[0]), strict=True):
        won = pairs = 0.0
        for i in np.flatnonzero(survival.events):
            for j in range(40):
                later = survival.times[j] > survival.times[i] or (
                    survival.times[j] == survival.times[i] and not survival.events[j]
                )
                if later and units.folds[i] == units.folds[j]:
                    pairs += 1
                    won += (units.risks[i] > units.risks[j]) + 0.5 * (
                        units.risks[i] == units.risks[j]
                    )
        assert figure == pytest.approx(won / pairs, abs=1e-12)


def test_of_two_classes_the_error_is_near_obuchowskis() -> None:
    rng = np.random.default_rng(4)
    labels = np.arange(160) // 4 % 2
    shared = rng.normal(size=160) + labels
    scores = [shared + own * rng.normal(size=160) for own in (0.3, 1.2)]
    arms = [of_classes(labels, np.stack([np.zeros(160), own], axis=1)) for own in scores]
    found = contrast("auc", arms[:1], arms[1:], n_resamples=2000)
    units = arms[0]
    closed = compare_aucs(
        labels == 1, *scores, patients=units.patients, folds=units.folds, level=0.95
    )
    assert found.estimate.value == pytest.approx(closed.difference, abs=1e-12)
    length = np.diff(found.estimate.interval(0.95))[0]
    assert length == pytest.approx(closed.high - closed.low, rel=0.05)
    assert np.std(found.replicates) == pytest.approx(found.estimate.sampling_error, rel=0.12)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_swapping_arms_turns_the_difference_and_keeps_the_error(draw, kind: str) -> None:
    first, second = draw(kind, 60, [[1.0, 1.2, 0.9], [0.6, 0.7]], np.random.default_rng(5))
    found, turned = contrast(kind, first, second), contrast(kind, second, first)
    assert turned.estimate.value == pytest.approx(-found.estimate.value)
    assert turned.estimate.error == pytest.approx(found.estimate.error)
    assert turned.estimate.freedom == pytest.approx(found.estimate.freedom)
    assert np.allclose(turned.replicates, -found.replicates, equal_nan=True)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_equal_arms_meet_equal_patients(draw, kind: str) -> None:
    """Both arms see the same resamples and the same patients left out: nothing remains."""
    ((units,),) = draw(kind, 60, [[1.0]], np.random.default_rng(6))
    found = contrast(kind, [units], [units])
    assert (found.estimate.value, found.estimate.error) == (0.0, 0.0)
    assert (found.replicates[np.isfinite(found.replicates)] == 0).all()


@pytest.mark.parametrize("kind", ["spearman", "c"])
def test_a_fold_has_a_scale_of_its_own(draw, kind: str) -> None:
    (first,), (second,) = draw(kind, 60, [[1.0], [0.5]], np.random.default_rng(7))
    name = "predictions" if kind == "spearman" else "risks"
    moved = replace(first, **{name: 3 * getattr(first, name) + 100.0 * first.folds})
    found, other = contrast(kind, [first], [second]), contrast(kind, [moved], [second])
    assert other.estimate == found.estimate


def test_slides_of_a_patient_are_no_further_patients(draw) -> None:
    (first,), (second,) = draw("spearman", 60, [[1.0], [0.6]], np.random.default_rng(8))
    once = contrast("spearman", [first], [second]).estimate
    twice = [units.take(np.repeat(np.arange(60), 2)) for units in (first, second)]
    found = contrast("spearman", twice[:1], twice[1:])
    assert (found.n_patients, found.n_units, found.estimate.n) == (60, 120, 60)
    assert found.estimate.sampling_error == pytest.approx(once.sampling_error, rel=0.05)


def test_arms_must_have_seen_the_same_patients(draw) -> None:
    (first,), (second,) = draw("spearman", 40, [[1.0], [0.6]], np.random.default_rng(9))
    wrong = {
        "folds": replace(second, folds=second.folds[::-1]),
        "values": replace(second, values=second.values + 1),
        "patients": replace(second, patients=second.patients // 2),
    }
    for what, units in wrong.items():
        with pytest.raises(ConfigError, match=f"'bigan' are of other {what}"):
            contrast("spearman", [first], [units])
    with pytest.raises(ConfigError, match="'mtl' are of other values"):
        contrast("spearman", [first, wrong["values"]], [second])
    with pytest.raises(ConfigError, match="is of 'auc' and the units are judged by 'spearman'"):
        contrast("auc", [first], [second])
    (of_c,), (late,) = draw("c", 40, [[1.0], [0.6]], np.random.default_rng(9))
    later = Survival(times=late.survival.times + 1, events=late.survival.events)
    with pytest.raises(ConfigError, match="other follow-up"):
        contrast("c", [of_c], [replace(late, survival=later)])


def test_classes_must_agree(draw) -> None:
    (first,), (second,) = draw("auc", 40, [[1.0], [0.6]], np.random.default_rng(9))
    with pytest.raises(ConfigError, match="'bigan' are of other classes"):
        contrast("auc", [first], [replace(second, classes=("c", "b", "a"))])
    with pytest.raises(ConfigError, match="'bigan' are of other labels"):
        contrast("auc", [first], [replace(second, labels=2 - second.labels)])


def test_an_arm_without_a_figure_is_named(draw) -> None:
    (first,), (second,) = draw("spearman", 40, [[1.0], [0.6]], np.random.default_rng(10))
    flat = replace(second, predictions=np.zeros(40))
    with pytest.raises(UndefinedMetricError, match="second arm has no figure at seed number 2"):
        contrast("spearman", [first], [second, flat])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"second": "mtl"}, "both arms are 'mtl'"),
        ({"margin": 0.0}, "margin 0.0"),
        ({"expected": 0}, "expected 0"),
    ],
)
def test_what_is_no_contrast_is_refused(facts: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        claim("auc", **facts)


def test_each_kind_of_units_has_its_metric() -> None:
    assert sorted(KINDS.values()) == sorted(KIND_NAMES)
