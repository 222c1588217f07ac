import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from histopress.cohort.manifest import Manifest, read_manifest
from histopress.errors import ManifestError

Write = Callable[..., Path]
HEAD = "slide_id,patient_id,path"
SHA = "0123456789abcdef" * 4
NEEDS = {"tumour": "targets.tumour.column"}


def read(path: Path, **options: object) -> Manifest:
    return read_manifest(path, root=path.parent / "root", **options)  # type: ignore[arg-type]


def faults(path: Path, **options: object) -> tuple[str, ...]:
    with pytest.raises(ManifestError) as caught:
        read(path, **options)
    return caught.value.faults


def test_a_full_row_is_read(write: Write) -> None:
    path = write(
        f"{HEAD},center,spacing_um,mask_path,sha256,tumour,age\n"
        f"A,p1,a.svs,north,0.25,b.svs,{SHA.upper()},yes,61\nB,p2,c.svs,,,,,,\n"
    )
    manifest = read(path)
    row = manifest["A"]
    assert (row.slide_id, row.patient_id, row.path, row.center) == ("A", "p1", "a.svs", "north")
    assert (row.spacing_um, row.mask_path, row.sha256) == (0.25, "b.svs", SHA)
    assert row.labels == {"tumour": "yes", "age": "61"}
    bare = manifest["B"]
    assert (bare.center, bare.spacing_um, bare.mask_path, bare.sha256) == (None,) * 4
    assert manifest.patients == {"A": "p1", "B": "p2"}
    assert manifest.column("tumour") == {"A": "yes", "B": ""}
    assert manifest.column("center") == {"A": "north", "B": ""}


@pytest.mark.parametrize("patient", ["case_id", "PATIENT", "patient"])
@pytest.mark.parametrize("slide", ["slide", "wsi", "FILENAME", "sample_id", "filename"])
@pytest.mark.parametrize("place", ["image_path", "slide_path"])
def test_other_tools_names_are_understood(
    write: Write, patient: str, slide: str, place: str
) -> None:
    path = write(f"{patient},{slide},{place},mpp,censorship\np,A,a.svs,0.5,1\n")
    manifest = read(path)
    row = manifest["A"]
    assert (row.patient_id, row.path, row.spacing_um) == ("p", "a.svs", 0.5)
    assert manifest.columns == ("patient_id", "slide_id", "path", "spacing_um", "censorship")
    assert row.labels == {"censorship": "1"}


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        (f"{HEAD},tumour\nA,p,a.svs,yes\n", "slides.csv", "utf-8"),
        (f"{HEAD},tumour\r\nA,p,a.svs,yes\r\n", "slides.csv", "utf-8-sig"),
        (f"\n{HEAD},tumour\n\n,,,\n  A , p,a.svs ,yes\n\n", "slides.csv", "utf-8"),
        ("slide_id;patient_id;path;tumour\nA;p;a.svs;yes\n", "slides.csv", "utf-8-sig"),
        ("sep=;\nslide_id;patient_id;path;tumour\nA;p;a.svs;yes\n", "slides.csv", "utf-8"),
        ("slide_id\tpatient_id\tpath\ttumour\nA\tp\ta.svs\tyes\n", "slides.tsv", "utf-8"),
        (f"{HEAD},tumour,\nA,p,a.svs,yes,\n", "slides.csv", "utf-8"),
        (f'{HEAD},tumour\n"A","p","a.svs","yes"', "slides.csv", "utf-8"),
    ],
    ids=["plain", "bom-crlf", "blank", "semicolon", "sep", "tsv", "trailing", "quoted"],
)
def test_one_table_saved_in_many_ways(write: Write, text: str, name: str, encoding: str) -> None:
    manifest = read(write(text, name, encoding), required_columns=NEEDS)
    assert [row.slide_id for row in manifest] == ["A"]
    assert manifest["A"].path == "a.svs"
    assert manifest.column("tumour") == {"A": "yes"}


LONG = "x" * 101

