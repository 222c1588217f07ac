from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.splitting.clam import read_clam_split, write_clam_split
from histopress.cohort.splitting.fold_parts import folds_of_parts, parts_of_folds, same_rotation
from histopress.cohort.splitting.parts import Parts, make_parts, match_parts
from histopress.cohort.splitting.patho_bench import read_patho_bench_split, write_patho_bench_split
from histopress.cohort.splitting.splits import SplitRow
from histopress.errors import LeakError, ManifestError

Write = Callable[..., Path]
PARTS = Parts(train=("a", "b", "c"), validation=("d",), test=("e", "f"))
SLIDE = st.text("abcXYZ019._-", min_size=1, max_size=6).filter(str.isalnum)
DIVISIONS = st.dictionaries(SLIDE, st.sampled_from(["train", "validation", "test"]), min_size=1)


def test_the_list_of_clam(write: Write) -> None:
    assert read_clam_split(write(",train,val,test\n0,b,d,f\n1,c,,e\n2,a,,\n")) == PARTS
    assert read_clam_split(write("train,val,test\nb,d,f\nc,,e\na,,\n")) == PARTS


def test_the_boolean_form_of_clam(write: Write) -> None:
    rows = [f"{s},True,False,False" for s in "abc"] + ["d,FALSE,TRUE,FALSE"]
    rows += [f"{s},False,False,True" for s in "fe"]
    assert read_clam_split(write("\n".join([",train,val,test", *rows]))) == PARTS


@pytest.mark.parametrize("boolean", [False, True])
def test_clam_tables_are_written_as_clam_writes_them(tmp_path: Path, boolean: bool) -> None:
    path = tmp_path / "splits_0.csv"
    write_clam_split(path, PARTS, boolean=boolean)
    lines = path.read_text().splitlines()
    assert lines[:2] == [",train,val,test", "a,True,False,False" if boolean else "0,a,d,e"]
    assert lines[-1] == ("f,False,False,True" if boolean else "2,c,,")


