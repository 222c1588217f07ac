from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from histopress.patches.phantom_mitosis import find_mitoses, gather_dark
from histopress.patches.phantom_slide import PatchSlide
from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.kinds import Nuclei, NucleusKind

CELL, SIDE, BLOCK, BLOCKS = 32, 128, 512, 16
SIZE = BLOCK * BLOCKS
REACH_PX = 16


class FakeCanvas:
    """Nuclei anywhere, told block by block."""

    block_px, blocks = BLOCK, BLOCKS

    def __init__(self, rng):
        self.at = rng.integers(0, SIZE, (6000, 2))
        kinds = (NucleusKind.MITOSIS, NucleusKind.LOOKALIKE, NucleusKind.TUMOUR)
        self.kind = rng.choice(np.array(kinds, np.uint8), 6000, p=(0.15, 0.15, 0.7))
        self.asked = []

    def nuclei_of(self, row, col):
        self.asked.append((row, col))
        here = (self.at // BLOCK == (col, row)).all(axis=1)
        return Nuclei(at=self.at[here], kind=self.kind[here])

    def of(self, kind):
        return self.at[self.kind == kind]


@pytest.fixture(scope="module")
def slide():
    classes = np.full((SIZE // CELL,) * 2, Tissue.TUMOUR, np.uint8)
    classes[:, :64] = Tissue.STROMA
    slide = object.__new__(PatchSlide)
    slide.anatomy = SimpleNamespace(classes=classes)
    slide.settings = SimpleNamespace(size_px=SIZE, spacing_um=0.5)
    slide.cell_px, slide.tile_px = CELL, SIDE
    slide.canvas = FakeCanvas(np.random.default_rng(1))
    return slide


@pytest.fixture(scope="module")
def pools(slide):
    return find_mitoses(slide, np.random.default_rng(2))


def inner(corners, points):
    """Where points lie in patches: (patches, points, 2)."""
    return points[None] - corners[:, None]


def within(corners, points, low=0, high=SIDE):
    at = inner(corners, points)
    return ((at >= low) & (at < high)).all(axis=2)


@pytest.mark.parametrize("pool", [0, 1])
def test_figures_lie_evenly_in_the_central_half(slide, pools, pool):
    kind = (NucleusKind.MITOSIS, NucleusKind.LOOKALIKE)[pool]
    at = inner(pools[pool], slide.canvas.of(kind))
    central = within(pools[pool], slide.canvas.of(kind), SIDE // 4, SIDE * 3 // 4)
    assert len(at) > 300
    assert central.any(axis=1).all()
    for axis in (0, 1):
        places = (at[central][:, axis] + 0.5) / SIDE * 2 - 0.5
        assert stats.kstest(places, "uniform").pvalue > 0.01


def test_other_patches_hold_no_mitosis_and_the_last_no_dark_nucleus(slide, pools):
    mitoses = slide.canvas.of(NucleusKind.MITOSIS)
    lookalikes = slide.canvas.of(NucleusKind.LOOKALIKE)
    _, mimics, plain = pools
    assert len(plain) > 300
    for corners in (mimics, plain):
        assert not within(corners, mitoses, -REACH_PX + 1, SIDE + REACH_PX).any()
    assert within(mimics, lookalikes, SIDE // 4, SIDE * 3 // 4).any(axis=1).all()
    assert not within(plain, lookalikes, -REACH_PX + 1, SIDE + REACH_PX).any()


def test_all_patches_are_of_tumour_and_on_the_slide(slide, pools):
    pixels = slide.anatomy.classes.repeat(CELL, 0).repeat(CELL, 1)
    for corners in pools:
        assert slide.inside(corners).all()
        for x, y in corners:
            assert (pixels[y : y + SIDE, x : x + SIDE] == Tissue.TUMOUR).mean() >= 0.65
    # Some lie on tumour's border: its patches are not all tumour.
    assert min(corners[:, 0].min() for corners in pools) < 64 * CELL


def test_blocks_far_from_tumour_are_not_asked(slide):
    slide.canvas.asked.clear()
    dark = gather_dark(slide)
    assert set(slide.canvas.asked) == {(r, c) for r in range(BLOCKS) for c in range(3, BLOCKS)}
    near = slide.canvas.of(NucleusKind.MITOSIS)
    near = near[near[:, 0] >= 3 * BLOCK]
    assert sorted(map(tuple, dark.mitoses)) == sorted(map(tuple, near))


def test_a_slide_without_tumour_gives_nothing(slide):
    empty = object.__new__(PatchSlide)
    empty.__dict__.update(slide.__dict__)
    empty.anatomy = SimpleNamespace(classes=np.ones_like(slide.anatomy.classes))
    assert [len(corners) for corners in find_mitoses(empty, np.random.default_rng(1))] == [0, 0, 0]
