"""From a source of patches to a table: chosen, read, fitted, grouped, divided."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8, UInt64

from histopress.cohort.people import people_facts
from histopress.errors import ConfigError
from histopress.patches.account import Account, collect_facts
from histopress.patches.classes import assign_classes, thin_classes
from histopress.patches.division import DROPPED, divide_patches, group_patches
from histopress.patches.fit import Fitting, fit_picture, plan_fitting
from histopress.patches.settings import CohortSource, TaskSettings
from histopress.patches.source import Source
from histopress.patches.table import PARTS, PatchTable
from histopress.pictures import hash_picture
from histopress.seeds import generator
from histopress.types import Progress

PURPOSE = "patches"
SAME_SPACING = 1.001
"""Two statements of one spacing may differ by so much; people round."""


def gather_patches(
    source: Source,
    settings: TaskSettings,
    *,
    name: str,
    input_px: int,
    input_spacing_um: float,
    seed: int,
    key: bytes | None = None,
    progress: Progress | None = None,
) -> PatchTable:
    """Make a task's table of patches for one encoder input.

    Patches stand in the order of the source's origins. Those of other labels, those beyond
    ``most_per_class``, and those that would leak into a named validation part are left out.
    As long as the source reads the same pictures, choice, groups and parts do not depend on the
    encoder's input.

    Parameters
    ----------
    source : Source
        Patches, opened. Where it has ``facts`` or ``warnings``, these are passed on.
    settings : TaskSettings
        Classes, spacing, fitting, shares.
    name : str
        Name of the task; enters the seeds.
    input_px, input_spacing_um
        What the encoder sees: side in px and µm/px.
    seed : int
        The run's seed.
    key : bytes or None
        Key under which the facts tell whose patches fit or steer an encoder; see
        :mod:`histopress.cohort.people`.
    progress : callable, optional
        Called with the number of patches read and of all.

    Returns
    -------
    PatchTable
        Its facts are those of :func:`histopress.patches.account.collect_facts`.

    Raises
    ------
    ConfigError
        A class has no patch, patches differ in size or cannot be fitted, a file is no picture,
        or the task's spacing contradicts the source's.
    LeakError
        Too few groups to divide.

    Notes
    -----
    Memory: the images once (200,000 patches of 64 px: 2.5 GB), and some 500 bytes a patch.
    """
    classes, labels, chosen = _choose(source, settings, task=name, seed=seed)
    fitting = plan_fitting(
        settings,
        name=name,
        source_px=_shape(source.read(int(chosen[0]))),
        spacing_um=_settle_spacing(source, settings, name),
        input_px=input_px,
        input_spacing_um=input_spacing_um,
    )
    pictures = _read(source, chosen, fitting, task=name, progress=progress)
    origins = [source.origins[index] for index in chosen]
    groups = group_patches(
        origins, pictures.digests, pictures.hashes, duplicate_bits=settings.duplicate_bits
    )
    parts = divide_patches(
        labels,
        groups.numbers,
        np.array([origin.part == "validation" for origin in origins], bool),
        validation=settings.validation,
        tuning=settings.tuning,
        task=name,
        rng=generator(seed, PURPOSE, name, "division"),
    )
    kept = np.flatnonzero(parts != DROPPED)
    account = Account(
        classes=classes,
        labels=labels[kept],
        parts=parts[kept],
        origins=[origins[index] for index in kept],
        groups=groups,
        n_groups=len(np.unique(groups.numbers[kept])),
        dropped=len(parts) - len(kept),
        fitting=fitting,
        input_spacing_um=input_spacing_um,
        source={"warnings": getattr(source, "warnings", ()), **getattr(source, "facts", {})},
    )
    return PatchTable(
        images=_compact(pictures.images, kept),
        groups=tuple(groups.names[index] for index in kept),
        neighbours=_neighbours(source, chosen[kept]),
        facts={
            **collect_facts(account, settings, task=name),
            "people": _people(account, key, own_cohort=isinstance(settings.source, CohortSource)),
        },
        **account.columns(),
    )


def _people(account: Account, key: bytes | None, *, own_cohort: bool) -> dict[str, Any]:
    """Tell whose patches an encoder would see; those of the validation part it does not."""
    seen = np.flatnonzero(account.parts != PARTS.index("validation")).tolist()
    origins = [account.origins[index] for index in seen]
    people = [(origin.patient_id, origin.slide_id) for origin in origins]
    return people_facts(people, key=key, own_cohort=own_cohort)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Pictures:
    """Fitted patches, and the marks by which the pictures are compared."""

    images: UInt8[np.ndarray, "N h h 3"]
    digests: list[str]
    hashes: UInt64[np.ndarray, "N"]


def _choose(
    source: Source, settings: TaskSettings, *, task: str, seed: int
) -> tuple[tuple[str, ...], Int64[np.ndarray, "N"], Int64[np.ndarray, "N"]]:
    """Name the classes, and give label and place of each patch that is taken."""
    classes, labels = assign_classes(source.origins, settings, task=task)
    chosen = np.flatnonzero(labels >= 0)
    rng = generator(seed, PURPOSE, task, "choice")
    chosen = chosen[thin_classes(labels[chosen], settings.most_per_class, rng)]
    return classes, labels[chosen], chosen


def _read(
    source: Source,
    chosen: Int64[np.ndarray, "N"],
    fitting: Fitting,
    *,
    task: str,
    progress: Progress | None,
) -> _Pictures:
    """Read, fit and hash the chosen patches, in the order of the source.

    What is hashed is the whole picture, not what an encoder sees of it: so a task is divided
    alike for every encoder input, and encoders can be compared patch by patch.
    """
    images = np.empty((len(chosen), fitting.side_px, fitting.side_px, 3), np.uint8)
    hashes = np.zeros(len(chosen), np.uint64)
    digests = []
    for place, index in enumerate(chosen.tolist()):
        picture = source.read(index)
        if _shape(picture) != fitting.source_px:
            first, other = fitting.source_px, _shape(picture)
            raise ConfigError(
                f"task '{task}': patches differ in size: "
                f"'{source.origins[int(chosen[0])].name}' has {first[0]} × {first[1]} px, "
                f"'{source.origins[index].name}' {other[0]} × {other[1]} px; give patches of one "
                "size"
            )
        images[place] = fit_picture(picture, fitting)
        picture = np.ascontiguousarray(picture)
        digests.append(hashlib.sha256(picture.data).hexdigest())
        hashes[place] = hash_picture(picture)
        if progress is not None:
            progress(place + 1, len(chosen))
    return _Pictures(images=images, digests=digests, hashes=hashes)


def _settle_spacing(source: Source, settings: TaskSettings, task: str) -> float | None:
    """Find the source's spacing: its own, or the task's; they may not contradict each other."""
    own, told = source.spacing_um, settings.spacing_um
    if own is None or told is None:
        return told if own is None else own
    if max(own / told, told / own) > SAME_SPACING:
        raise ConfigError(
            f"task '{task}': 'spacing_um' is {told:g}, but the source itself tells {own:g} µm/px; "
            "leave 'spacing_um' out"
        )
    return own


def _shape(picture: UInt8[np.ndarray, "h w 3"]) -> tuple[int, int]:
    return int(picture.shape[0]), int(picture.shape[1])


def _compact(
    images: UInt8[np.ndarray, "N h h 3"], kept: Int64[np.ndarray, "M"]
) -> UInt8[np.ndarray, "M h h 3"]:
    """Move the kept images to the front, in place: a copy might not fit into memory."""
    for place, index in enumerate(kept.tolist()):
        if place != index:
            images[place] = images[index]
    return images[: len(kept)]


def _neighbours(source: Source, kept: Int64[np.ndarray, "M"]) -> Int64[np.ndarray, "M"]:
    """Places of the neighbours among the kept patches; −1 for those that were left out."""
    place = np.full(len(source.origins) + 1, -1, np.int64)
    place[kept] = np.arange(len(kept))
    return place[[source.origins[index].neighbour for index in kept.tolist()]]
