"""What a table of patches tells of itself: counts, and what could not be known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from histopress.patches.division import Groups
from histopress.patches.fit import TOLERANCE, Fitting
from histopress.patches.settings import TaskSettings
from histopress.patches.source import Origin
from histopress.patches.table import PARTS

UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What became of a task's patches.

    Attributes
    ----------
    classes : tuple of str
        Names of the classes.
    labels : int64 ndarray (N,)
        Class of each patch kept.
    parts : uint8 ndarray (N,)
        Part of each.
    origins : sequence of Origin (N)
        What is known of each.
    groups : Groups
        Of these and the dropped patches.
    n_groups : int
        Groups that have a patch kept.
    dropped : int
        Patches left out because their group is in the named validation part.
    fitting : Fitting
        How they were fitted.
    input_spacing_um : float
        µm/px that was asked for.
    source : mapping
        Facts of the source, where it has some.
    """

    classes: tuple[str, ...]
    labels: Int64[np.ndarray, "N"]
    parts: UInt8[np.ndarray, "N"]
    origins: Sequence[Origin]
    groups: Groups
    n_groups: int
    dropped: int
    fitting: Fitting
    input_spacing_um: float
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def grouping(self) -> str:
        """The weakest tie between the patches of a group, here or in the source."""
        return str(self.source.get("grouping", self.groups.grouping))

    def columns(self) -> dict[str, Any]:
        """Give the fields of a patch table that are told here."""
        return {
            "classes": self.classes,
            "labels": self.labels,
            "centers": tuple(origin.center for origin in self.origins),
            "parts": self.parts,
            "input_px": self.fitting.input_px,
            "spacing_um": self.fitting.spacing_um,
        }

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the patches of each part and class."""
        return {
            part: {
                name: int(((self.parts == number) & (self.labels == label)).sum())
                for label, name in enumerate(self.classes)
            }
            for number, part in enumerate(PARTS)
        }


def collect_facts(account: Account, settings: TaskSettings, *, task: str) -> dict[str, Any]:
    """Gather what cards and records tell of a task; plain JSON.

    Parameters
    ----------
    account : Account
        What became of the patches.
    settings : TaskSettings
        Licence, note, and what was asked for.
    task : str
        Name of the task.
    """
    fitting = account.fitting
    licence = settings.licence
    if licence == UNKNOWN:
        licence = str(account.source.get("licence", UNKNOWN))
    return {
        "task": task,
        "licence": licence,
        "note": settings.note or account.source.get("note"),
        "grouping": account.grouping,
        "patches": len(account.labels),
        "groups": account.n_groups,
        "counts": account.counts(),
        "near_duplicates": account.groups.near_duplicates,
        "dropped": account.dropped,
        "effective_spacing_um": None if np.isnan(fitting.spacing_um) else fitting.spacing_um,
        "source_px": list(fitting.source_px),
        "reduce": settings.reduce,
        "margin_px": fitting.margin_px,
        "warnings": [*account.source.get("warnings", ()), *_warnings(account, settings)],
    }


def _warnings(account: Account, settings: TaskSettings) -> Iterator[str]:
    """Say what could not be known, and what differs from what was asked for."""
    yield from _grouping_warnings(account)
    fitting = account.fitting
    if np.isnan(fitting.spacing_um):
        yield (
            f"nobody knows the spacing of the patches; the encoder is told "
            f"{account.input_spacing_um:g} µm/px and sees them pooled by {fitting.pool}"
        )
    elif abs(fitting.spacing_um / account.input_spacing_um - 1) > TOLERANCE:
        yield (
            f"patches are at {fitting.spacing_um:.3g} µm/px after pooling by {fitting.pool}; the "
            f"encoder is told {account.input_spacing_um:g} µm/px"
        )
    if fitting.resampled_px > min(fitting.source_px):
        yield (
            f"patches were enlarged from {min(fitting.source_px)} to {fitting.resampled_px} px; "
            "detail finer than their own pixels is not there"
        )
    if fitting.margin_px < settings.margin_px:
        yield (
            f"the margin is {fitting.margin_px} px, all that the patches have; "
            f"{settings.margin_px} were asked for"
        )
    for part, counts in account.counts().items():
        missing = [name for name, count in counts.items() if not count]
        if missing:
            names = ", ".join(f"'{name}'" for name in missing)
            yield f"part '{part}' has no patch of {names}: too few groups have them"


def _grouping_warnings(account: Account) -> Iterator[str]:
    """Say which patients and slides are unknown, and what was dropped for their sake."""
    count = len(account.origins)
    if account.grouping == "near-duplicate":
        bare = sum(not (origin.patient_id or origin.slide_id) for origin in account.origins)
        which = f"of {bare} of {count} patches" if 0 < bare < count else "of the patches"
        yield (
            f"neither patient nor slide is known {which}: they are divided by near-duplicate "
            "group, so patches of one patient may stand on both sides and accuracy may be too high"
        )
    elif account.grouping == "slide":
        bare = sum(not origin.patient_id for origin in account.origins)
        which = f"of {bare} of {count} patches" if 0 < bare < count else "of the patches"
        yield (
            f"the patient is not known {which}: they are divided by slide, so slides of one "
            "patient may stand on both sides"
        )
    if account.dropped:
        yield (
            f"{account.dropped} patches were left out: they share a patient, a slide or their "
            "looks with the source's own validation part"
        )
