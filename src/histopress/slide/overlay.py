"""The picture by which a person judges tissue and grid."""

import math
import textwrap
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from jaxtyping import Bool, UInt8
from PIL import Image, ImageDraw, ImageFont

from histopress.slide.geometry import Geometry
from histopress.slide.overview import Overview
from histopress.slide.tiling import Tiling

BLUE = (0, 114, 178)
BLACK = (0, 0, 0)
VERMILION = (213, 94, 0)
"""Of the palette of Okabe and Ito, told apart with any colour vision."""
_INK = (30, 30, 30)
_PAPER = (255, 255, 255)
_MARGIN = 16
_LINE = 26
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FONT_PX = 17
_MIN_WIDTH = 640
_MIN_TILE_PX = 5


def draw_overlay(tiling: Tiling) -> Image.Image:
    """Draw the slide with the outline of its tissue and the grid of its kept tiles.

    Below stand the slide's name, spacings, number of tiles, a legend and a scale bar. Kept
    tiles that would be smaller than 5 px on the picture are drawn as one area. An excluded
    slide shows its pixels, if they can be read, and the reason.

    Returns
    -------
    PIL.Image.Image
        RGB, about 1,400 px on its longest side.
    """
    if tiling.thumbnail is None:
        return _captioned(np.zeros((0, _MIN_WIDTH, 3), np.uint8), tiling, downsample=None)
    thumbnail = _enlarged(tiling.thumbnail)
    canvas = thumbnail.rgb.copy()
    if tiling.mask is not None and tiling.tiles.geometry is not None:
        _draw_tiles(canvas, tiling, tiling.tiles.geometry, thumbnail.downsample)
        _draw_mask(canvas, tiling.mask, thumbnail.downsample / tiling.mask_downsample)
    return _captioned(canvas, tiling, downsample=thumbnail.downsample)


def _enlarged(thumbnail: Overview) -> Overview:
    """Repeat the px of tiny slides until they can be seen."""
    times = max(1, _MIN_WIDTH // max(thumbnail.rgb.shape[:2]))
    rgb = thumbnail.rgb.repeat(times, axis=0).repeat(times, axis=1)
    return Overview(rgb=rgb, downsample=thumbnail.downsample / times)


def _draw_tiles(
    canvas: UInt8[np.ndarray, "h w 3"], tiling: Tiling, geometry: Geometry, downsample: float
) -> None:
    side = geometry.tile_px0 / downsample
    corners = tiling.tiles.coords / downsample
    if side < _MIN_TILE_PX:
        covered = np.zeros(canvas.shape[:2], np.uint8)
        for start, end in _boxes(corners, side):
            cv2.rectangle(covered, start, end, 1, cv2.FILLED)
        _outline(canvas, covered, BLACK, 1)
        return
    for start, end in _boxes(corners, side):
        cv2.rectangle(canvas, start, end, BLACK, 1)


def _boxes(corners: np.ndarray, side: float) -> list[tuple[list[int], list[int]]]:
    starts = np.rint(corners).astype(int).tolist()
    ends = np.rint(corners + side).astype(int).tolist()
    return list(zip(starts, ends, strict=True))


def _draw_mask(
    canvas: UInt8[np.ndarray, "h w 3"], mask: Bool[np.ndarray, "rows columns"], scale: float
) -> None:
    """Outline the mask; ``scale`` is px of the mask to one px of the canvas."""
    rows, columns = (
        np.minimum((np.arange(size) + 0.5) * scale, limit - 1).astype(int)
        for size, limit in zip(canvas.shape[:2], mask.shape, strict=True)
    )
    _outline(canvas, mask[np.ix_(rows, columns)].astype(np.uint8), BLUE, 2)


def _outline(
    canvas: UInt8[np.ndarray, "h w 3"],
    region: UInt8[np.ndarray, "h w"],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    contours, _ = cv2.findContours(region, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, contours, -1, colour, width)


def _captioned(
    canvas: UInt8[np.ndarray, "h w 3"], tiling: Tiling, *, downsample: float | None
) -> Image.Image:
    width = max(canvas.shape[1], _MIN_WIDTH)
    lines = _lines(tiling, width)
    legend = tiling.mask is not None
    height = canvas.shape[0] + 2 * _MARGIN + _LINE * (len(lines) + legend + 1)
    image = Image.new("RGB", (width, height), _PAPER)
    if canvas.size:
        image.paste(Image.fromarray(canvas), ((width - canvas.shape[1]) // 2, 0))
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(_FONT, _FONT_PX)
    y = canvas.shape[0] + _MARGIN
    for line, colour in lines:
        draw.text((_MARGIN, y), line, fill=colour, font=font)
        y += _LINE
    if legend:
        _draw_legend(draw, y, font)
        y += _LINE
    geometry = tiling.tiles.geometry
    if geometry is not None and downsample is not None:
        _draw_bar(draw, y, font, um_per_px=geometry.spacing_um * downsample, width=width)
    return image


def _lines(tiling: Tiling, width: int) -> list[tuple[str, tuple[int, int, int]]]:
    tiles, geometry = tiling.tiles, tiling.tiles.geometry
    lines = [(f"Slide {tiles.slide_id}", _INK)]
    if geometry is not None:
        lines[0] = (f"Slide {tiles.slide_id}  ·  {geometry.width:,} × {geometry.height:,} px", _INK)
        facts = (
            f"{geometry.spacing_um:.4g} µm/px ({geometry.spacing_source}), "
            f"tiles of {geometry.tile_px} px at {geometry.read_um:.4g} µm/px: "
            f"{len(tiles.coords):,} of {tiles.tile_index.size:,} kept"
        )
        lines += [(part, _INK) for part in _wrap(facts, width)]
    if tiles.reason is not None:
        lines += [(part, VERMILION) for part in _wrap(f"Excluded: {tiles.reason}", width)]
    return lines


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(20, int((width - 2 * _MARGIN) / (0.56 * _FONT_PX))))


def _draw_legend(draw: ImageDraw.ImageDraw, y: int, font: ImageFont.FreeTypeFont) -> None:
    x = _MARGIN
    for colour, width, label in ((BLUE, 3, "outline of the tissue"), (BLACK, 1, "kept tile")):
        draw.rectangle((x, y + 3, x + 22, y + 18), outline=colour, width=width)
        draw.text((x + 32, y), label, fill=_INK, font=font)
        x += 32 + int(draw.textlength(label, font=font)) + 40


def _draw_bar(
    draw: ImageDraw.ImageDraw,
    y: int,
    font: ImageFont.FreeTypeFont,
    *,
    um_per_px: float,
    width: int,
) -> None:
    """Draw a bar of a round length near a fifth of the width."""
    length_um = _round_down(um_per_px * width / 4)
    end = _MARGIN + round(length_um / um_per_px)
    draw.rectangle((_MARGIN, y + 8, end, y + 14), fill=_INK)
    label = f"{length_um / 1000:g} mm" if length_um >= 1000 else f"{length_um:g} µm"
    draw.text((end + 12, y), label, fill=_INK, font=font)


def _round_down(value: float) -> float:
    """Round down to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value)
