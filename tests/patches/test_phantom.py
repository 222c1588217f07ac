import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.phantom import draw_patches, find_patches
from histopress.simulate.anatomy import Anatomy, Tissue
from histopress.simulate.phantom import draw_cohort
from histopress.simulate.settings import PhantomSettings


@pytest.fixture(scope="module")
def settings():
    return PhantomSettings(size_px=1536, lymphocyte_fraction=(0.15, 0.3))


@pytest.fixture(scope="module")
def table(settings):
    return draw_patches(settings, seed=1, n_patients=3, n_per_class=12)


def test_classes_are_balanced_and_patients_are_others(settings, table):
    assert table.images.shape == (48, 128, 128, 3)
    assert table.classes == ("stroma", "gland", "lymphocytes", "tumour")
    assert np.bincount(table.labels).tolist() == [12] * 4
    assert set(table.patient_ids) == {"T0001", "T0002", "T0003"}
    cohort = draw_cohort(settings, seed=1)
    assert not set(table.patient_ids) & {slide.patient_id for slide in cohort}


def test_equal_seeds_give_equal_patches(settings, table):
    again = draw_patches(settings, seed=1, n_patients=3, n_per_class=12)
    assert np.array_equal(again.images, table.images)
    other = draw_patches(settings, seed=2, n_patients=3, n_per_class=12)
    assert not np.array_equal(other.images, table.images)


def test_classes_look_different(table):
    # Stroma is pale in red where nuclei are not; lymphocytes and tumour are full of nuclei.
    red = table.images[..., 0].mean(axis=(1, 2))
    means = [red[table.labels == label].mean() for label in range(4)]
    assert means[0] > means[3] + 10
    assert means[0] > means[2] + 10


def test_patches_lie_on_their_class():
    classes = np.ones((12, 12), np.uint8)
    classes[4:8, 4:8] = Tissue.TUMOUR
    anatomy = Anatomy(classes=classes, glands=np.zeros((0, 5)))
    corners = find_patches(anatomy, Tissue.TUMOUR, cell_px=32, tile_px=128, size=384)
    assert [128, 128] in corners.tolist()
    for x, y in corners:
        pixels = np.kron(classes, np.ones((32, 32), np.uint8))[y : y + 128, x : x + 128]
        assert (pixels == Tissue.TUMOUR).mean() >= 0.65
    # A patch two cells off to one side shows half of the nest.
    assert [64, 128] not in corners.tolist()


def test_a_shortage_is_told_with_numbers():
    settings = PhantomSettings(size_px=512, tumour_fraction=(0.0, 0.0))
    with pytest.raises(ConfigError, match=r"'tumour': 0.* of 5 each; lower 'n_per_class'"):
        draw_patches(settings, seed=1, n_patients=1, n_per_class=5)
