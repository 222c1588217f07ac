from collections.abc import Callable
from pathlib import Path

import pytest

from histopress.cohort.manifest import Manifest
from histopress.cohort.settings import TargetSettings
from histopress.cohort.splits import SplitRow, extend_split, read_split, write_split
from histopress.cohort.targets import slide_labels
from histopress.errors import ConfigError, LeakError, StoreError

Cohort = Callable[..., Manifest]
TARGET = TargetSettings(column="tumour")


def rows_of(n_patients: int, per_patient: int = 2) -> list[tuple[str, ...]]:
    return [
        (f"S{patient:02}-{k}", f"p{patient}", "yes" if patient % 2 else "no", "north")
        for patient in range(n_patients)
        for k in range(per_patient)
    ]


def extend(manifest: Manifest, before: tuple = (), n_folds: int = 4) -> tuple[SplitRow, ...]:
    labels = slide_labels(manifest, "t", TARGET, seed=1)
    return extend_split(manifest, labels, before, n_folds=n_folds, key=b"k")


def test_slides_of_a_patient_share_a_fold_and_the_file_names_no_patient(
    cohort: Cohort, tmp_path: Path
) -> None:
    manifest = cohort(rows_of(12))
    split = extend(manifest)
    fold_of = {row.slide_id: row.fold for row in split}
    for row in manifest:
        assert fold_of[row.slide_id] == fold_of[f"{row.slide_id[:-1]}0"]
    path = tmp_path / "split.csv"
    write_split(path, split)
    assert read_split(path) == split
    assert path.read_text().startswith("slide_id,fold,stratum\nS00-0,")
    assert "no | north" in path.read_text()
    assert "p1" not in path.read_text()


def test_the_split_does_not_depend_on_the_order_of_rows(cohort: Cohort) -> None:
    assert extend(cohort(rows_of(12)[::-1])) == extend(cohort(rows_of(12)))


def test_growing_appends_and_shrinking_keeps(cohort: Cohort) -> None:
    first = extend(cohort(rows_of(12)))
    grown = extend(cohort(rows_of(20, 3)), first)
    assert set(first) < set(grown)
    fold_of = {row.slide_id: row.fold for row in grown}
    assert all(fold_of[f"S{p:02}-2"] == fold_of[f"S{p:02}-0"] for p in range(20))
    assert extend(cohort(rows_of(8)), grown) == grown
    assert extend(cohort(rows_of(20, 3)), grown) == grown


def test_unlabelled_slides_get_no_fold(cohort: Cohort) -> None:
    split = extend(cohort([*rows_of(12), ("X", "p0", "", "north")]))
    assert "X" not in {row.slide_id for row in split}


def test_a_patient_counts_as_their_positive_class(cohort: Cohort) -> None:
    rows = [(f"S{p}{k}", f"p{p}", label) for p in range(4) for k, label in enumerate(("no", "yes"))]
    assert {row.stratum for row in extend(cohort(rows))} == {"yes"}
    assert sorted({row.fold for row in extend(cohort(rows))}) == [0, 1, 2, 3]


def test_a_class_needs_a_patient_for_every_fold(cohort: Cohort) -> None:
    rows = [(f"S{i}", f"p{i}", "yes" if i < 3 else "no") for i in range(12)]
    message = "target 't': class 'yes' has 3 patients, the protocol has 4 folds"
    with pytest.raises(ConfigError, match=message):
        extend(cohort(rows))
    assert len(extend(cohort(rows), n_folds=3)) == 12


@pytest.mark.parametrize("other", [3, 5])
def test_another_number_of_folds_is_refused(cohort: Cohort, other: int) -> None:
    manifest = cohort(rows_of(12))
    message = f"the split on disk has 4 folds, the protocol asks for {other}; set folds: 4"
    with pytest.raises(ConfigError, match=message):
        extend(manifest, extend(manifest), n_folds=other)


def test_patients_merged_afterwards_are_a_leak(cohort: Cohort) -> None:
    split = extend(cohort(rows_of(12, 1)))
    fold_of = {row.slide_id: row.fold for row in split}
    other = next(slide for slide in fold_of if fold_of[slide] != fold_of["S00-0"])
    rows = [(s, "p0" if s == other else p, label, c) for s, p, label, c in rows_of(12, 1)]
    with pytest.raises(LeakError, match=rf"slides 'S00-0' \(fold .\) and '{other}' \(fold .\)"):
        extend(cohort(rows), split)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slide_id,fold\nA,1\n", "row 2: is not 'slide_id, fold, stratum'"),
        ("slide_id,fold,stratum\nA,1,x\nB,-1,x\n", "row 3: is not"),
        ("slide_id,fold,stratum\nA,1,x\nB", "row 3: is not"),
        ("slide_id,fold,stratum\nA,1,x\nB,2", "row 3: is not"),
        ("slide_id,fold,stratum\nA,1,x,y\n", "row 2: is not"),
        ("slide_id,fold,stratum\nA,1,x\nA,2,x\n", "row 3: slide 'A' stands twice"),
        ("slide_id,fold,stratum\n", "holds no slide"),
        ("", "holds no slide"),
    ],
)
def test_damaged_splits_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "split.csv"
    path.write_text(text)
    with pytest.raises(StoreError, match=message):
        read_split(path)
