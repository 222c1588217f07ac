"""Slides to test with: real ones where the data is, pyramids written on the spot elsewhere."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import tifffile


@pytest.fixture(scope="session")
def slides(data) -> Path:
    """Folder of real slides."""
    return data / "slides"


@pytest.fixture(scope="session")
def write_pyramid() -> Callable[..., Path]:
    """Write levels as a lossless tiled TIFF that OpenSlide opens as one slide."""

    def write(path: Path, levels: Sequence[np.ndarray], spacing_um: float | None = None) -> Path:
        with tifffile.TiffWriter(path) as file:
            for index, level in enumerate(levels):
                options = {}
                if spacing_um is not None:
                    scale = levels[0].shape[1] / level.shape[1]
                    per_cm = 10_000 / (spacing_um * scale)
                    options = {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER"}
                file.write(
                    level,
                    tile=(256, 256),
                    photometric="rgb",
                    compression="deflate",
                    subfiletype=1 if index else 0,
                    metadata=None,
                    **options,
                )
        return path

    return write


@pytest.fixture(scope="session")
def stained() -> Callable[..., np.ndarray]:
    """Glass with a stained disc; texture differs from px to px."""

    def paint(height: int, width: int, *, radius: float, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        rgb = np.full((height, width, 3), 242, np.int16)
        y, x = np.ogrid[:height, :width]
        disc = (y - height / 2) ** 2 + (x - width / 2) ** 2 < radius**2
        rgb[disc] = (205, 120, 170)
        rgb[disc] += rng.integers(-40, 41, (int(disc.sum()), 3), dtype=np.int16)
        return rgb.clip(0, 255).astype(np.uint8)

    return paint
