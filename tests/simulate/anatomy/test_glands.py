import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from histopress.simulate.anatomy.glands import place_glands, rasterise
from histopress.simulate.anatomy.tissue import Tissue


@given(st.integers(0, 1000), st.integers(0, 5))
def test_cells_whose_middle_lies_in_an_ellipse_are_marked(seed, count):
    rng = np.random.default_rng(seed)
    ellipses = np.column_stack(
        [
            rng.uniform(-3, 25, (count, 2)),
            rng.uniform(0.5, 6, count),
            rng.uniform(0.4, 2.5, count),
            rng.uniform(0, np.pi, count),
        ]
    )
    rows, cols = np.mgrid[:20, :22] + 0.5
    expected = np.zeros((20, 22), bool)
    for x, y, radius, ratio, angle in ellipses:
        place = (cols - x + 1j * (rows - y)) * np.exp(-1j * angle)
        expected |= (place.real / ratio) ** 2 + (place.imag * ratio) ** 2 <= radius**2
    assert np.array_equal(rasterise(ellipses, (20, 22)), expected)


def test_glands_lie_whole_where_they_may_and_first_where_they_are_pulled():
    allowed = np.zeros((200, 200), bool)
    allowed[20:150, 30:180] = True
    layer = np.linspace(-1, 1, 200, dtype=np.float32)[:, None].repeat(200, 1)
    options = {"count": 2000, "layer": layer}
    glands = place_glands(np.random.default_rng(0), allowed, pull=50.0, **options)
    cells = rasterise(glands, allowed.shape)
    assert allowed[cells].all()
    assert 0.9 * 2000 < cells.sum() < 1.05 * 2000
    assert np.nonzero(cells)[0].min() > 80
    free = place_glands(np.random.default_rng(0), allowed, pull=0.0, **options)
    assert free[:, 1].min() < 60


def test_maps_mark_the_glands_that_are_listed(grow):
    for organ, pattern in (("bowel", None), ("liver", "pushing")):
        anatomy = grow(3, 200, organ=organ, pattern=pattern, tumour=0.1)
        assert len(anatomy.glands) > 3
        cells = rasterise(anatomy.glands, anatomy.classes.shape)
        assert np.array_equal(cells, anatomy.classes == Tissue.GLAND)
