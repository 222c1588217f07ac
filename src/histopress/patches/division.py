"""Groups of patches that belong together, and the parts that they are dealt to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64

from histopress.errors import LeakError
from histopress.patches.source import Origin
from histopress.patches.table import PARTS
from histopress.pictures import group_duplicates, join

Grouping = Literal["patient", "slide", "near-duplicate"]

TRAINING, TUNING, VALIDATION = (
    np.uint8(PARTS.index(part)) for part in ("training", "tuning", "validation")
)
DROPPED = np.uint8(255)
PASSES = 3
SLACK = 1e-12
"""What rounding may make of equal distances."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Which patches must stay on one side.

    Attributes
    ----------
    numbers : int64 ndarray (N,)
        Group of each patch, from 0 in order of first appearance.
    names : tuple of str (N)
        Name of each patch's group: the grouping and the group's number.
    grouping : str
        The weakest tie that some patch is left with.
    near_duplicates : int
        Patches that look like an earlier one.
    """

    numbers: Int64[np.ndarray, "N"]
    names: tuple[str, ...]
    grouping: Grouping
    near_duplicates: int


def group_patches(
    origins: Sequence[Origin],
    digests: Sequence[str],
    hashes: UInt64[np.ndarray, "N"],
    *,
    duplicate_bits: int,
) -> Groups:
    """Group patches that share a patient, a slide or their looks, directly or through others.

    Parameters
    ----------
    origins : sequence of Origin (N)
        What is known of each patch.
    digests : sequence of str (N)
        Of each picture's pixels.
    hashes : uint64 ndarray (N,)
        Of :func:`histopress.pictures.hash_picture`.
    duplicate_bits : int
        Largest difference of the hashes of near-duplicates.
    """
    looks = group_duplicates(digests, hashes, duplicate_bits)
    patients = [origin.patient_id for origin in origins]
    slides = [origin.slide_id for origin in origins]
    numbers = join(len(origins), looks, _codes(patients), _codes(slides))
    grouping: Grouping = "near-duplicate"
    if all(patients):
        grouping = "patient"
    elif all(patient or slide for patient, slide in zip(patients, slides, strict=True)):
        grouping = "slide"
    return Groups(
        numbers=numbers,
        # Numbers, not ids: tables are results, and no patient's id leaves the manifest.
        names=tuple(f"{grouping}-{number + 1:06d}" for number in numbers.tolist()),
        grouping=grouping,
        near_duplicates=len(looks) - len(np.unique(looks)),
    )


def divide_patches(
    labels: Int64[np.ndarray, "N"],
    groups: Int64[np.ndarray, "N"],
    named: Bool[np.ndarray, "N"],
    *,
    validation: float,
    tuning: float,
    task: str,
    rng: np.random.Generator,
) -> UInt8[np.ndarray, "N"]:
    """Deal groups to the parts; no group is ever in two.

    Where the source names a validation part it stays as it is, and other patches of its groups
    are dropped. Otherwise groups are drawn for validation; then, of the rest, groups for tuning.
    See :func:`draw_groups`.

    Parameters
    ----------
    labels : int64 ndarray (N,)
        Class of each patch.
    groups : int64 ndarray (N,)
        Group of each patch, from 0.
    named : bool ndarray (N,)
        Whether the source puts the patch into its validation part.
    validation, tuning : float
        Shares, 0 to 1.
    task : str
        Name of the task, for messages.
    rng : Generator
        Draws the groups.

    Returns
    -------
    uint8 ndarray (N,)
        Index into :data:`~histopress.patches.table.PARTS`, or 255 for a dropped patch.

    Raises
    ------
    LeakError
        Fewer than three groups, or than two besides the named validation part.
    """
    parts = np.full(len(labels), TRAINING, np.uint8)
    if named.any():
        parts[np.isin(groups, groups[named])] = DROPPED
        parts[named] = VALIDATION
        _check_groups(groups[parts == TRAINING], 2, task, beside=True)
    else:
        _check_groups(groups, 3, task, beside=False)
        drawn = draw_groups(labels, groups, share=validation, leave=2, rng=rng)
        parts[np.isin(groups, drawn)] = VALIDATION
    rest = np.flatnonzero(parts == TRAINING)
    drawn = draw_groups(labels[rest], groups[rest], share=tuning, leave=1, rng=rng)
    parts[rest[np.isin(groups[rest], drawn)]] = TUNING
    return parts


def draw_groups(
    labels: Int64[np.ndarray, "N"],
    groups: Int64[np.ndarray, "N"],
    *,
    share: float,
    leave: int,
    rng: np.random.Generator,
) -> Int64[np.ndarray, "M"]:
    """Draw groups that hold about ``share`` of the patches of every class.

    Groups are shuffled and looked at, three times over; one is taken, or put back, if that
    brings the classes' counts nearer to their shares, in the sum of squares of differences
    relative to each class's size. Of each class ``leave`` groups stay, of a class of few all but
    one, of a class of one that one. Then a group is taken for each class that was not, where
    that can be. At least one group is drawn and at least ``leave`` stay.

    Parameters
    ----------
    labels, groups : int64 ndarray (N,)
        Class and group of each patch.
    share : float
        Share to draw, 0 to 1.
    leave : int
        Least number of groups that are not drawn.
    rng : Generator
        Shuffles.
    """
    names, inverse = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(names), int(labels.max()) + 1))
    np.add.at(counts, (inverse, labels), 1)
    weights = counts[:, counts.sum(0) > 0] / counts.sum(0)[counts.sum(0) > 0]
    held = weights > 0
    least = np.clip(held.sum(0) - 1, 1, leave)
    staying = held.sum(0)
    drawn = np.zeros(len(names), bool)
    gap = np.full(weights.shape[1], share)
    left = len(names)
    for number in np.tile(rng.permutation(len(names)), PASSES):
        sign = -1 if drawn[number] else 1
        closer = gap - sign * weights[number]
        if closer @ closer >= gap @ gap - SLACK:
            continue
        after = staying - sign * held[number]
        if drawn[number] or (left > leave and np.all(after >= least * held[number])):
            drawn[number], gap, staying, left = not drawn[number], closer, after, left - sign
    _complete(drawn, weights, share=share, leave=leave)
    return names[drawn]


def _complete(
    drawn: Bool[np.ndarray, "G"], weights: np.ndarray, *, share: float, leave: int
) -> None:
    """Take, in place, a group for each class that has none drawn, or at least one group."""
    held = weights > 0
    least = np.clip(held.sum(0) - 1, 1, leave)
    for column in range(weights.shape[1]):
        spare = (held & ~drawn[:, None]).sum(0) > least
        able = held[:, column] & ~drawn & (spare | ~held).all(axis=1)
        if not (held[:, column] & drawn).any() and (~drawn).sum() > leave:
            _take(drawn, weights, able, share=share)
    if not drawn.any():
        _take(drawn, weights, ~drawn, share=share)


def _take(
    drawn: Bool[np.ndarray, "G"], weights: np.ndarray, able: Bool[np.ndarray, "G"], *, share: float
) -> None:
    """Take the able group that leaves the drawn side's counts nearest to their shares."""
    if able.any():
        places = np.flatnonzero(able)
        gaps = share - weights[drawn].sum(0) - weights[places]
        drawn[places[int((gaps**2).sum(1).argmin())]] = True


def _codes(names: Sequence[str]) -> Int64[np.ndarray, "N"]:
    """Turn names into numbers; −1 where there is none."""
    numbers: dict[str, int] = {}
    codes = [numbers.setdefault(name, len(numbers)) if name else -1 for name in names]
    return np.asarray(codes, np.int64)


def _check_groups(groups: Int64[np.ndarray, "N"], least: int, task: str, *, beside: bool) -> None:
    """Refuse too few groups."""
    count = len(np.unique(groups))
    if count >= least:
        return
    where = " besides those of its validation part" if beside else ""
    raise LeakError(
        f"task '{task}': its {len(groups)} patches form {count} group(s) of one patient, slide or "
        f"look{where}; {least} are needed to divide them without a leak; add patches of other "
        "patients, or lower 'duplicate_bits' if patches that differ were taken for near-duplicates"
    )
