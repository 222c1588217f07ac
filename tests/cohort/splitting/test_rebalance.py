from dataclasses import replace

import pytest

from cohort.divided import (
    KEY,
    PROTOCOLS,
    Patient,
    base,
    labels_of,
    manifest_of,
    split_of,
)
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.rebalance import Rebalanced, rebalance_split
from histopress.cohort.splitting.settings import FixedProtocol, ProtocolSettings, RotationProtocol
from histopress.cohort.splitting.splits import SplitRow, split_version
from histopress.errors import ConfigError, LeakError

THREE = RotationProtocol(folds=3)


def rebalance(
    manifest: Manifest, rows: tuple[SplitRow, ...], settings: ProtocolSettings
) -> Rebalanced:
    return rebalance_split(manifest, labels_of(manifest), rows, settings=settings, key=KEY)


def grown() -> tuple[Manifest, tuple[SplitRow, ...]]:
    """A cohort that came in two parts, and its split."""
    first = split_of(manifest_of(base()[:18]), THREE)
    manifest = manifest_of(base())
    return manifest, split_of(manifest, THREE, first)


def test_a_new_version_is_that_of_a_cohort_assigned_at_once() -> None:
    manifest, rows = grown()
    found = rebalance(manifest, rows, THREE)
    fresh = split_of(manifest, THREE)
    assert [row._replace(version=1) for row in found.rows] == list(fresh)
    assert split_version(found.rows) == 2
    assert {row.version for row in found.rows} == {2}
    before = {row.slide_id: row.fold for row in rows}
    changed = {manifest.patients[r.slide_id] for r in fresh if before[r.slide_id] != r.fold}
    assert (found.moved, found.patients) == (len(changed), 48)
    assert 0 < found.moved < 48


def test_what_comes_later_is_of_the_new_version() -> None:
    manifest, rows = grown()
    found = rebalance(manifest, rows, THREE)
    more = manifest_of([*base(), Patient(500, "yes", "A")])
    later = split_of(more, THREE, found.rows)
    assert set(found.rows) < set(later)
    assert {row.version for row in later} == {2}


def test_a_version_that_changes_nothing_is_refused() -> None:
    manifest, rows = grown()
    found = rebalance(manifest, rows, THREE)
    with pytest.raises(ConfigError, match="all 48 patients would stand where they stand"):
        rebalance(manifest, found.rows, THREE)


def test_the_number_of_folds_can_be_changed_so() -> None:
    manifest, rows = grown()
    found = rebalance(manifest, rows, RotationProtocol(folds=4))
    assert {row.fold for row in found.rows} == {0, 1, 2, 3}


def test_test_patients_stay_locked_in_every_version() -> None:
    manifest = manifest_of(base())
    rows = split_of(manifest, FixedProtocol(column="part"))
    patient = manifest.patients["S003-0"]
    swapped = Manifest(
        tuple(
            replace(row, labels={**row.labels, "part": "train"})
            if row.patient_id == patient
            else row
            for row in manifest
        ),
        manifest.columns,
    )
    with pytest.raises(LeakError, match="test patients are locked.*'S003-0', 'S003-1'"):
        rebalance(swapped, rows, FixedProtocol(column="part"))
    ensemble = PROTOCOLS["ensemble"]
    rows = split_of(manifest, ensemble)
    turned = replace(ensemble, external=replace(ensemble.external, values=("inner",)))  # type: ignore[union-attr,arg-type]
    with pytest.raises(LeakError, match="from test to train"):
        rebalance(manifest, rows, turned)


def test_tested_slides_that_left_stay_locked() -> None:
    protocol = FixedProtocol(column="halves")
    rows = split_of(manifest_of(base()[:30]), protocol)
    rows = split_of(manifest_of(base()), protocol, rows)
    fewer = manifest_of(base()[6:])
    found = rebalance(fewer, rows, protocol)
    left = {r.slide_id: r.group for r in rows if r.slide_id not in fewer.patients}
    kept = {r.slide_id: r.group for r in found.rows if r.slide_id not in fewer.patients}
    assert set(left.values()) >= {"test", "train"}
    assert kept == {slide: part for slide, part in left.items() if part == "test"}
    assert {row.version for row in found.rows} == {2}
