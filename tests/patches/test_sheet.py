"""Contact sheets."""

import numpy as np
import pytest
from PIL import Image

from histopress.errors import ConfigError
from histopress.patches.sheet import GAP, contact_sheet, stack_sheets, write_sheet


def plain(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def box(sheet: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Top, left, height and width of a colour."""
    rows, columns = np.nonzero((sheet == colour).all(2))
    top, left = rows.min(), columns.min()
    return top, left, rows.max() + 1 - top, columns.max() + 1 - left


RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def test_every_picture_stands_whole_in_its_row_and_column():
    rows = [[plain(10, 20, RED), plain(30, 12, GREEN)], [plain(8, 8, BLUE)]]
    sheet = contact_sheet(rows, row_labels=["a", "b"], column_labels=["x", "y"], title="t", zoom=2)
    red, green, blue = (box(sheet, colour) for colour in (RED, GREEN, BLUE))
    assert [area[2:] for area in (red, green, blue)] == [(20, 40), (60, 24), (16, 16)]
    assert red[0] == green[0] and red[1] == blue[1]
    assert green[1] >= red[1] + 40 + GAP and blue[0] == green[0] + 60 + GAP
    for y, x, height, width in (red, green, blue):
        assert (sheet[y : y + height, x : x + width] == sheet[y, x]).all()


def test_labels_are_written_beside_pictures_not_upon_them():
    rows = [[plain(20, 20, RED)] * 3] * 2
    bare = contact_sheet(rows)
    labelled = contact_sheet(
        rows, row_labels=["epithelium", "a"], column_labels=["reconstructed picture"], title="Title"
    )
    assert ((bare == RED).all(2) | (bare == 255).all(2)).all()
    ink = labelled.max(2) < 120
    _, left, _, _ = box(labelled, RED)
    top = box(labelled, RED)[0]
    assert ink[top:, :left].any() and ink[:top, left:].any()
    assert (labelled == RED).all(2).sum() == (bare == RED).all(2).sum() == 6 * 400


def test_stacked_sheets_are_as_wide_as_the_widest():
    stacked = stack_sheets([plain(4, 9, RED), plain(5, 6, BLUE)])
    assert stacked.shape == (9, 9, 3)
    assert (stacked[4:, 6:] == 255).all() and (stacked[:4] == RED).all()


def test_equal_sheets_are_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        write_sheet(tmp_path / name, contact_sheet([[plain(9, 9, RED)]], title="µ"))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    sheet = np.asarray(Image.open(tmp_path / "a.png"))
    assert box(sheet, RED)[2:] == (9, 9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([], {}, "at least one picture"),
        ([[np.zeros((4, 4, 3))]], {}, "not float64"),
        ([[np.zeros((4, 4), np.uint8)]], {}, r"shape \(4, 4\)"),
        ([[plain(4, 4, RED)]], {"row_labels": ["a", "b"]}, "2 row labels"),
        ([[plain(4, 4, RED)]], {"column_labels": ["a", "b"]}, "2 column labels"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(rows, labels, message):
    with pytest.raises(ConfigError, match=message):
        contact_sheet(rows, **labels)
