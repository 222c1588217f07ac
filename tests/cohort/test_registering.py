import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.manifest import read_manifest
from histopress.cohort.registering import with_digests

A, B = "a" * 64, "b" * 64
HEADER = "slide_id,patient_id,path"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{HEADER}\n1,p,1.svs\n2,q,2.svs\n", f"{HEADER},sha256\n1,p,1.svs,{A}\n2,q,2.svs,{B}\n"),
        (
            f"{HEADER}\r\n1,p,1.svs\r\n2,q,2.svs",
            f"{HEADER},sha256\r\n1,p,1.svs,{A}\r\n2,q,2.svs,{B}",
        ),
        (
            f"\ufeff{HEADER}\n1,p,1.svs\n2,q,2.svs\n",
            f"\ufeff{HEADER},sha256\n1,p,1.svs,{A}\n2,q,2.svs,{B}\n",
        ),
        (
            f'{HEADER},sha256,x\n1,p,1.svs,,7\n2,q,2.svs,"",8\n',
            f"{HEADER},sha256,x\n1,p,1.svs,{A},7\n2,q,2.svs,{B},8\n",
        ),
        (
            f"sha256,{HEADER}\n,1,p,1.svs\n ,2,q,2.svs\n",
            f"sha256,{HEADER}\n{A},1,p,1.svs\n{B},2,q,2.svs\n",
        ),
        (
            'slide_id,"patient_id",path\n1,"p,""x""",1.svs\n2,q,"2\n.svs"\n',
            f'slide_id,"patient_id",path,sha256\n1,"p,""x""",1.svs,{A}\n2,q,"2\n.svs",{B}\n',
        ),
    ],
    ids=["plain", "no last line end", "mark", "in the middle", "first", "quoted"],
)
def test_every_other_byte_stays(before, after):
    assert with_digests(before.encode(), Path("s.csv"), {2: A, 3: B}) == after.encode()


@pytest.mark.parametrize(("name", "separator"), [("s.csv", ";"), ("s.tsv", "\t"), ("s.csv", "\t")])
def test_the_table_keeps_its_separator(name, separator):
    before = f"slide_id{separator}patient_id{separator}path\n1{separator}p{separator}a,b.svs\n"
    found = with_digests(before.encode(), Path(name), {2: A}).decode()
    assert found == before.replace("path\n", f"path{separator}sha256\n").replace(
        "b.svs\n", f"b.svs{separator}{A}\n"
    )


def test_blank_rows_and_the_hint_of_a_spreadsheet_stay(tmp_path):
    text = "sep=;\r\n\r\nslide_id;patient_id;path\r\n1;p;1.svs\r\n;;\r\n2;q;2.svs\r\n"
    place = tmp_path / "s.csv"
    place.write_bytes(text.encode())
    manifest = read_manifest(place, root=tmp_path, check_files=False)
    numbers = {row.slide_id: row.number for row in manifest}
    found = with_digests(place.read_bytes(), place, {numbers["1"]: A, numbers["2"]: B}).decode()
    assert found == (
        f"sep=;\r\n\r\nslide_id;patient_id;path;sha256\r\n1;p;1.svs;{A}\r\n;;\r\n2;q;2.svs;{B}\r\n"
    )


def test_a_row_without_a_digest_gets_an_empty_cell():
    found = with_digests(b"slide_id,path\n1,a\n2,b\n", Path("s.csv"), {3: B})
    assert found == f"slide_id,path,sha256\n1,a,\n2,b,{B}\n".encode()


CELLS = st.text(st.sampled_from('ab ,;"\n\t'), max_size=6)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    has_column=st.booleans(),
)
def test_only_the_digests_are_new_to_a_reader(rows, quoting, end, has_column):
    header = ["slide_id", "x", "y", *(["sha256"] if has_column else [])]
    table = [header, *([f"s{n}", *row, *([""] if has_column else [])]
                      for n, row in enumerate(rows))]  # fmt: skip
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(table)
    digests = {number: f"{number:064}" for number in range(2, len(table) + 1, 2)}
    found = with_digests(text.getvalue().encode(), Path("s.csv"), digests).decode()
    read = list(csv.reader(io.StringIO(found, newline=""), strict=True))
    wanted = [[*row[:3], digests.get(number, "")] for number, row in enumerate(table, 1)]
    assert read == [[*header[:3], "sha256"], *wanted[1:]]
