import cv2
import numpy as np
import openslide
import pytest

from histopress.simulate.digits import draw_digits, image_generator
from histopress.simulate.digits_bank import load_bank
from histopress.simulate.digits_files import (
    MANIFEST_COLUMNS,
    manifest_row,
    write_png,
    write_tiff,
)
from histopress.simulate.digits_layout import Rectangle
from histopress.simulate.digits_settings import DigitsSettings
from histopress.slide.settings import TissueSettings
from histopress.slide.tissue import tissue_mask

SMALL = DigitsSettings(image_px=600, n_digits=720, long_px=(36, 300), spacing_um=1.0)


@pytest.fixture(scope="module")
def drawn():
    bank = load_bank("test", digit_px=9)
    return draw_digits(image_generator(1, "test", 5), bank, SMALL)


def test_a_row_holds_the_whole_truth(drawn):
    row = manifest_row(drawn, part="test", index=5, path="a.png")
    assert set(row) == set(MANIFEST_COLUMNS)
    assert (row["slide_id"], row["patient_id"]) == ("digits-test-000005", "P-test-000005")
    for name in ("tilted", "upright"):
        fields = ("x", "y", "long_px", "angle_deg")
        columns = ("x_px", "y_px", "long_px", "angle_deg")
        again = Rectangle(
            **{f: row[f"{name}_{column}"] for f, column in zip(fields, columns, strict=True)}
        )
        assert again == getattr(drawn, name)
        assert row[f"{name}_digits"] == drawn.count_inside(again)
    assert (row["label"], row["upright_label"]) == (drawn.label, drawn.upright_label)


def test_a_png_is_the_image(drawn, tmp_path):
    write_png(tmp_path / "a.png", drawn.image)
    found = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(found, drawn.image)


def read_tiff(path, level=0):
    with openslide.OpenSlide(path) as slide:
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(1.0)
        size = slide.level_dimensions[level]
        return np.asarray(slide.read_region((0, 0), level, size).convert("RGB"))


def test_a_tiff_shows_the_digits_in_colours_that_count_as_tissue(drawn, tmp_path):
    path = tmp_path / "a.tif"
    write_tiff(path, drawn.image, SMALL)
    rgb = read_tiff(path)
    assert rgb.shape == (600, 600, 3)
    assert np.corrcoef(rgb[..., 0].ravel(), drawn.image.ravel())[0, 1] < -0.97
    empty = cv2.dilate(drawn.image, np.ones((33, 33))) == 0
    assert np.abs(rgb[empty].mean(axis=0) - SMALL.background_rgb).max() < 2
    overview = read_tiff(path, level=1)
    assert tissue_mask(overview, spacing_um=2.0, settings=TissueSettings()).all()


def test_a_tiff_may_be_grey(drawn, tmp_path):
    grey = DigitsSettings(
        image_px=600, n_digits=720, long_px=(36, 300), spacing_um=1.0,
        background_rgb=(0, 0, 0), ink_rgb=(255, 255, 255), quality=100,
    )  # fmt: skip
    write_tiff(tmp_path / "a.tif", drawn.image, grey)
    rgb = read_tiff(tmp_path / "a.tif").astype(int)
    assert np.abs(rgb - drawn.image[..., None]).mean() < 2
