"""What an Aperio SVS holds besides its levels: descriptions, thumbnail, label and macro image."""

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from histopress.simulate.pyramid_layout import Layout
from histopress.simulate.pyramid_levels import Level

LIBRARY = "Aperio Image Library v11.2.1"
"""Readers know the format by these words; that the slide is drawn stands behind them."""
ORIGIN = "histopress"
THUMBNAIL_PX = (768, 1024)
"""Largest height and width, as Aperio's."""
LABEL_PX = (463, 387)
MACRO_PX = (431, 1280)
SLIDE_MM = 76.2
"""Length of a glass slide, which the macro image shows from end to end."""
OVERVIEW_PX = 2048
"""Associated images are drawn from the finest level with no longer side."""

JPEG = {"compression": "jpeg", "compressionargs": {"level": 90}, "rowsperstrip": 16}
"""How pictures are kept that are no levels: in strips."""

Picture = UInt8[np.ndarray, "H W 3"]


def objective_power(spacing_um: float) -> int:
    """Magnification that goes with a spacing in µm/px: 40 at 0.25, 20 at 0.5, 10 at 1.

    Examples
    --------
    >>> [objective_power(spacing) for spacing in (0.2525, 0.499, 0.97)]
    [40, 20, 10]
    """
    return max(round(40 / 2 ** round(float(np.log2(spacing_um / 0.25)))), 1)


def describe_level(layout: Layout, halving: int) -> str:
    r"""Text of a level's directory: size, compression, magnification, spacing of level 0.

    Examples
    --------
    >>> layout = Layout(
    ...     shape=(777, 1001), halvings=(0, 2), spacing_um=0.5, tile_px=256, quality=80
    ... )
    >>> for part in describe_level(layout, 2).replace("\r\n", "|").split("|"):
    ...     print(part)
    Aperio Image Library v11.2.1
    1001x777 [0,0 1001x777] (256x256) -> 250x194 JPEG/YCC Q=80
    AppMag = 20
    MPP = 0.5
    ScanScope ID = histopress
    OriginalWidth = 1001
    OriginalHeight = 777
    """
    (height, width), (rows, columns), side = layout.shape, layout.size(halving), layout.tile_px
    reduced = f" -> {columns}x{rows}" if halving else ""
    picture = f"{width}x{height} [0,0 {width}x{height}] ({side}x{side}){reduced}"
    return f"{LIBRARY}\r\n{picture} JPEG/YCC Q={layout.quality}{_facts(layout)}"


def _facts(layout: Layout) -> str:
    """Pairs of key and value, which follow what a directory shows."""
    facts = {
        "AppMag": objective_power(layout.spacing_um),
        "MPP": f"{layout.spacing_um:.9g}",
        "ScanScope ID": ORIGIN,
        "OriginalWidth": layout.shape[1],
        "OriginalHeight": layout.shape[0],
    }
    return "".join(f"|{key} = {value}" for key, value in facts.items())


def aperio_directories(
    layout: Layout, ladder: Sequence[Level], tiles: Iterator[bytes]
) -> Iterator[dict[str, Any]]:
    """Yield the arguments of ``TiffWriter.write`` in the order of an SVS.

    Level 0, thumbnail, further levels, label, macro image. What follows level 0 may be asked for
    when the last of ``tiles`` was taken; one level of the ladder keeps its pixels.
    """
    yield _level(layout, 0, tiles)
    overview = next(level for level in ladder if level.kept).picture()
    yield _thumbnail(layout, overview)
    for halving in layout.halvings[1:]:
        yield _level(layout, halving, ladder[halving].tiles())
    yield _associated("label", draw_label(), 1) | {"compression": "lzw", "predictor": True}
    yield _associated("macro", draw_macro(overview, layout), 9) | JPEG


def _level(layout: Layout, halving: int, tiles: Iterator[bytes]) -> dict[str, Any]:
    """Directory of a level; Aperio calls none of them reduced."""
    return layout.tags(halving) | {"data": tiles, "description": describe_level(layout, halving)}


def _thumbnail(layout: Layout, overview: Picture) -> dict[str, Any]:
    """Directory of the thumbnail, which has no name but its place."""
    image = fit(overview, THUMBNAIL_PX)
    (height, width), (rows, columns) = layout.shape, image.shape[:2]
    text = f"{LIBRARY}\r\n{width}x{height} -> {columns}x{rows} - {_facts(layout)}"
    return {"data": image, "photometric": "rgb", "description": text} | JPEG


def _associated(name: str, image: Picture, subfiletype: int) -> dict[str, Any]:
    """Directory of an image that is known by its name."""
    return {
        "data": image,
        "photometric": "rgb",
        "description": f"{LIBRARY}\r\n{name} {image.shape[1]}x{image.shape[0]}",
        "subfiletype": subfiletype,
    }


def draw_label() -> Picture:
    """Draw an empty label: grey paper with a darker rim, and no name on it."""
    label = np.full((*LABEL_PX, 3), 150, np.uint8)
    label[8:-8, 8:-8] = 205
    return label


def draw_macro(overview: Picture, layout: Layout) -> Picture:
    """Draw the whole glass: the label on the left, the tissue at its true size if it fits."""
    glass = np.median(overview[0], axis=0).astype(np.uint8)
    macro = np.tile(glass, (*MACRO_PX, 1))
    label = fit(draw_label(), (MACRO_PX[0] - 20, MACRO_PX[1]))
    macro[10 : 10 + len(label), 10 : 10 + label.shape[1]] = label
    left = label.shape[1] + 30
    room = (MACRO_PX[0] - 20, MACRO_PX[1] - left - 10)
    per_px = layout.spacing_um / 1000 / SLIDE_MM * MACRO_PX[1]
    rows, columns = (
        min(most, round(n * per_px)) for most, n in zip(room, layout.shape, strict=True)
    )
    tissue = fit(overview, (max(rows, 1), max(columns, 1)))
    top = (MACRO_PX[0] - len(tissue)) // 2
    left += (room[1] - tissue.shape[1]) // 2
    macro[top : top + len(tissue), left : left + tissue.shape[1]] = tissue
    return macro


def fit(image: Picture, most: tuple[int, int]) -> Picture:
    """Scale a picture down into ``most`` rows and columns; a smaller one stays as it is.

    Examples
    --------
    >>> fit(np.zeros((100, 400, 3), np.uint8), (50, 100)).shape
    (25, 100, 3)
    """
    rows, columns = image.shape[:2]
    scale = min(most[0] / rows, most[1] / columns, 1)
    size = max(round(columns * scale), 1), max(round(rows * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
