import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.phantom import draw_patches, find_patches, share_out
from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.phantom import draw_cohort
from histopress.simulate.phantom_settings import PhantomSettings


@pytest.fixture(scope="module")
def settings():
    return PhantomSettings(size_px=1536, lymphocyte_fraction=(0.15, 0.3))


@pytest.fixture(scope="module")
def table(settings):
    return draw_patches(settings, name="kinds", seed=1, n_patients=3, n_per_class=12)


def test_classes_are_balanced_and_patients_are_others(settings, table):
    assert table.images.shape == (48, 128, 128, 3)
    assert table.classes == ("stroma", "gland", "lymphocytes", "tumour")
    assert np.bincount(table.labels).tolist() == [12] * 4
    assert set(table.groups) == {"kinds-T0001", "kinds-T0002", "kinds-T0003"}
    assert table.facts["grouping"] == "patient"
    assert set(table.parts) == {0}
    cohort = draw_cohort(settings, seed=1)
    assert not set(table.groups) & {slide.patient_id for slide in cohort}


def test_seeds_tell(settings):
    few = {"name": "kinds", "n_patients": 1, "n_per_class": 6, "classes": ("stroma", "tumour")}
    one, again, other = (draw_patches(settings, seed=seed, **few) for seed in (1, 1, 2))
    assert np.array_equal(again.images, one.images)
    assert not np.array_equal(other.images, one.images)


def test_who_has_more_gives_for_who_has_less():
    assert share_out(np.array([5, 0, 100, 2]), 20).tolist() == [5, 0, 13, 2]
    assert share_out(np.array([50, 50, 50]), 10).sum() == 10


def test_tasks_of_other_names_have_other_patients(settings):
    one, two = (
        draw_patches(
            settings, name=name, seed=1, n_patients=2, n_per_class=6, classes=("stroma", "tumour")
        )
        for name in ("kinds", "again")
    )
    assert not set(one.groups) & set(two.groups)
    assert not {image.tobytes() for image in one.images} & {image.tobytes() for image in two.images}


def test_chosen_classes_are_labels_in_their_order(settings):
    classes = ("tumour", "stroma")
    found = draw_patches(
        settings, name="kinds", seed=1, n_patients=2, n_per_class=12, classes=classes
    )
    assert found.classes == classes
    assert np.bincount(found.labels).tolist() == [12, 12]
    # Tumour is darker than stroma in red, whatever its label.
    red = found.images[..., 0].mean(axis=(1, 2))
    assert red[found.labels == 0].mean() < red[found.labels == 1].mean() - 10


def test_centres_are_those_of_the_patients(table):
    assert len(set(zip(table.groups, table.centers, strict=True))) == 3
    assert "" not in table.centers


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
        draw_patches(settings, name="kinds", seed=1, n_patients=1, n_per_class=5)
