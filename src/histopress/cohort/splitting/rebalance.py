"""A new version of a split: everybody assigned anew."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.named_parts import refuse_crossing
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.places import EXTERNAL
from histopress.cohort.splitting.protocols import make_split
from histopress.cohort.splitting.settings import EnsembleProtocol, ProtocolSettings
from histopress.cohort.splitting.splits import SplitRow, sort_rows, split_version
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError


class Rebalanced(NamedTuple):
    """A new version, and what it changes.

    Attributes
    ----------
    rows : tuple of SplitRow
    moved : int
        Patients who stand elsewhere than before.
    patients : int
        Patients who were in the split and have a label now.
    """

    rows: tuple[SplitRow, ...]
    moved: int
    patients: int


def rebalance_split(
    manifest: Manifest,
    labels: Labels,
    rows: Sequence[SplitRow],
    *,
    settings: ProtocolSettings,
    key: bytes,
    table: Sequence[Parts] = (),
) -> Rebalanced:
    """Assign everybody anew, as if the cohort of today had been there from the start.

    The key is the one of before, so that nobody can try versions until the figures please. Test
    patients stay locked: those whom the protocol names may not be learned from in any version,
    and rows of tested slides that left the manifest are kept. Other rows of slides that left go.

    Raises
    ------
    ConfigError
        Nobody would move; or as :func:`histopress.cohort.splitting.protocols.make_split`.
    ManifestError, LeakError
        As :func:`histopress.cohort.splitting.protocols.make_split`.
    """
    fresh = make_split(manifest, labels, (), settings=settings, key=key, table=table)
    refuse_crossing(_locks(rows, settings), _locks(fresh, settings))
    before, now = _by_patient(rows, manifest), _by_patient(fresh, manifest)
    both = before.keys() & now.keys()
    moved = sum(before[name] != now[name] for name in both)
    if not moved:
        raise ConfigError(
            f"target '{labels.target}': assigned anew, all {len(both)} patients would stand where "
            "they stand; the split needs no new version"
        )
    version = split_version(rows) + 1
    locked = _locks(rows, settings)
    kept = [
        row
        for row in rows
        if row.slide_id not in manifest.patients and "test" in locked.get(row.slide_id, ())
    ]
    new = sort_rows(row._replace(version=version) for row in (*fresh, *kept))
    return Rebalanced(new, moved, len(both))


def _locks(rows: Sequence[SplitRow], settings: ProtocolSettings) -> dict[str, list[str]]:
    """Part that the protocol, and not chance, gives each slide in each division."""
    if isinstance(settings, EnsembleProtocol):
        return {row.slide_id: ["test" if row.group == EXTERNAL else "train"] for row in rows}
    if settings.kind in ("fixed", "table"):
        return {row.slide_id: row.group.split() for row in rows}
    return {}


def _by_patient(
    rows: Sequence[SplitRow], manifest: Manifest
) -> Mapping[str, set[tuple[int, str, int]]]:
    places: dict[str, set[tuple[int, str, int]]] = defaultdict(set)
    for row in rows:
        if row.slide_id in manifest.patients:
            places[manifest.patients[row.slide_id]].add((row.repeat, row.group, row.fold))
    return places
