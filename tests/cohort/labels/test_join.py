from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort.labels.conftest import make_table
from histopress.cohort.labels.join import join_table, match_slides, without_suffix
from histopress.cohort.labels.tables import LabelTable
from histopress.cohort.labels.units import LABEL_MISSING, NOT_IN_TABLE
from histopress.cohort.labels.values import number_labels
from histopress.errors import LeakError, ManifestError

Make = Callable[..., LabelTable]
PATIENTS = {"a": "p", "b": "p", "c": "q"}


def test_by_slide_with_and_without_suffix(table: Make) -> None:
    join = join_table(table("slide_id grade", ["a.SVS 1", "b 2", "z 3", "- 4"]), PATIENTS)
    assert {slide: [row.number for row in rows] for slide, rows in join.rows.items()} == {
        "a": [2],
        "b": [3],
    }
    assert join.unmatched_slides == ("c",)
    assert join.unmatched_rows == (4, 5)


def test_by_patient_every_slide_gets_the_rows_of_its_patient(table: Make) -> None:
    join = join_table(table("PATIENT grade", ["p 1", "r 2"]), PATIENTS)
    assert join.by == "patient"
    assert set(join.rows) == {"a", "b"}
    assert join.unmatched_slides == ("c",)
    assert join.unmatched_rows == (3,)


def test_by_patient_is_chosen_where_slide_names_are_others(table: Make) -> None:
    clam = table("case_id slide_id label", ["p x1 1", "q x2 2"])
    with pytest.raises(ManifestError, match="the table writes 'x1', the manifest 'a'"):
        join_table(clam, PATIENTS)
    assert set(join_table(clam, PATIENTS, by="patient").rows) == {"a", "b", "c"}


def test_no_match_by_patient_tells_no_patient(table: Make) -> None:
    with pytest.raises(ManifestError) as error:
        join_table(table("PATIENT label", ["secret 1"]), PATIENTS)
    assert "secret" not in str(error.value)
    assert "'PATIENT'" in str(error.value)


def test_a_column_to_join_by_must_be_there(table: Make) -> None:
    with pytest.raises(ManifestError, match="no column that names the slide"):
        join_table(table("PATIENT label", ["p 1"]), PATIENTS, by="slide")


def test_only_endings_of_slide_files_are_taken_off() -> None:
    assert without_suffix("a.ome.tif") == "a"
    assert without_suffix("TCGA-DX1.F6E9-8F8B") == "TCGA-DX1.F6E9-8F8B"
    assert without_suffix(".svs") == ".svs"


def test_an_equal_name_comes_first_and_a_doubtful_one_is_refused() -> None:
    slides = {"a": "p", "a.tif": "q"}
    assert match_slides({"a", "a.tif"}, slides, "t.csv") == {"a": "a", "a.tif": "a.tif"}
    with pytest.raises(ManifestError, match="'a.svs' may be 'a', 'a.tif'"):
        match_slides({"a.svs"}, slides, "t.csv")


def test_a_patient_of_the_table_that_is_two_in_the_manifest_is_refused(table: Make) -> None:
    rows = ["p1 a 0", "p1 c 1", "p2 b 1"]
    with pytest.raises(LeakError, match="'a' and 'c'") as error:
        join_table(table("case_id slide_id label", rows), PATIENTS)
    assert "p1" not in str(error.value)


SLIDES = st.dictionaries(
    st.sampled_from([f"s{k}" for k in range(9)]), st.sampled_from("pqr"), min_size=1
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([f"s{k}{end}" for k in range(9) for end in ("", ".svs")]),
        st.sampled_from(["-", "NA", "1"]),
    ),
    max_size=9,
)


@given(SLIDES, ROWS, st.randoms(use_true_random=False), st.sampled_from(["slide", "patient"]))
def test_order_of_rows_decides_nothing_and_every_slide_is_accounted_for(
    patients: dict[str, str], rows: list[tuple[str, str]], random: object, level: str
) -> None:
    lines = [f"{name} {cell}" for name, cell in rows]
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    lines, shuffled = [f"{min(patients)} 1", *lines], [*shuffled, f"{min(patients)} 1"]
    results = []
    for own in (lines, shuffled):
        join = join_table(make_table("slide_id grade", own), patients)
        results.append(number_labels(join, "grade", level=level))  # type: ignore[arg-type]
    first, second = (one.units for one in results)
    assert (first.ids, first.of_slide, first.left_out) == (
        *(second.ids, second.of_slide, second.left_out),
    )
    assert results[0].values.tolist() == results[1].values.tolist()
    assert sorted([*first.of_slide, *first.left_out]) == sorted(patients)
    assert sum(first.counts.values()) == len(patients)
    assert set(first.left_out.values()) <= {NOT_IN_TABLE, LABEL_MISSING}
    labelled = {name.removesuffix(".svs") for name, cell in rows if cell == "1"} | {min(patients)}
    assert set(first.of_slide) == labelled & set(patients)
