from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cohort.divided import Patient, base, labels_of, manifest_of, split_of
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.protocols import make_split
from histopress.cohort.splitting.settings import RotationProtocol
from histopress.cohort.splitting.splits import SplitRow, read_split, split_version, write_split
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError, LeakError, StoreError

Cohort = Callable[..., Manifest]
FOUR = RotationProtocol(folds=4)
HEADER = "slide_id,repeat,group,fold,stratum,version\n"


def test_slides_of_a_patient_share_a_fold_and_the_file_names_no_patient(tmp_path: Path) -> None:
    manifest = manifest_of(base())
    split = split_of(manifest, FOUR)
    fold_of = {row.slide_id: row.fold for row in split}
    for row in manifest:
        assert fold_of[row.slide_id] == fold_of[f"{row.slide_id[:-1]}0"]
    path = tmp_path / "split.csv"
    write_split(path, split[::-1])
    assert read_split(path) == split
    assert path.read_text().startswith(HEADER + "S000-0,0,,")
    assert "no | A,1\n" in path.read_text()
    assert "secret" not in path.read_text()


def test_a_split_comes_back_whole(tmp_path: Path) -> None:
    rows = (
        SplitRow("a", 0, "yes | B", group="train, north", version=3),
        SplitRow("a", 2, "yes | B", repeat=1, version=3),
        SplitRow("b", 1, "no", version=3),
    )
    write_split(tmp_path / "s.csv", rows)
    assert read_split(tmp_path / "s.csv") == rows
    assert split_version(rows) == 3


def test_a_new_slide_follows_its_patient_and_unlabelled_ones_get_no_fold() -> None:
    first = split_of(manifest_of(base()), FOUR)
    more = [Patient(p.number, p.label, p.center, p.slides + 1) for p in base()]
    grown = split_of(manifest_of([*more, Patient(500, "", "A", 2)]), FOUR, first)
    fold_of = {row.slide_id: row.fold for row in grown}
    assert len(grown) == len(first) + 48
    assert all(fold_of[slide] == fold_of[f"{slide[:-1]}0"] for slide in fold_of)
    assert not any(slide.startswith("S500") for slide in fold_of)


def test_a_slide_that_left_finds_its_place_again() -> None:
    whole = manifest_of(base())
    first = split_of(whole, FOUR)
    fewer = split_of(manifest_of(base()[:40]), FOUR, first)
    assert fewer == first
    assert split_of(whole, FOUR, fewer) == first


@pytest.mark.parametrize(
    ("kind", "strata", "classes", "expected"),
    [
        ("classification", ("no", "yes"), ("no", "yes"), "yes"),
        ("classification", ("yes", "no"), ("yes", "no"), "yes"),
        ("survival", ("event", "censored"), (), "event"),
        ("regression", ("quarter 2", "quarter 4"), (), "quarter 4"),
    ],
)
def test_a_patient_whose_slides_differ_counts_as_the_rarer(
    cohort: Cohort, kind: str, strata: tuple[str, ...], classes: tuple[str, ...], expected: str
) -> None:
    manifest = cohort([(f"S{p}{k}", f"p{p}", "") for p in range(12) for k in range(2)])
    labels = Labels(
        target="t",
        kind=kind,  # type: ignore[arg-type]
        level="slide",
        values={},
        left_out={},
        strata={row.slide_id: strata[int(row.slide_id[-1])] for row in manifest},
        classes=classes,
        positive=classes.index("yes") if classes else 0,
    )
    rows = make_split(manifest, labels, (), settings=FOUR, key=b"k")
    assert {row.stratum for row in rows} == {expected}
    assert sorted({row.fold for row in rows}) == [0, 1, 2, 3]


@pytest.mark.parametrize("other", [3, 5])
def test_another_number_of_folds_is_refused(other: int) -> None:
    manifest = manifest_of(base())
    before = split_of(manifest, FOUR)
    message = f"the split on disk has 4 folds, the protocol asks for {other}; set folds: 4"
    with pytest.raises(ConfigError, match=message):
        split_of(manifest, RotationProtocol(folds=other), before)
    with pytest.raises(ConfigError, match=message):
        divisions(before, RotationProtocol(folds=other))


def test_patients_merged_afterwards_are_a_leak() -> None:
    manifest = manifest_of(base())
    split = split_of(manifest, FOUR)
    fold_of = {row.slide_id: row.fold for row in split}
    other = next(slide for slide in fold_of if fold_of[slide] != fold_of["S000-0"])
    owner = manifest.patients[other]
    text = {
        row.slide_id: "secret0" if row.patient_id == owner else row.patient_id for row in manifest
    }
    merged = tuple(replace(row, patient_id=text[row.slide_id]) for row in manifest)
    with pytest.raises(LeakError, match=rf"'S000-0' \(fold .\) and '{other}' \(fold .\)") as caught:
        split_of(Manifest(merged, manifest.columns), FOUR, split)
    assert "secret" not in str(caught.value)


def test_divisions_can_be_kept_to_the_slides_that_have_a_label_now() -> None:
    manifest = manifest_of(base())
    rows = split_of(manifest, FOUR)
    slides = set(labels_of(manifest).strata) - {"S000-0"}
    for parts in divisions(rows, FOUR, slides):
        assert set(parts.slides) == slides


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slide_id,fold,stratum\nA,1,x\n", "row 2: is not 'slide_id, repeat, group, fold"),
        (HEADER + "A,0,,1,x,1\nB,0,,-1,x,1\n", "row 3: is not"),
        (HEADER + "A,0,,1,x,1\nB,zero,,1,x,1\n", "row 3: is not"),
        (HEADER + "A,0,,1,x,0\n", "row 2: is not"),
        (HEADER + "A,0,,1,x,1\nB", "row 3: is not"),
        (HEADER + "A,0,,1,x,1\nB,0,,2,x", "row 3: is not"),
        (HEADER + "A,0,,1,x,1,y\n", "row 2: is not"),
        (HEADER + "A,0,,1,,1\n", "row 2: is not"),
        (HEADER + "A,0,,1,x,1\nA,0,,2,x,1\n", "row 3: slide 'A' stands twice"),
        (HEADER + "A,0,,1,x,1\nB,0,,2,x,2\n", "row 3: is of version 2, the rows above are of 1"),
        (HEADER, "holds no slide"),
        ("", "holds no slide"),
    ],
)
def test_damaged_splits_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "split.csv"
    path.write_text(text)
    with pytest.raises(StoreError, match=message):
        read_split(path)