FAULTS = {
    "empty file": ("", "slides.csv: is empty; the first line names the columns"),
    "no rows": (f"{HEAD}\n", "has a header and no rows; add one row a slide"),
    "missing column": (
        "slide_id,Patient_ID,path\nA,p,a.svs\n",
        (
            "no column 'patient_id', which every manifest needs; rename 'Patient_ID' if it "
            "is meant; columns found: 'slide_id', 'Patient_ID', 'path'"
        ),
    ),
    "one column twice": (
        f"{HEAD},case_id\nA,p,a.svs,p\n",
        "columns 'patient_id' and 'case_id' both mean 'patient_id'; keep one",
    ),
    "same column twice": (f"{HEAD},age,age\nA,p,a.svs,1,2\n", "columns 'age' and 'age' both mean"),
    "values without a column": (
        ",slide_id,patient_id,path\n0,A,p,a.svs\n",
        "column 1 has values and no name; name it or remove it",
    ),
    "fields": (
        f"{HEAD}\nA,p,a.svs\nB,p,b,svs\n",
        "row 3: 4 fields, the header has 3; put values that hold the separator in double quotes",
    ),
    "duplicate id": (
        f"{HEAD}\nA,p,a.svs\nA,q,b.svs\n",
        "row 3, slide 'A': the id stands in row 2 too; give each slide its own id",
    ),
    "id in another case": (
        f"{HEAD}\nAb,p,a.svs\naB,q,b.svs\n",
        "row 3, slide 'aB': the id differs only in case from 'Ab' in row 2; not every file system",
    ),
    "same file": (
        f"{HEAD}\nA,p,a.svs\nB,q,./folder/../a.svs\n",
        "row 3, slide 'B': path './folder/../a.svs' is the file of row 2 (slide 'A') too; remove",
    ),
    "same content": (
        f"{HEAD},sha256\nA,p,a.svs,{SHA}\nB,q,b.svs,{SHA.upper()}\n",
        "row 3, slide 'B': sha256 is that of row 2 (slide 'A'): one content, two names",
    ),
    "slash": (
        f"{HEAD}\nb/1,p,a.svs\n",
        (
            "row 2, slide 'b/1': slide_id 'b/1' cannot stand in a path; allowed are letters a-z, "
            "digits, '.', '_' and '-', the first a letter or a digit, 100 at the most; try 'b-1'"
        ),
    ),
    "accents": (f"{HEAD}\nMüller,p,a.svs\n", "slide_id 'Müller' cannot stand in a path;"),
    "dash": (f"{HEAD}\n-rf,p,a.svs\n", "; try 'rf'"),
    "long id": (f"{HEAD}\n{LONG},p,a.svs\n", "(101 characters) cannot stand in a path"),
    "no id": (f"{HEAD}\n,p,a.svs\n", "row 2: slide_id is empty; give each slide its own id"),
    "no patient": (
        f"{HEAD}\nA,,a.svs\n",
        "row 2, slide 'A': patient_id is empty; without it no split can be trusted",
    ),
    "patient in another case": (
        f"{HEAD}\nA,pat-7,a.svs\nB,Pat-7,b.svs\n",
        "row 3, slide 'B': its patient_id is that of row 2 but for case",
    ),
    "patient in another form of a letter": (
        f"{HEAD}\nA,M\u00fcller,a.svs\nB,Mu\u0308ller,b.svs\n",
        "row 3, slide 'B': its patient_id is that of row 2 but for case or the form of a letter",
    ),
    "no path": (f"{HEAD}\nA,p,\n", "row 2, slide 'A': path is empty; give the slide's file"),
    "missing file": (
        f"{HEAD}\nA,p,e.svs\n",
        "row 2, slide 'A': path 'e.svs': no such file under ",
    ),
    "missing mask": (f"{HEAD},mask_path\nA,p,a.svs,m.png\n", "mask_path 'm.png': no such file"),
    "folder": (f"{HEAD}\nA,p,folder\n", "path 'folder' is a folder; name one file"),
    "braces": (
        f"{HEAD}\nA,p,{{a}}.svs\n",
        "path '{a}.svs' holds '{}'; control characters and braces are not allowed; rename",
    ),
    "control character": (f'{HEAD}\nA,p,"a\nb.svs"\n', r"path 'a\nb.svs' holds '\n'"),
    "outside": (
        f"{HEAD}\nA,p,../outside.svs\n",
        "row 2, slide 'A': path '../outside.svs' leads to ",
    ),
    "spacing word": (
        f"{HEAD},spacing_um\nA,p,a.svs,40x\n",
        "row 2, slide 'A': spacing_um '40x' is not a number; give µm per pixel, 0.05 to 10",
    ),
    "decimal comma": (
        "slide_id;patient_id;path;spacing_um\nA;p;a.svs;0,25\n",
        "spacing_um '0,25' is not a number; write a decimal point; give",
    ),
    "spacing range": (
        f"{HEAD},mpp\nA,p,a.svs,250\n",
        "spacing_um '250' is outside 0.05 to 10 µm per pixel; correct it",
    ),
    "spacing nan": (f"{HEAD},mpp\nA,p,a.svs,nan\n", "spacing_um 'nan' is outside 0.05 to 10"),
    "digest": (
        f"{HEAD},sha256\nA,p,a.svs,abc\n",
        "sha256 'abc' has 3 characters; allowed are 64 hexadecimal digits",
    ),
    "quote": (f'{HEAD}\nA,p,"a.svs\n', "cannot be read as a table"),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_its_message(write: Write, text: str, message: str) -> None:
    found = faults(write(text))
    assert len(found) == 1, found
    assert message in found[0]
    assert "slides.csv" in found[0]


def test_a_target_names_the_column_it_lacks(write: Write) -> None:
    (fault,) = faults(write(f"{HEAD},tumor\nA,p,a.svs,yes\n"), required_columns=NEEDS)
    assert "no column 'tumour', which targets.tumour.column needs; rename 'tumor'" in fault


def test_a_label_column_must_not_be_empty(write: Write) -> None:
    (fault,) = faults(write(f"{HEAD},tumour\nA,p,a.svs,\n"), required_columns=NEEDS)
    assert "column 'tumour', which targets.tumour.column needs, is empty in every row" in fault


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_refused_with_the_way_out(write: Write, encoding: str) -> None:
    (fault,) = faults(write(f"{HEAD},ward\nA,p,a.svs,Mü\n", encoding=encoding))
    assert "is not UTF-8 (byte 0x" in fault
    assert "save it as 'CSV UTF-8'" in fault


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path / "no.csv")
    assert fault.startswith(f"{tmp_path / 'no.csv'}: cannot be read (No such file")
    (fault,) = faults(tmp_path / "slides.xlsx")
    assert "is not a table; allowed are .csv, .tsv and .txt" in fault


