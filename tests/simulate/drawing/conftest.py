"""Hand-made class maps, and canvases on them."""

from collections.abc import Callable

import numpy as np
import pytest

from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.bands import draw_bands
from histopress.simulate.drawing.canvas import Canvas, cell_pixels
from histopress.simulate.drawing.cells import Dark
from histopress.simulate.drawing.stain import REFERENCE, Stain

CANVAS_ROOT = 5


@pytest.fixture(scope="session")
def stain() -> Stain:
    return Stain(density=REFERENCE.astype(np.float32), white=np.full(3, 244, np.float32))


@pytest.fixture(scope="session")
def make_canvas(stain) -> Callable[..., Canvas]:
    """Make a canvas of a class map; one tissue fills a square of ``cells``."""

    def make(classes, *, cells=32, glands=(), spacing_um=0.5, noise=0.0, dark=None, **more):
        if isinstance(classes, Tissue):
            classes = np.full((cells, cells), classes, np.uint8)
        return Canvas(
            Anatomy(classes=classes, glands=np.array(glands, float).reshape(-1, 5)),
            stain,
            size_px=len(classes) * cell_pixels(spacing_um),
            spacing_um=spacing_um,
            noise=noise,
            root=CANVAS_ROOT,
            dark=dark or Dark(),
            **more,
        )

    return make


@pytest.fixture(scope="session")
def motley() -> np.ndarray:
    """A class map of 48 × 48 cells with a disc of every tissue."""
    classes = np.full((48, 48), Tissue.STROMA, np.uint8)
    rows, cols = np.mgrid[:48, :48]
    kinds = [kind for kind in Tissue if kind not in (Tissue.GLASS, Tissue.GLAND)]
    for number, kind in enumerate([*kinds, Tissue.TUMOUR, Tissue.FAT]):
        row, col = 6 + 12 * (number // 4), 6 + 12 * (number % 4)
        classes[np.hypot(rows - row, cols - col) < 6.5] = kind
    classes[:2], classes[:, -2:] = Tissue.GLASS, Tissue.GLASS
    return classes


@pytest.fixture(scope="session")
def paint() -> Callable[[Canvas], np.ndarray]:
    return lambda canvas: np.concatenate(list(draw_bands(canvas)))
