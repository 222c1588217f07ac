"""What every protocol promises, on cohorts of all shapes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort.divided import (
    PROTOCOLS,
    Patient,
    base,
    divided,
    labels_of,
    manifest_of,
    sides,
    split_of,
    table_of,
)
from histopress.cohort.leaks import check_patients
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.checks import check_rows
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.named_parts import NONE
from histopress.cohort.splitting.protocols import check_protocol, make_split, n_divisions
from histopress.cohort.splitting.settings import (
    CentresProtocol,
    EnsembleProtocol,
    ExternalSettings,
    FixedProtocol,
    PreservedSiteProtocol,
    RotationProtocol,
)
from histopress.cohort.splitting.splits import split_version
from histopress.errors import ConfigError, LeakError, ManifestError

EXTRA = st.lists(
    st.builds(
        Patient,
        st.integers(100, 999),
        st.sampled_from(["no", "yes"]),
        st.sampled_from("ABCDE"),
        st.integers(1, 3),
    ),
    max_size=12,
    unique_by=lambda patient: patient.number,
)
KINDS = pytest.mark.parametrize("kind", PROTOCOLS)
ONCE = ("rotation", "centres", "preserved-site")


@KINDS
@settings(max_examples=15, deadline=None)
@given(extra=EXTRA)
def test_nobody_is_on_two_sides_and_every_side_is_there(kind: str, extra: list[Patient]) -> None:
    manifest = manifest_of([*base(), *extra])
    found = divided(manifest, PROTOCOLS[kind])
    for parts in found:
        own = sides(parts, manifest)
        assert not own["train"] & own["validation"]
        assert not own["train"] & own["test"]
        assert not own["validation"] & own["test"]
        assert all(own.values())
        check_patients({p: {s: manifest.patients[s] for s in getattr(parts, p)} for p in own})
    assert len(found) > (0 if kind.startswith("fixed") else 1)


@KINDS
@settings(max_examples=10, deadline=None)
@given(extra=EXTRA, seed=st.integers(0, 99))
def test_the_order_of_rows_decides_nothing(kind: str, extra: list[Patient], seed: int) -> None:
    manifest = manifest_of([*base(), *extra])
    rows = list(manifest)
    order = np.random.default_rng(seed).permutation(len(rows))
    shuffled = Manifest(tuple(rows[place] for place in order), manifest.columns)
    assert split_of(shuffled, PROTOCOLS[kind]) == split_of(manifest, PROTOCOLS[kind])


@KINDS
@settings(max_examples=15, deadline=None)
@given(extra=EXTRA, gone=st.integers(0, 3))
def test_nobody_moves_when_patients_come_or_go(kind: str, extra: list[Patient], gone: int) -> None:
    first = split_of(manifest_of(base()), PROTOCOLS[kind])
    more = [replace(patient, slides=patient.slides + 1) for patient in base()[gone:]]
    grown = manifest_of([*more, *extra])
    second = split_of(grown, PROTOCOLS[kind], first)
    assert set(first) <= set(second)
    assert labels_of(grown).strata.keys() <= {row.slide_id for row in second}
    assert split_of(grown, PROTOCOLS[kind], second) == second


@KINDS
@settings(max_examples=10, deadline=None)
@given(extra=EXTRA)
def test_the_number_of_divisions_is_known_without_a_split(kind: str, extra: list[Patient]) -> None:
    manifest = manifest_of([*base(), *extra])
    if kind != "table":
        expected = n_divisions(manifest, labels_of(manifest), PROTOCOLS[kind])
        assert len(divided(manifest, PROTOCOLS[kind])) == expected


@pytest.mark.parametrize("kind", ONCE)
@settings(max_examples=15, deadline=None)
@given(extra=EXTRA)
def test_each_patient_is_tested_once_a_repeat(kind: str, extra: list[Patient]) -> None:
    manifest = manifest_of([*base(), *extra])
    protocol = PROTOCOLS[kind]
    found = divided(manifest, protocol)
    repeats = protocol.repeats if isinstance(protocol, RotationProtocol) else 1
    n_folds = len(found) // repeats
    for repeat in range(repeats):
        own = found[repeat * n_folds : (repeat + 1) * n_folds]
        tested = [slide for parts in own for slide in parts.test]
        assert sorted(tested) == sorted(manifest.patients)


def test_the_split_does_not_know_models_or_encoders_and_targets_have_their_own() -> None:
    manifest, protocol = manifest_of(base()), RotationProtocol(folds=3)
    assert split_of(manifest, protocol) == split_of(manifest, protocol)
    assert split_of(manifest, protocol, key=b"other target") != split_of(manifest, protocol)


def test_repeats_divide_anew_and_more_of_them_keep_the_first() -> None:
    manifest = manifest_of(base())
    once = split_of(manifest, RotationProtocol(folds=3))
    thrice = split_of(manifest, RotationProtocol(folds=3, repeats=3), once)
    assert set(once) < set(thrice)
    folds = [[row.fold for row in thrice if row.repeat == repeat] for repeat in range(3)]
    assert folds[0] != folds[1] != folds[2] != folds[0]
    assert len(divisions(thrice, RotationProtocol(folds=3, repeats=2))) == 6
    with pytest.raises(ConfigError, match="no repeat 1"):
        divisions(once, RotationProtocol(folds=3, repeats=2))


def test_an_ensemble_tests_external_patients_with_every_network() -> None:
    manifest = manifest_of(base())
    found = divided(manifest, PROTOCOLS["ensemble"])
    external = {row.slide_id for row in manifest if row.labels["cohort"] == "test"}
    assert [set(parts.test) for parts in found] == [external] * 2
    assert set(found[0].validation) == set(found[1].train)
    assert set(found[0].train) | set(found[0].validation) | external == set(manifest.patients)


def test_a_fold_of_an_ensemble_validates_and_the_others_train() -> None:
    manifest = manifest_of(base())
    protocol = replace(PROTOCOLS["ensemble"], folds=4)  # type: ignore[type-var]
    for parts in divided(manifest, protocol):
        own = sides(parts, manifest)
        assert len(own["train"]) == pytest.approx(3 * len(own["validation"]), abs=4)


def test_external_patients_are_locked() -> None:
    manifest, protocol = manifest_of(base()), PROTOCOLS["ensemble"]
    assert isinstance(protocol, EnsembleProtocol)
    before = split_of(manifest, protocol)
    other = replace(protocol, external=ExternalSettings(column="center", values=("A",)))
    with pytest.raises(LeakError) as caught:
        split_of(manifest, other, before)
    assert "from test to train: 'S009-0', 'S009-1', 'S014-0'" in str(caught.value)
    assert "from train to test: 'S000-0', 'S008-0', 'S012-0'" in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"0 of 48 labelled patients are external .*inner, test"):
        split_of(
            manifest, replace(protocol, external=ExternalSettings(column="cohort", values=("x",)))
        )


def test_a_patient_with_slides_inside_and_outside_is_refused() -> None:
    manifest = manifest_of(base())
    rows = tuple(
        replace(row, labels={**row.labels, "cohort": "test"}) if row.slide_id == "S001-0" else row
        for row in manifest
    )
    with pytest.raises(LeakError, match="'S001-0' is 'test' and 'S001-1' is 'inner'"):
        split_of(Manifest(rows, manifest.columns), PROTOCOLS["ensemble"])


def test_a_centre_is_tested_by_a_model_of_the_others() -> None:
    manifest = manifest_of(base())
    found = divided(manifest, CentresProtocol(folds=3))
    assert [{manifest[s].center for s in parts.test} for parts in found] == [{c} for c in "ABCD"]
    for center, parts in zip("ABCD", found, strict=True):
        assert {manifest[s].center for s in parts.validation} == set("ABCD") - {center}
        assert len(parts.validation) < len(parts.train)


def test_inner_folds_validate_in_turn() -> None:
    manifest, protocol = manifest_of(base()), CentresProtocol(folds=3)
    rows = split_of(manifest, protocol)
    fold_of = {row.slide_id: row.fold for row in rows}
    chosen = [{fold_of[s] for s in parts.validation} for parts in divisions(rows, protocol)]
    assert chosen == [{0}, {1}, {2}, {0}]


def test_a_centre_that_left_leaves_no_division_behind() -> None:
    before = split_of(manifest_of(base()), CentresProtocol(folds=3))
    manifest = manifest_of([patient for patient in base() if patient.center != "B"])
    after = split_of(manifest, CentresProtocol(folds=3), before)
    strata = labels_of(manifest).strata
    found = divisions(after, CentresProtocol(folds=3), strata.keys())
    assert len(found) == n_divisions(manifest, labels_of(manifest), CentresProtocol(folds=3)) == 3


@pytest.mark.parametrize("protocol", [CentresProtocol(folds=3), PreservedSiteProtocol()])
def test_patients_need_one_centre(protocol: CentresProtocol | PreservedSiteProtocol) -> None:
    patients = base()
    patients[1] = replace(patients[1], center="")
    with pytest.raises(
        ManifestError, match=r"2 labelled slides have no centre: 'S001-0', 'S001-1'"
    ):
        split_of(manifest_of(patients), protocol)
    manifest = manifest_of(base())
    rows = tuple(replace(r, center="Z") if r.slide_id == "S001-1" else r for r in manifest)
    with pytest.raises(ManifestError, match=r"several centres, .* 'S001-0', 'S001-1'") as caught:
        split_of(Manifest(rows, manifest.columns), protocol)
    assert "secret" not in str(caught.value)
    moved = tuple(replace(r, center="Z") if r.slide_id[:4] == "S001" else r for r in manifest)
    with pytest.raises(ManifestError, match="'S001-0': is of centre 'Z' now, and 'B' in the split"):
        split_of(Manifest(moved, manifest.columns), protocol, split_of(manifest, protocol))


def test_a_centre_stays_whole_and_new_ones_are_added() -> None:
    protocol = PreservedSiteProtocol(folds=3)
    before = split_of(manifest_of(base()), protocol)
    extra = [Patient(100 + n, "yes", center, 1) for n, center in enumerate("ABCDEF")]
    after = split_of(manifest_of([*base(), *extra]), protocol, before)
    for center in "ABCDEF":
        assert len({row.fold for row in after if row.group == center}) == 1
    assert {row.group for row in after} == set("ABCDEF")


def test_a_fixed_division_is_the_column() -> None:
    manifest = manifest_of(base())
    (parts,) = divided(manifest, FixedProtocol(column="part"))
    word = {"train": "train", "validation": "val", "test": "test"}
    for name, own in word.items():
        expected = {row.slide_id for row in manifest if row.labels["part"] == own}
        assert set(getattr(parts, name)) == expected
    assert NONE not in parts.slides


def test_a_validation_part_is_cut_from_training_class_by_class() -> None:
    manifest = manifest_of(base())
    (parts,) = divided(manifest, FixedProtocol(column="halves", validation_share=0.25))
    expected = {row.slide_id for row in manifest if row.labels["halves"] == "test"}
    assert set(parts.test) == expected
    for label in ("no", "yes"):
        own = [
            {
                manifest.patients[s]
                for s in getattr(parts, name)
                if labels_of(manifest).strata[s] == label
            }
            for name in ("train", "validation")
        ]
        assert len(own[1]) == round(0.25 * len(own[0] | own[1]))
    strata = labels_of(manifest).strata
    drawn = {(manifest.patients[s], strata[s], manifest[s].center) for s in parts.validation}
    assert sorted(cell[1:] for cell in drawn) == [(y, c) for y in ("no", "yes") for c in "ABCD"]


def test_a_cut_goes_on_where_it_stood_and_finds_one_of_two() -> None:
    protocol = FixedProtocol(column="halves", validation_share=0.2)
    patients = [p for p in base(8) if p.part not in ("test", "none")]
    rest = [p for p in base(8) if p.part in ("test", "none")]
    few = [next(p for p in patients if p.label == label) for label in ("no", "yes")]
    few += [next(p for p in patients[::-1] if p.label == label) for label in ("no", "yes")]
    rows = split_of(manifest_of([*few, *rest]), protocol)
    (parts,) = divisions(rows, protocol)
    manifest = manifest_of([*few, *rest])
    assert [len(sides(parts, manifest)[name]) for name in ("train", "validation")] == [2, 2]
    for n in (8, 12, 20, 21, 33, len(patients)):
        manifest = manifest_of({*patients[:n], *few, *rest})
        rows = split_of(manifest, protocol, rows)
    (parts,) = divisions(rows, protocol)
    found = [len(sides(parts, manifest)[name]) for name in ("train", "validation")]
    assert sum(found) == len(patients)
    assert found[1] == pytest.approx(0.2 * len(patients), abs=1)


def test_test_patients_of_a_column_are_locked_both_ways() -> None:
    manifest = manifest_of(base())
    before = split_of(manifest, FixedProtocol(column="part"))

    def change(slide: str, part: str) -> Manifest:
        patient = manifest.patients[slide]
        rows = (
            replace(row, labels={**row.labels, "part": part}) if row.patient_id == patient else row
            for row in manifest
        )
        return Manifest(tuple(rows), manifest.columns)

    for slide, part, told in (
        ("S003-0", "train", "from test to train: 'S003-0', 'S003-1'"),
        ("S003-0", "val", "from test to validation"),
        ("S001-0", "test", "from train to test: 'S001-0', 'S001-1'"),
    ):
        with pytest.raises(LeakError, match=told):
            split_of(change(slide, part), FixedProtocol(column="part"), before)
    with pytest.raises(ConfigError, match="stand in other parts .* 'S003-0', 'S003-1'"):
        split_of(change("S003-0", "none"), FixedProtocol(column="part"), before)
    with pytest.raises(ConfigError, match="'S001-0', 'S001-1'; .*rebalance"):
        split_of(change("S001-0", "val"), FixedProtocol(column="part"), before)


def test_a_new_slide_of_a_test_patient_cannot_be_learned_from() -> None:
    manifest = manifest_of(base())
    before = split_of(manifest, FixedProtocol(column="part"))
    old = manifest["S003-0"]
    new = replace(old, slide_id="new", labels={**old.labels, "part": "train"})
    with pytest.raises(LeakError, match="'new' in train and 'S003-0', 'S003-1' in test") as caught:
        split_of(
            Manifest((*manifest.rows, new), manifest.columns), FixedProtocol(column="part"), before
        )
    assert "secret" not in str(caught.value)


def test_cells_that_name_no_part_are_refused() -> None:
    with pytest.raises(ManifestError, match=r"column 'label' holds 'no', 'yes' for 72 labelled"):
        split_of(manifest_of(base()), FixedProtocol(column="label"))


def test_a_table_is_taken_as_it_is_and_lacking_validation_is_cut() -> None:
    manifest = manifest_of(base())
    first, second = divided(manifest, PROTOCOLS["table"])
    given, cut = table_of(manifest)
    assert first == given
    assert second.test == cut.test
    assert set(second.train) | set(second.validation) == set(cut.train)
    assert second.validation


def test_a_table_that_changed_its_test_set_is_refused() -> None:
    manifest, protocol = manifest_of(base()), PROTOCOLS["table"]
    before = split_of(manifest, protocol)
    table = table_of(manifest)[::-1]
    with pytest.raises(LeakError, match="test patients are locked"):
        make_split(manifest, labels_of(manifest), before, settings=protocol, key=b"k", table=table)
    with pytest.raises(ConfigError, match="the split has 2 divisions, the table 1"):
        make_split(
            manifest, labels_of(manifest), before, settings=protocol, key=b"k", table=table[:1]
        )


@KINDS
def test_permuted_strata_can_be_divided_in_memory(kind: str) -> None:
    manifest = manifest_of(base())
    labels = labels_of(manifest)
    patients = sorted(set(manifest.patients.values()))
    other = dict(
        zip(patients, np.random.default_rng(1).permutation(patients).tolist(), strict=True)
    )
    first = {manifest.patients[slide]: slide for slide in sorted(labels.strata, reverse=True)}
    strata = {s: labels.strata[first[other[manifest.patients[s]]]] for s in labels.strata}
    table = table_of(manifest) if kind == "table" else ()
    rows = make_split(
        manifest,
        replace(labels, strata=strata),
        (),
        settings=PROTOCOLS[kind],
        key=b"k",
        table=table,
    )
    assert {row.slide_id for row in rows} == labels.strata.keys()
    assert split_version(rows) == 1


@pytest.mark.parametrize(
    ("kind", "n", "told"),
    [
        ("rotation", 1, None),
        ("ensemble", 1, None),
        ("rotation", 0, "class 'no' has 2 patients, the protocol has 3 folds"),
        ("centres", 0, "class 'no' has 2 patients"),
    ],
)
def test_too_small_a_cohort_is_told_before_anything_starts(
    kind: str, n: int, told: str | None
) -> None:
    patients = base(n) or [Patient(n, ("no", "yes")[n % 2], "AB"[n % 2]) for n in range(5)][1:]
    manifest = manifest_of(patients)
    if told is None:
        check_protocol(manifest, labels_of(manifest), PROTOCOLS[kind])
    else:
        with pytest.raises(ConfigError, match=told):
            check_protocol(manifest, labels_of(manifest), PROTOCOLS[kind])


def test_a_division_without_a_class_to_learn_is_refused() -> None:
    manifest = manifest_of(base())
    rows = tuple(
        replace(row, labels={**row.labels, "part": "test"})
        if row.labels["label"] == "yes" and row.labels["part"] == "val"
        else row
        for row in manifest
    )
    manifest = Manifest(rows, manifest.columns)
    with pytest.raises(
        ConfigError, match="division 0 of the protocol validation holds no patient of class 'yes'"
    ):
        check_protocol(manifest, labels_of(manifest), FixedProtocol(column="part"))


def test_rows_that_somebody_changed_by_hand_are_checked() -> None:
    manifest, protocol = manifest_of(base()), RotationProtocol(folds=3)
    rows = [
        row._replace(fold=(row.fold + 1) % 3) if row.slide_id == "S001-1" else row
        for row in split_of(manifest, protocol)
    ]
    with pytest.raises(LeakError, match="two sides: 'S001-"):
        check_rows(rows, manifest, labels_of(manifest), settings=protocol)
    with pytest.raises(LeakError, match=r"'S001-0' \(fold .\) and 'S001-1' \(fold .\)"):
        split_of(manifest, protocol, tuple(rows))
