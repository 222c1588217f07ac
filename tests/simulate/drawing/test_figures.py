import numpy as np
import pytest

from histopress.simulate.drawing.figures import (
    CHROMATIN_UM2,
    draw_lookalikes,
    draw_mitoses,
    lay_figures,
)

CYTOPLASM = 0.21
"""Haematoxylin of tumour around a figure."""


def amounts(figures, spacing_um):
    """Haematoxylin of a figure laid on tumour, over a square of 20 µm."""
    return np.array(
        [
            (figure[..., 0] + CYTOPLASM * (1 - figure[..., 2])).sum() * spacing_um**2
            for figure in figures
        ]
    )


def extents(figures, spacing_um):
    """Root mean square distance of the chromatin from its middle in µm."""
    found = []
    for figure in figures:
        dark = np.clip(figure[..., 0] - 0.5, 0, None)
        y, x = (np.indices(dark.shape) - len(dark) // 2) * spacing_um
        weight = dark / dark.sum()
        cx, cy = (weight * x).sum(), (weight * y).sum()
        found.append(np.sqrt((weight * ((x - cx) ** 2 + (y - cy) ** 2)).sum()))
    return np.array(found)


@pytest.mark.parametrize("spacing_um", [0.25, 0.5, 1.0])
def test_mitoses_and_lookalikes_carry_alike_haematoxylin(spacing_um):
    rng = np.random.default_rng(1)
    mitoses = amounts(draw_mitoses(rng, spacing_um), spacing_um).mean()
    lookalikes = amounts(draw_lookalikes(rng, spacing_um), spacing_um).mean()
    assert abs(mitoses - lookalikes) < 0.1 * mitoses
    assert mitoses > CHROMATIN_UM2


@pytest.mark.parametrize("spacing_um", [0.5, 1.0])
def test_shape_tells_mitoses_from_lookalikes(spacing_um):
    rng = np.random.default_rng(1)
    mitoses = extents(draw_mitoses(rng, spacing_um), spacing_um)
    lookalikes = extents(draw_lookalikes(rng, spacing_um), spacing_um)
    auc = (mitoses[:, None] > lookalikes[None, :]).mean()
    # The spread of the chromatin alone tells well: a network that sees all can tell surely.
    assert auc > 0.8


def test_a_figure_is_cut_at_the_edge_and_covers_what_lies_below():
    figure = draw_mitoses(np.random.default_rng(1), 0.5)[0]
    half = len(figure) // 2
    wide = [np.ones((199, 199), np.float32) for _ in range(2)]
    for x, y in ((0, 0), (98, 3), (50, -5), (-40, 50), (130, 130)):
        for plane in wide:
            plane[:] = 1
        lay_figures((wide[0], wide[1]), [figure], [[x + 50, y + 50]])
        narrow = (np.ones((99, 99), np.float32), np.ones((99, 99), np.float32))
        lay_figures(narrow, [figure], [[x, y]])
        for plane, part in zip(wide, narrow, strict=True):
            assert np.array_equal(part, plane[50:149, 50:149])
    lay_figures(narrow, [figure], [[49, 49]])
    middle = figure[half, half]
    assert narrow[0][49, 49] == np.float32(middle[0] + (1 - middle[2]))
