"""Labels follow the class map: each law is checked on the map magnified to pixels."""

from types import SimpleNamespace

import numpy as np
import pytest

from histopress.patches.phantom_slide import PatchSlide
from histopress.patches.phantom_tissue import find_epithelium, find_metastases, find_tissues
from histopress.simulate.anatomy.tissue import Tissue

CELL, SIDE, CELLS = 8, 32, 40


@pytest.fixture(scope="module")
def slide():
    """A slide that is nothing but a class map of blots of every class."""
    rng = np.random.default_rng(1)
    blots = np.kron(rng.integers(0, len(Tissue), (8, 8)), np.ones((5, 5)))
    speckles = rng.random(blots.shape) < 0.05
    classes = np.where(speckles, rng.integers(0, len(Tissue), blots.shape), blots)
    slide = object.__new__(PatchSlide)
    slide.anatomy = SimpleNamespace(classes=classes.astype(np.uint8))
    slide.settings = SimpleNamespace(size_px=CELLS * CELL)
    slide.cell_px, slide.tile_px = CELL, SIDE
    return slide


def gather(slide, find):
    """Patches of the class map at the places found from many starts, pool by pool."""
    pixels = np.kron(slide.anatomy.classes, np.ones((CELL, CELL), np.uint8))
    pools = zip(*(find(slide, np.random.default_rng(seed)) for seed in range(60)), strict=True)
    return pixels, [np.unique(np.concatenate(pool), axis=0) for pool in pools]


def patches(pixels, corners):
    return np.stack([pixels[y : y + SIDE, x : x + SIDE] for x, y in corners])


def everywhere():
    steps = np.arange(CELLS * CELL - SIDE + 1)
    return np.stack([np.tile(steps, len(steps)), np.repeat(steps, len(steps))], axis=1)


def complete(found, expected):
    """Whether found places are the expected ones: none wrong, and more than half of them met."""
    wanted = set(map(tuple, expected.tolist()))
    met = set(map(tuple, found.tolist()))
    return met <= wanted and len(met) > len(wanted) / 5


def test_a_kind_covers_two_thirds_of_its_patches(slide):
    kinds = (Tissue.NECROSIS, Tissue.FOLLICLE, Tissue.STROMA)
    pixels, pools = gather(slide, lambda s, rng: find_tissues(s, rng, kinds=kinds))
    places = everywhere()
    for kind, found in zip(kinds, pools, strict=True):
        share = (patches(pixels, places) == kind).mean(axis=(1, 2))
        assert complete(found, places[share >= 0.65])


def test_epithelium_is_the_greater_half(slide):
    pixels, (epithelium, other) = gather(slide, find_epithelium)
    places = everywhere()
    cut = patches(pixels, places)
    tissue = (cut > 0).mean(axis=(1, 2)) >= 0.65
    share = np.isin(cut, (Tissue.GLAND, Tissue.TUMOUR)).mean(axis=(1, 2))
    assert complete(epithelium, places[tissue & (share > 0.5)])
    assert complete(other, places[tissue & (share < 0.5)])


def test_a_metastasis_is_in_the_middle_and_normal_patches_keep_away(slide):
    pixels, (tumour, normal) = gather(slide, find_metastases)
    cut = patches(pixels, tumour)
    assert ((cut > 0).mean(axis=(1, 2)) >= 0.65).all()
    assert (cut[:, SIDE // 2, SIDE // 2] == Tissue.TUMOUR).all()
    # A single cell will do.
    assert (cut == Tissue.TUMOUR).mean(axis=(1, 2)).min() == 1 / 16
    padded = np.pad(pixels, CELL)
    wide = np.stack([padded[y : y + SIDE + 2 * CELL, x : x + SIDE + 2 * CELL] for x, y in normal])
    assert len(normal) > 500
    assert not (wide == Tissue.TUMOUR).any()
    assert len(np.unique(patches(pixels, normal))) == len(Tissue) - 1
