"""Contact sheets: rows of small pictures with labels."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from histopress.errors import ConfigError
from histopress.store import atomic

Picture = UInt8[np.ndarray, "h w 3"]

GAP = 6
MARGIN = 14
_INK = (30, 30, 30)
_PAPER = 255
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FONT_PX = 14
_TITLE_PX = 17
_LINE = 22


def contact_sheet(
    rows: Sequence[Sequence[Picture]],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    title: str = "",
    zoom: int = 1,
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay pictures out in rows and columns.

    Equal inputs give equal pixels with one version of the font and of Pillow.

    Parameters
    ----------
    rows : sequence of sequences of uint8 ndarray (h, w, 3)
        RGB pictures. Rows may differ in length and pictures in size: a column is as wide as its
        widest picture, a row as high as its highest.
    row_labels : sequence of str
        One a row, to its left; none leaves the place to the pictures.
    column_labels : sequence of str
        At most one a column, above it; a column is at least as wide as its label.
    title : str
        Above all; empty for none.
    zoom : int
        Each px becomes a square of this side; nothing is interpolated.

    Raises
    ------
    ConfigError
        There is no picture, a picture is not uint8 RGB, or labels do not fit rows or columns.
    """
    _check(rows, row_labels, column_labels)
    enlarged = [[p.repeat(zoom, axis=0).repeat(zoom, axis=1) for p in row] for row in rows]
    widths = _column_widths(enlarged, column_labels)
    heights = [max((len(picture) for picture in row), default=_LINE) for row in enlarged]
    left = MARGIN + (_width(row_labels) + 2 * GAP if row_labels else 0)
    top = MARGIN + (_LINE + GAP) * bool(title) + _LINE * bool(column_labels)
    across = left + np.cumsum([0, *widths]) + GAP * np.arange(len(widths) + 1)
    down = top + np.cumsum([0, *heights]) + GAP * np.arange(len(heights) + 1)
    right = max(int(across[-1]) - GAP, MARGIN + _width([title], _TITLE_PX))
    sheet = np.full((int(down[-1]) - GAP + MARGIN, right + MARGIN, 3), _PAPER, np.uint8)
    for row, y in zip(enlarged, down, strict=False):
        for picture, x in zip(row, across, strict=False):
            sheet[y : y + len(picture), x : x + picture.shape[1]] = picture
    image = Image.fromarray(sheet)
    draw = ImageDraw.Draw(image)
    draw.text((MARGIN, MARGIN), title, fill=_INK, font=_font(_TITLE_PX))
    for label, x in zip(column_labels, across, strict=False):
        draw.text((x, top - 4), label, fill=_INK, font=_font(), anchor="ls")
    for label, y, height in zip(row_labels, down, heights, strict=False):
        draw.text((MARGIN, y + height // 2), label, fill=_INK, font=_font(), anchor="lm")
    return np.asarray(image)


def stack_sheets(
    sheets: Sequence[UInt8[np.ndarray, "height width 3"]],
) -> UInt8[np.ndarray, "height width 3"]:
    """Lay sheets below each other; narrower ones get paper on their right."""
    width = max(sheet.shape[1] for sheet in sheets)
    padded = [
        np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), constant_values=_PAPER)
        for sheet in sheets
    ]
    return np.concatenate(padded)


def write_sheet(path: Path, sheet: UInt8[np.ndarray, "height width 3"]) -> None:
    """Write a sheet as PNG, whole or not at all; equal sheets give equal bytes."""
    with atomic(path) as temporary:
        Image.fromarray(sheet).save(temporary, format="PNG")


def _check(
    rows: Sequence[Sequence[Picture]], row_labels: Sequence[str], column_labels: Sequence[str]
) -> None:
    if not _longest(rows):
        raise ConfigError("a contact sheet needs at least one picture")
    for picture in (picture for row in rows for picture in row):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ConfigError(
                f"a contact sheet takes uint8 pictures (h, w, 3), not {picture.dtype} of shape "
                f"{picture.shape}"
            )
    if (row_labels and len(row_labels) != len(rows)) or len(column_labels) > _longest(rows):
        raise ConfigError(
            f"a contact sheet of {len(rows)} rows and {_longest(rows)} columns cannot take "
            f"{len(row_labels)} row labels and {len(column_labels)} column labels"
        )


def _longest(rows: Sequence[Sequence[Picture]]) -> int:
    return max((len(row) for row in rows), default=0)


def _column_widths(rows: Sequence[Sequence[Picture]], column_labels: Sequence[str]) -> list[int]:
    widths = [_width(column_labels[place : place + 1]) for place in range(_longest(rows))]
    for row in rows:
        for place, picture in enumerate(row):
            widths[place] = max(widths[place], picture.shape[1])
    return widths


def _width(labels: Sequence[str], size: int = _FONT_PX) -> int:
    return max((int(np.ceil(_font(size).getlength(label))) for label in labels), default=0)


@cache
def _font(size: int = _FONT_PX) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)