def test_all_faults_are_listed_at_once_in_the_order_of_the_file(write: Write) -> None:
    path = write(
        f"{HEAD},spacing_um,sha256\n"
        "a/1,p1,a.svs,0.25,\n"
        "B,,../outside.svs,0,zz\n"
        "B,p3,b.svs,,\n"
        "C,p4\n"
        "D,p5,missing.svs,,\n"
        "E,P5,./b.svs,fast,\n"
    )
    found = faults(path, required_columns=NEEDS)
    expected = [
        "no column 'tumour'",
        "row 2, slide 'a/1': slide_id",
        "row 3, slide 'B': patient_id is empty",
        "row 3, slide 'B': path '../outside.svs' leads to",
        "row 3, slide 'B': spacing_um '0' is outside",
        "row 3, slide 'B': sha256 'zz'",
        "row 4, slide 'B': the id stands in row 3",
        "row 5: 2 fields",
        "row 6, slide 'D': path 'missing.svs': no such file",
        "row 7, slide 'E': spacing_um 'fast'",
        "row 7, slide 'E': its patient_id",
        "row 7, slide 'E': path './b.svs' is the file of row 4",
    ]
    assert len(found) == len(expected), found
    for fault, part in zip(found, expected, strict=True):
        assert part in fault


def test_messages_never_name_a_patient(write: Write) -> None:
    text = f"{HEAD}\nA,secret-7,no.svs\nA,Secret-7,no.svs\n"
    assert not [fault for fault in faults(write(text)) if "ecret" in fault]


def test_missing_files_may_be_left_to_quarantine(write: Write) -> None:
    path = write(f"{HEAD}\nA,p,gone.svs\n")
    assert len(read(path, missing_is_fault=False)) == 1
    assert len(read(path, check_files=False)) == 1
    (fault,) = faults(write(f"{HEAD},mask_path\nA,p,gone.svs,m.png\n"), missing_is_fault=False)
    assert "mask_path 'm.png': no such file" in fault


def test_absolute_paths_are_free_and_relative_ones_stay_inside(
    write: Write, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.svs"
    assert read(write(f"{HEAD}\nA,p,{outside}\n"))["A"].path == str(outside)
    (fault,) = faults(write(f"{HEAD}\nA,p,../outside.svs\n"), check_files=False)
    assert "outside the root" in fault
    assert "give the absolute path" in fault


def test_links_are_followed(write: Write, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "away.svs").symlink_to(tmp_path / "outside.svs")
    (root / "again.svs").symlink_to(root / "a.svs")
    path = write(f"{HEAD}\nA,p,a.svs\nB,q,again.svs\nC,r,away.svs\n")
    found = faults(path)
    assert len(found) == 2
    assert "path 'again.svs' is the file of row 2 (slide 'A') too" in found[0]
    assert "path 'away.svs' leads to" in found[1]
    assert len(read(path, check_files=False)) == 3


def test_an_unknown_slide_or_column_is_named(write: Write) -> None:
    manifest = read(write(f"{HEAD},age\nA,p,a.svs,1\n"))
    with pytest.raises(ManifestError, match="slide 'Z': not in the manifest, which has 1 slides"):
        manifest["Z"]
    with pytest.raises(ManifestError, match="no label column 'grade'; label columns: 'age'"):
        manifest.column("grade")
    with pytest.raises(ManifestError, match="no label column 'patient_id'"):
        manifest.column("patient_id")


def test_reading_needs_no_heavy_import() -> None:
    code = (
        "import sys, histopress.cohort.manifest, histopress.cohort.settings;"
        "print([m for m in ('torch', 'pandas', 'numpy', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_ten_thousand_rows_are_read_quickly(tmp_path: Path) -> None:
    """Every job of a cluster parses the manifest again: 0.15 s measured, 0.5 s allowed."""
    rows = (f"S{i},p{i // 2},s/{i}.svs,c{i % 5},0.25,{i:064x},{i % 2}\n" for i in range(10_000))
    path = tmp_path / "slides.csv"
    path.write_text(f"{HEAD},center,spacing_um,sha256,tumour\n{''.join(rows)}")
    seconds = []
    for _ in range(3):
        start = time.process_time()
        assert len(read(path, check_files=False, required_columns=NEEDS)) == 10_000
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.5
