import cv2
import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.listing import ListedPatches
from histopress.patches.settings import CsvSource


@pytest.fixture
def open_table(tmp_path):
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((8, 8, 3), number, np.uint8))

    def make(text):
        (tmp_path / "sub").mkdir(exist_ok=True)
        (tmp_path / "sub" / "list.csv").write_text(text, encoding="utf-8")
        return ListedPatches(CsvSource(kind="csv", path="sub/list.csv"), root=tmp_path)

    return make


def test_rows_are_patches_in_their_order(open_table, tmp_path):
    found = open_table(
        "label,path,slide_id,patient_id,center,part,score\n"
        "a,../2.png,s,p,c,training,1\n"
        "b,../0.png,,,,validation,2\n"
    )
    first, second = found.origins
    assert (first.label, first.slide_id, first.patient_id) == ("a", "s", "p")
    assert (first.center, first.part) == ("c", "training")
    assert (second.slide_id, second.part) == ("", "validation")
    assert [int(found.read(n)[0, 0, 0]) for n in (0, 1)] == [2, 0]
    assert [file.name for file in found.files] == ["list.csv", "2.png", "0.png"]


def test_every_fault_is_told_with_its_row(open_table):
    with pytest.raises(ConfigError) as caught:
        open_table("path,label,part\n../0.png,a,\n../9.png,,test\n\n../0.png,b,\n")
    assert [line[:24] for line in str(caught.value).splitlines()] == [
        "sub/list.csv row 3: 'lab",
        "sub/list.csv row 3: part",
        "sub/list.csv row 3: path",
        "sub/list.csv row 5: path",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\n0.png,a\n", r"no column 'path'; columns found: 'file', 'label'"),
        ("path,label,label\n0.png,a,b\n", r"column 'label' comes 2 times"),
        ("path,label\n0.png,a,b\n", r"row 2: 3 fields, the header has 2"),
        ("path,label\n", r"no rows"),
    ],
)
def test_refuses(open_table, text, message):
    with pytest.raises(ConfigError, match=message):
        open_table(text)
