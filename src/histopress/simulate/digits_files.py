"""Files of the digits set: pictures, and the rows of their manifest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8

from histopress.simulate.digits import DigitsImage
from histopress.simulate.digits_bank import Part
from histopress.simulate.digits_layout import Rectangle
from histopress.simulate.digits_settings import DigitsSettings
from histopress.simulate.pyramid import write_pyramid

_RECTANGLE_COLUMNS = ("label", "digits", "x_px", "y_px", "long_px", "angle_deg")
MANIFEST_COLUMNS = (
    *("slide_id", "patient_id", "path", "part", "label"),
    *(f"tilted_{name}" for name in _RECTANGLE_COLUMNS[1:]),
    *(f"upright_{name}" for name in _RECTANGLE_COLUMNS),
)
BAND_PX = 256
"""Rows of a TIFF that are coloured at a time."""


def slide_id(part: Part, index: int) -> str:
    """Name an image.

    Examples
    --------
    >>> slide_id("train", 7)
    'digits-train-000007'
    """
    return f"digits-{part}-{index:06d}"


def manifest_row(drawn: DigitsImage, *, part: Part, index: int, path: str) -> dict[str, Any]:
    """Row of the manifest with :data:`MANIFEST_COLUMNS`; each image is a patient of its own."""
    found: dict[str, Any] = {
        "slide_id": slide_id(part, index),
        "patient_id": f"P-{part}-{index:06d}",
        "path": path,
        "part": part,
        "label": drawn.label,
        "upright_label": drawn.upright_label,
    }
    for name in ("tilted", "upright"):
        rectangle: Rectangle = getattr(drawn, name)
        found |= {
            f"{name}_digits": drawn.count_inside(rectangle),
            f"{name}_x_px": rectangle.x,
            f"{name}_y_px": rectangle.y,
            f"{name}_long_px": rectangle.long_px,
            f"{name}_angle_deg": rectangle.angle_deg,
        }
    return found


def write_png(path: Path, image: UInt8[np.ndarray, "H W"]) -> None:
    """Write a grey picture without loss."""
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def write_tiff(path: Path, image: UInt8[np.ndarray, "H W"], settings: DigitsSettings) -> None:
    """Write a pyramidal TIFF in the colours of H&E.

    Black becomes ``background_rgb``, white ``ink_rgb``, what is between them a mixture: a tissue
    finder that looks for stain then takes the whole image.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    image : uint8 ndarray (H, W)
    settings : DigitsSettings
        Colours, spacing and JPEG quality.
    """
    write_pyramid(
        path,
        _coloured(image, settings),
        shape=(image.shape[0], image.shape[1]),
        spacing_um=settings.spacing_um,
        quality=settings.quality,
    )


def _coloured(
    image: UInt8[np.ndarray, "H W"], settings: DigitsSettings
) -> Iterator[UInt8[np.ndarray, "rows W 3"]]:
    """Yield rows of the image in colour."""
    ends = np.array([settings.background_rgb, settings.ink_rgb], float)
    grey = np.arange(256)[:, None] / 255
    table = np.rint(ends[0] + grey * (ends[1] - ends[0])).astype(np.uint8)
    for top in range(0, len(image), BAND_PX):
        yield table[image[top : top + BAND_PX]]
