import numpy as np
import openslide
import pytest
import tifffile

from histopress.simulate.pyramid import write_pyramid

SHAPE = (1500, 2500)


@pytest.fixture(scope="module")
def svs(tmp_path_factory):
    """Glass with a purple square of tissue in the upper left."""
    whole = np.full((*SHAPE, 3), 240, np.uint8)
    whole[200:800, 300:900] = (150, 60, 140)
    path = tmp_path_factory.mktemp("aperio") / "a.svs"
    write_pyramid(path, [whole], shape=SHAPE, spacing_um=0.5, tile_px=240, container="aperio")
    return path


@pytest.mark.parametrize(
    ("spacing", "power"), [(0.5, "20"), (0.2525, "40"), (0.25, "40"), (0.97, "10"), (2.0, "5")]
)
def test_openslide_knows_spacing_and_objective(tmp_path, spacing, power):
    path = tmp_path / "a.svs"
    whole = np.zeros((300, 300, 3), np.uint8)
    write_pyramid(path, [whole], shape=(300, 300), spacing_um=spacing, container="aperio")
    with openslide.OpenSlide(path) as slide:
        assert slide.properties["openslide.vendor"] == "aperio"
        assert slide.properties["openslide.objective-power"] == power
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(spacing, rel=1e-8)
        assert float(slide.properties["openslide.mpp-y"]) == pytest.approx(spacing, rel=1e-8)


def test_directories_stand_in_the_order_of_an_svs(svs):
    with tifffile.TiffFile(svs) as tiff:
        assert tiff.is_svs
        names = [page.description.split("\n")[1].split("|")[0] for page in tiff.pages]
        assert names == [
            "2500x1500 [0,0 2500x1500] (240x240) JPEG/YCC Q=80",
            "2500x1500 -> 1024x614 - ",
            "2500x1500 [0,0 2500x1500] (240x240) -> 625x375 JPEG/YCC Q=80",
            "2500x1500 [0,0 2500x1500] (240x240) -> 156x93 JPEG/YCC Q=80",
            "label 387x463",
            "macro 1280x431",
        ]
        assert all(page.description.startswith("Aperio Image Library v") for page in tiff.pages)
        assert all("|AppMag = 20|MPP = 0.5|" in page.description for page in tiff.pages[:4])
        assert [page.is_tiled for page in tiff.pages] == [True, False, True, True, False, False]
        assert [int(page.subfiletype) for page in tiff.pages] == [0, 0, 0, 0, 1, 9]


def test_real_files_have_their_pictures_in_the_same_places(svs, data):
    real = data / "slides" / "he" / "cmu-1-small-region.svs"
    with openslide.OpenSlide(real) as theirs, openslide.OpenSlide(svs) as ours:
        assert set(ours.associated_images) == set(theirs.associated_images)
        for name in ("label", "macro"):
            assert ours.associated_images[name].size == theirs.associated_images[name].size
        kept = {"openslide.vendor", "openslide.objective-power", "aperio.AppMag", "aperio.MPP"}
        assert kept <= set(theirs.properties) & set(ours.properties)


def test_the_thumbnail_is_the_slide_in_small(svs):
    with openslide.OpenSlide(svs) as slide:
        thumbnail = np.asarray(slide.associated_images["thumbnail"].convert("RGB")).astype(int)
    assert thumbnail.shape == (614, 1024, 3)
    step = 2500 / 1024
    inside, outside = (slice(round(260 / step), round(740 / step)), slice(round(960 / step), None))
    purple = thumbnail[inside, round(360 / step) : round(840 / step)]
    assert np.abs(purple - (150, 60, 140)).max() <= 4
    assert np.abs(thumbnail[:, outside] - 240).max() <= 4


def test_the_label_bears_no_name(svs):
    with openslide.OpenSlide(svs) as slide:
        label = np.asarray(slide.associated_images["label"].convert("RGB"))
    assert label[0, 0].tolist() != label[200, 200].tolist()
    assert len(np.unique(label[8:-8, 8:-8])) == 1


def test_the_macro_image_shows_the_tissue_at_its_size_on_the_glass(svs):
    with openslide.OpenSlide(svs) as slide:
        macro = np.asarray(slide.associated_images["macro"].convert("RGB")).astype(int)
    tissue = macro[:, 400:, 1] < 150  # right of the label
    rows, columns = np.flatnonzero(tissue.any(axis=1)), np.flatnonzero(tissue.any(axis=0))
    # 600 px of 0.5 µm on a slide of 76.2 mm that is 1280 px long: 5 px.
    assert len(rows) == pytest.approx(5, abs=1)
    assert len(columns) == pytest.approx(5, abs=1)


def test_a_slide_too_large_for_the_glass_still_fits_the_macro_image(tmp_path):
    path = tmp_path / "a.svs"
    whole = np.full((900, 900, 3), (150, 60, 140), np.uint8)
    write_pyramid(path, [whole], shape=(900, 900), spacing_um=100, container="aperio")
    with openslide.OpenSlide(path) as slide:
        macro = np.asarray(slide.associated_images["macro"].convert("RGB")).astype(int)
        assert slide.associated_images["thumbnail"].size == (768, 768)
    assert np.abs(macro[:, 600:1000] - (150, 60, 140)).max() <= 4
