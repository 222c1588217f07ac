import numpy as np
import pytest

from histopress.simulate.anatomy.fields import depth_in, distance_to
from histopress.simulate.anatomy.tissue import NINE, Tissue


@pytest.mark.parametrize("tumour", [0.04, 0.15, 0.25])
@pytest.mark.parametrize("holes", [False, True])
def test_a_slide_differs_from_its_twin_without_tumour_only_by_tumour(grow, tumour, holes):
    for seed in range(4):
        with_it, without = (
            grow(seed, 96, tumour=share, holes=holes).classes for share in (tumour, 0.0)
        )
        changed = with_it != without
        assert (with_it[changed] == Tissue.TUMOUR).all()
        assert (without[changed] == Tissue.STROMA).all()
        assert not (without == Tissue.TUMOUR).any()


def test_shares_are_as_asked_and_all_nine_kinds_are_there(grow):
    for seed in range(3):
        anatomy = grow(seed, 200, tumour=0.12)
        for kind in NINE:
            assert anatomy.fraction(kind) > 0.01
        assert anatomy.fraction(Tissue.TUMOUR) == pytest.approx(0.12, abs=0.01)
        assert anatomy.fraction(Tissue.MUSCLE) == pytest.approx(0.06, abs=0.001)
        assert anatomy.fraction(Tissue.FAT) == pytest.approx(0.05, abs=0.001)
        assert anatomy.fraction(Tissue.NECROSIS) == pytest.approx(0.02, abs=0.001)
        assert anatomy.fraction(Tissue.LYMPHOCYTES) == pytest.approx(0.15, abs=0.001)


def test_necrosis_lies_in_nests_and_elsewhere(grow):
    anatomy = grow(1, 256, tumour=0.2, necrosis=0.03)
    tumour = (anatomy.classes == Tissue.TUMOUR).astype(np.uint8)
    beside = np.zeros(tumour.shape, int)
    for axis in (0, 1):
        for step in (-1, 1):
            beside += np.roll(tumour, step, axis)
    dead = anatomy.classes == Tissue.NECROSIS
    near = [dead & (beside > 0), dead & (beside == 0)]
    assert min(part.sum() for part in near) > 20


def test_muscle_is_a_band_between_glands_and_fat(grow):
    for seed in range(3):
        anatomy = grow(seed, 256)
        muscle = anatomy.regions(Tissue.MUSCLE)
        assert muscle[:, 2].max() > 0.4 * muscle[:, 2].sum()
        away = distance_to(anatomy.classes == Tissue.GLASS)
        fat, stroma = (away[anatomy.classes == kind].mean() for kind in (Tissue.FAT, Tissue.STROMA))
        assert fat < 0.7 * stroma
        outer, wall, inner = (
            np.argwhere(anatomy.classes == kind).mean(axis=0)
            for kind in (Tissue.FAT, Tissue.MUSCLE, Tissue.GLAND)
        )
        assert np.dot(outer - wall, inner - wall) < 0


def test_larger_slides_hold_more_nests_not_larger_ones(grow):
    small, large = (grow(5, cells, tumour=0.15) for cells in (400, 1200))
    assert len(large.nests()) > 3 * len(small.nests())
    # The thickest parts are as thick, where single nests may touch.
    thick = [depth_in(slide.classes == Tissue.TUMOUR).max() for slide in (small, large)]
    assert thick[1] < 1.5 * thick[0]


def test_equal_generators_give_equal_maps(grow):
    first, again, other = (grow(seed, 64, tumour=0.1, holes=True) for seed in (1, 1, 2))
    assert np.array_equal(first.classes, again.classes)
    assert np.array_equal(first.glands, again.glands)
    assert not np.array_equal(first.classes, other.classes)


@pytest.mark.parametrize("cells", [4, 8, 16, 33])
@pytest.mark.parametrize("organ", ["bowel", "liver", "node"])
def test_tiny_slides_can_be_laid_out(grow, cells, organ):
    pattern = "replacement" if organ == "liver" else None
    anatomy = grow(
        1, cells, organ=organ, pattern=pattern, tumour=0.2, metastasis_um=60.0, holes=True
    )
    assert anatomy.classes.shape == (cells, cells)


def test_tissue_keeps_off_the_border_and_tumour_off_the_edge(grow):
    for seed in range(4):
        for cells in (64, 128) if seed else (64, 900):
            classes = grow(seed, cells, tumour=0.2).classes
            assert not classes[:2].any()
            assert not classes[-2:].any()
            assert not classes[:, :2].any()
            assert not classes[:, -2:].any()
            padded = np.pad(classes > 0, 1)
            inner = padded[1:-1, :-2] & padded[1:-1, 2:] & padded[:-2, 1:-1] & padded[2:, 1:-1]
            assert inner[classes == Tissue.TUMOUR].all()