@given(places=DIVISIONS, boolean=st.booleans())
def test_clam_tables_come_back(
    tmp_path_factory: pytest.TempPathFactory, places: dict[str, str], boolean: bool
) -> None:
    parts = make_parts(places.items(), "t")
    path = tmp_path_factory.mktemp("s") / "splits_0.csv"
    write_clam_split(path, parts, boolean=boolean)
    assert read_clam_split(path) == parts


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("slide,fold\na,0\n", ManifestError, "is no split table of CLAM"),
        (",train,val,test\nnormal,211,36,34\ntumour,89,15,15\n", ManifestError, "counts"),
        (",train,val,test\n0,a,a,b\n", LeakError, "'a' in several of"),
        (",train,val,test\na,True,False,True\n", LeakError, "'a' in several of"),
        (
            ",train,val,test\na,True,False,False\nb,False,False,False\n",
            ManifestError,
            "'b' in none",
        ),
        (",train,val,test\n0,a,b,c\n1,a,,\n", ManifestError, "'a' more than once"),
        (",train,val,test\n0,a\n", ManifestError, "row 2: 2 fields"),
        (",train,val,test\n0,,,\n", ManifestError, "names no slide"),
    ],
)
def test_clam_tables_that_cannot_be_trusted_are_refused(
    write: Write, text: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        read_clam_split(write(text))


def test_the_table_of_camelyon16(data: Path) -> None:
    parts = read_clam_split(data / "tables" / "camelyon16_fold0.csv")
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [216, 54, 129]
    assert sum(name.startswith("tumor") for name in parts.train) == 89
    assert all(name.startswith("test") for name in parts.test)


def test_parts_match_the_manifest_and_tell_what_did_not() -> None:
    parts = Parts(train=("a.svs", "z"), validation=(), test=("b",))
    found = match_parts(parts, {"a": "p", "b.tif": "q", "c": "r"}, where="s.csv")
    assert found.parts == Parts(train=("a",), validation=(), test=("b.tif",))
    assert (found.unknown, found.absent) == (("z",), ("c",))


def test_a_patient_on_two_sides_is_refused_by_the_names_of_slides() -> None:
    parts = Parts(train=("a",), validation=("d",), test=("b",))
    with pytest.raises(LeakError, match="'a' in train and 'b' in test") as error:
        match_parts(parts, {"a": "secret", "b": "secret", "d": "r"}, where="s.csv")
    assert "secret" not in str(error.value)


def test_one_slide_by_two_names_on_two_sides_is_refused() -> None:
    parts = Parts(train=("a",), validation=(), test=("a.svs",))
    with pytest.raises(LeakError, match="'a' in several of"):
        match_parts(parts, {"a": "p"}, where="s.csv")


def test_a_table_of_other_slides_is_refused() -> None:
    with pytest.raises(ManifestError, match="none of 6 slides is in the manifest"):
        match_parts(PARTS, {"x": "p"}, where="s.csv")


@given(st.dictionaries(SLIDE, st.integers(0, 4), min_size=1), st.integers(5, 6))
def test_folds_become_divisions_and_come_back(folds: dict[str, int], n_folds: int) -> None:
    rows = tuple(sorted(SplitRow(slide, fold, "x") for slide, fold in folds.items()))
    divisions = parts_of_folds(rows, n_folds)
    assert all(parts.slides == tuple(sorted(folds)) for parts in divisions)
    patients = {slide: f"p{fold}" for slide, fold in folds.items()}
    back = folds_of_parts(divisions, patients, stratum="x")
    assert back == rows
    assert same_rotation(divisions, back)


def test_divisions_that_validate_otherwise_are_told() -> None:
    slides = "abc"
    divisions = [
        Parts(train=tuple(sorted(set(slides) - {own})), validation=(), test=(own,))
        for own in slides
    ]
    rows = folds_of_parts(divisions, {s: s for s in slides})
    assert [(row.slide_id, row.fold, row.stratum) for row in rows] == [
        *(("a", 0, "imported"), ("b", 1, "imported"), ("c", 2, "imported")),
    ]
    assert not same_rotation(divisions, rows)


def test_repeated_random_divisions_are_no_folds() -> None:
    twice = [PARTS, Parts(train=("b", "c"), validation=("d", "e"), test=("a", "f"))]
    with pytest.raises(ManifestError, match="4 of 6 slides are not tested exactly once"):
        folds_of_parts(twice, {slide: slide for slide in "abcdef"})


def test_a_patient_in_two_folds_is_refused() -> None:
    divisions = [
        Parts(train=("b",), validation=(), test=("a",)),
        Parts(train=("a",), validation=(), test=("b",)),
    ]
    with pytest.raises(LeakError, match="'a' in fold 0 and 'b' in fold 1"):
        folds_of_parts(divisions, {"a": "p", "b": "p"})


PATHO = "case_id\tslide_id\tBAP1\tfold_0\tfold_1\nC1\ta\t0\ttrain\ttest\nC2\tb\t1\ttest\ttrain\n"


def test_patho_bench_has_one_division_a_column(write: Write) -> None:
    first, second = read_patho_bench_split(write(PATHO, "k=all.tsv"))
    assert first == Parts(train=("a",), validation=(), test=("b",))
    assert second == Parts(train=("b",), validation=(), test=("a",))


@given(st.lists(DIVISIONS, min_size=1, max_size=3), st.sampled_from(["k=all.tsv", "k.csv"]))
def test_patho_bench_comes_back(
    tmp_path_factory: pytest.TempPathFactory, places: list[dict[str, str]], name: str
) -> None:
    divisions = [make_parts(own.items(), "t") for own in places]
    slides = {slide for parts in divisions for slide in parts.slides}
    path = tmp_path_factory.mktemp("s") / name
    cases, labels = {s: f"case {s}" for s in slides}, dict.fromkeys(slides, 'a\tb,"c"')
    write_patho_bench_split(path, divisions, cases=cases, labels=labels, task="BAP1")
    assert read_patho_bench_split(path) == tuple(divisions)


def test_patho_bench_is_written_as_its_reader_expects(tmp_path: Path) -> None:
    path = tmp_path / "k=all.tsv"
    divisions = [PARTS]
    cases = {slide: f"C{slide}" for slide in "abcdef"}
    write_patho_bench_split(
        path, divisions, cases=cases, labels=dict.fromkeys("abcdef", "1"), task="BAP1"
    )
    assert path.read_text().splitlines()[:2] == [
        "case_id\tslide_id\tBAP1\tfold_0",
        "Ca\ta\t1\ttrain",
    ]
    assert path.read_text().splitlines()[4] == "Cd\td\t1\tval"
    with pytest.raises(ManifestError, match="slide 'f' lacks case or label"):
        del cases["f"]
        write_patho_bench_split(path, divisions, cases=cases, labels=cases, task="BAP1")
    with pytest.raises(ManifestError, match="task is named 'slide_id'"):
        cases["f"] = "Cf"
        write_patho_bench_split(path, divisions, cases=cases, labels=cases, task="slide_id")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PATHO.replace("fold_1", "fold_2"), "without a gap"),
        (PATHO.replace("fold_", "part_"), "is no split table of Patho-Bench"),
        (PATHO.replace("slide_id", "wsi"), "is no split table of Patho-Bench"),
        (PATHO.replace("test\ttrain", "dev\ttrain"), "row 3, column 'fold_0': 'dev' is no part"),
    ],
)
def test_patho_bench_tables_that_cannot_be_trusted_are_refused(
    write: Write, text: str, told: str
) -> None:
    with pytest.raises(ManifestError, match=told):
        read_patho_bench_split(write(text, "k=all.tsv"))


def test_a_slide_on_two_sides_in_patho_bench_is_refused(write: Write) -> None:
    with pytest.raises(LeakError, match="fold_0: slide 'a' in several of"):
        read_patho_bench_split(write(PATHO + "C1\ta\t0\ttest\ttest\n", "k=all.tsv"))
