from collections.abc import Callable

import pytest

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.sizes import check_divisions, check_size
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError

Cohort = Callable[..., Manifest]


def labels_of(kind: str, strata: list[str], classes: tuple[str, ...] = ()) -> Labels:
    return Labels(
        target="t",
        kind=kind,  # type: ignore[arg-type]
        level="patient",
        values={},
        left_out={},
        strata={f"S{number}": name for number, name in enumerate(strata)},
        classes=classes,
    )


def manifest_of(cohort: Cohort, n: int, per_patient: int = 1) -> Manifest:
    return cohort([(f"S{k}", f"p{k // per_patient}", "") for k in range(n)])


@pytest.mark.parametrize(
    ("kind", "strata", "classes", "told"),
    [
        ("classification", ["a"] * 9 + ["b"] * 2, ("a", "b"), "class 'b' has 2 patients"),
        ("classification", ["a"] * 9, ("a", "b"), "class 'b' has 0 patients"),
        ("survival", ["event"] * 2 + ["censored"] * 9, (), "stratum 'event' has 2 patients"),
        ("survival", ["event"] * 5, (), "5 patients have a label, .* each fold needs 2"),
        ("regression", ["quarter 1"] * 8, (), "8 patients have a label, .* each fold needs 3"),
    ],
)
def test_too_few_for_three_folds(
    cohort: Cohort, kind: str, strata: list[str], classes: tuple[str, ...], told: str
) -> None:
    labels = labels_of(kind, strata, classes)
    with pytest.raises(ConfigError, match=f"target 't': {told}"):
        check_size(manifest_of(cohort, len(strata)), labels, 3)


@pytest.mark.parametrize(
    ("kind", "strata", "classes"),
    [
        ("classification", ["a"] * 3 + ["b"] * 3, ("a", "b")),
        ("survival", ["event"] * 3 + ["censored"] * 3, ()),
        ("survival", ["event"] * 6, ()),
        ("regression", ["quarter 1"] * 9, ()),
    ],
)
def test_enough_for_three_folds(
    cohort: Cohort, kind: str, strata: list[str], classes: tuple[str, ...]
) -> None:
    manifest = manifest_of(cohort, len(strata))
    check_size(manifest, labels_of(kind, strata, classes), 3)


def test_patients_count_and_not_slides(cohort: Cohort) -> None:
    labels = labels_of("classification", ["a"] * 6 + ["b"] * 6, ("a", "b"))
    check_size(manifest_of(cohort, 12, 2), labels, 3)
    with pytest.raises(ConfigError, match="class 'a' has 2 patients"):
        check_size(manifest_of(cohort, 12, 3), labels, 3)
    with pytest.raises(ConfigError, match="class 'b' has 0 patients"):
        check_size(manifest_of(cohort, 12), labels, 3, slides=[f"S{k}" for k in range(6)])


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (Parts(train=("S0", "S1"), validation=("S2", "S3"), test=("S4",)), None),
        (
            Parts(train=("S0",), validation=("S2", "S3"), test=("S4",)),
            "division 0 of the protocol training holds no patient of class 'b'",
        ),
        (
            Parts(train=("S0", "S1"), validation=("S3",), test=("S4",)),
            "validation holds no patient of class 'a'",
        ),
        (Parts(train=("S0", "S1"), validation=("S2", "S3"), test=()), "the test set holds no"),
        (Parts(train=("S0", "S1"), validation=("S2", "S3"), test=("X",)), "the test set holds no"),
    ],
)
def test_divisions_that_lack_something(parts: Parts, told: str | None) -> None:
    labels = labels_of("classification", ["a", "b", "a", "b", "a"], ("a", "b"))
    if told is None:
        check_divisions([parts], labels)
    else:
        with pytest.raises(ConfigError, match=told):
            check_divisions([parts], labels)


def test_events_are_needed_to_learn_and_to_choose_but_not_to_test() -> None:
    labels = labels_of("survival", ["event", "censored", "event", "censored"])
    check_divisions([Parts(train=("S0",), validation=("S2",), test=("S3",))], labels)
    with pytest.raises(ConfigError, match="training holds no patient of stratum 'event'"):
        check_divisions([Parts(train=("S1",), validation=("S2",), test=("S3",))], labels)
