"""Folds of patients: balanced, append-only, independent of the order of rows."""

import hmac
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from histopress.errors import ConfigError


class Stratum(NamedTuple):
    """What is balanced over folds: class within centre."""

    label: str
    center: str = ""

    def __str__(self) -> str:
        return f"{self.label} | {self.center}" if self.center else self.label


class Rotation(NamedTuple):
    """Which folds test, validate and train one model."""

    test: int
    validation: int
    train: tuple[int, ...]


def rotation(n_folds: int) -> tuple[Rotation, ...]:
    """Let every fold be tested once; the next one validates, the rest train.

    The label of a tested patient touches neither the weights nor the choice of epoch and
    learning rate of the model that tests them.

    Raises
    ------
    ConfigError
        Fewer than three folds.

    Examples
    --------
    >>> rotation(4)[3]
    Rotation(test=3, validation=0, train=(1, 2))
    """
    if n_folds < 3:
        raise ConfigError(
            f"folds is {n_folds}; at least 3 are needed to train, validate and test apart"
        )
    parts = []
    for test in range(n_folds):
        validation = (test + 1) % n_folds
        train = tuple(fold for fold in range(n_folds) if fold not in {test, validation})
        parts.append(Rotation(test, validation, train))
    return tuple(parts)


def assign_folds(
    patients: Mapping[str, Stratum],
    existing: Mapping[str, int],
    *,
    n_folds: int,
    key: bytes,
) -> dict[str, int]:
    """Give each new patient a fold; nobody moves.

    A new patient joins the fold that is least filled in their stratum, then in their class, then
    overall; what is left is decided by a keyed hash of the patient, so that neither the order of
    rows nor the spelling of ids decides. Assigned at once, the folds of a stratum, and those of
    a class, differ by one patient at most; patients who come later are weighed against those
    already there, so the folds of a cohort that grew may differ from those of one assigned anew.

    Parameters
    ----------
    patients : mapping of str to Stratum
        Patients of the cohort.
    existing : mapping of str to int
        Folds given before. Patients who left the cohort keep theirs and weigh nothing.
    n_folds : int
    key : bytes
        Key of the hash (HMAC-SHA-256).

    Returns
    -------
    dict of str to int
        Folds of ``existing`` and of ``patients``.

    Examples
    --------
    >>> cohort = {name: Stratum("tumour") for name in "abcdef"}
    >>> sorted(assign_folds(cohort, {}, n_folds=3, key=b"k").values())
    [0, 0, 1, 1, 2, 2]
    """
    folds = dict(existing)
    filled: Counter[tuple[object, int]] = Counter()

    def count(stratum: Stratum, fold: int) -> None:
        filled.update([(stratum, fold), (stratum.label, fold), (None, fold)])

    for patient, stratum in patients.items():
        if patient in folds:
            count(stratum, folds[patient])
    new = [patient for patient in patients if patient not in folds]
    for patient in sorted(new, key=lambda name: (patients[name], keyed_digest(key, name), name)):
        stratum = patients[patient]
        folds[patient] = min(
            range(n_folds),
            key=lambda fold: (
                filled[stratum, fold],
                filled[stratum.label, fold],
                filled[None, fold],
                keyed_digest(key, f"{patient}/{fold}"),
            ),
        )
        count(stratum, folds[patient])
    return folds


def keyed_digest(key: bytes, text: str) -> bytes:
    """Order that a key decides: HMAC-SHA-256 of a text."""
    return hmac.digest(key, text.encode(), "sha256")
