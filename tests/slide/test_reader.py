import cv2
import numpy as np
import pytest

from histopress.errors import StoreError
from histopress.slide.geometry import lay_geometry
from histopress.slide.reader import TileReader
from histopress.slide.settings import GridSettings
from histopress.slide.source import open_slide
from histopress.slide.spacing import settle_spacing


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def geometry_of(path, asked, tile=64, stride=64):
    with open_slide(path, "A1") as slide:
        return lay_geometry(
            slide_id="A1",
            sizes=slide.level_dimensions,
            downsamples=slide.level_downsamples,
            spacing=settle_spacing(slide.properties, slide_id="A1"),
            settings=GridSettings(tile_px=tile, stride_px=stride, spacing_um=asked),
        )


def mean_of(image, factor):
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    cut = image[: rows * factor, : columns * factor].astype(float)
    return cut.reshape(rows, factor, columns, factor, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_box_levels_are_the_area_mean_of_level_0(tmp_path, write_pyramid, factor):
    """Levels that are wrong on purpose: they must not be used."""
    image = noise(1024, 1024)
    levels = [image, noise(64, 64, 1)]
    path = write_pyramid(tmp_path / "a.tif", levels, spacing_um=0.5 / factor)
    geometry = geometry_of(path, 0.5, tile=32, stride=32)
    assert (geometry.level, geometry.shrink, geometry.read_um) == (0, "box", 0.5)
    exact = mean_of(image, factor)
    with TileReader(path, geometry) as reader:
        for y in geometry.tops[:: max(1, 8 // factor)]:
            x = geometry.lefts[-1]
            tile = reader.read((x, y))
            row, column = y // factor, x // factor
            part = exact[row : row + 32, column : column + 32]
            assert np.abs(tile - part).max() <= 0.5


def test_a_level_of_the_spacing_is_taken_px_by_px(tmp_path, write_pyramid):
    levels = [noise(1024, 768), noise(512, 384, 1), noise(128, 96, 2)]
    path = write_pyramid(tmp_path / "a.tif", levels, spacing_um=0.2495)
    geometry = geometry_of(path, 0.5)
    assert (geometry.level, geometry.shrink) == (1, "none")
    assert geometry.read_um == pytest.approx(0.499)
    assert geometry.shape == (8, 6)
    with TileReader(path, geometry) as reader:
        for row, y in enumerate(geometry.tops):
            for column, x in enumerate(geometry.lefts):
                part = levels[1][row * 64 : row * 64 + 64, column * 64 : column * 64 + 64]
                assert np.array_equal(reader.read((x, y)), part)


def test_other_spacings_are_area_means(tmp_path, write_pyramid):
    image = cv2.GaussianBlur(noise(900, 900), (0, 0), 2)
    path = write_pyramid(tmp_path / "a.tif", [image], spacing_um=0.3)
    geometry = geometry_of(path, 0.5)
    assert (geometry.shrink, geometry.region_px, geometry.shape) == ("area", 107, (8, 8))
    x, y = int(geometry.lefts[5]), int(geometry.tops[3])
    overlap = np.identity(107).repeat(64, axis=1).reshape(107, 64, 107).sum(axis=2) / 107
    part = image[y : y + 107, x : x + 107].astype(float)
    exact = np.einsum("ri,rkc,kj->ijc", overlap, part, overlap)
    with TileReader(path, geometry) as reader:
        assert np.abs(reader.read((x, y)) - exact).max() <= 1


def test_a_flat_slide_stays_flat_at_its_borders(tmp_path, write_pyramid):
    """Odd sizes: the level's downsample is no whole number, px beyond are white."""
    levels = [np.full((1031, 1029, 3), 77, np.uint8), np.full((515, 514, 3), 77, np.uint8)]
    path = write_pyramid(tmp_path / "a.tif", levels, spacing_um=0.25)
    for tile, stride in ((64, 64), (50, 29), (514, 16)):
        geometry = geometry_of(path, 0.5, tile=tile, stride=stride)
        assert geometry.level == 1
        with TileReader(path, geometry) as reader:
            for xy in ((geometry.lefts[-1], geometry.tops[-1]), (geometry.lefts[-1], 0)):
                tile = reader.read(xy).astype(int)
                assert np.abs(tile - 77).max() <= 2, "white is mixed in"


def test_reading_many_fills_the_given_array(tmp_path, write_pyramid):
    path = write_pyramid(tmp_path / "a.tif", [noise(300, 300)], spacing_um=0.5)
    geometry = geometry_of(path, 0.5)
    coords = np.array([[0, 0], [64, 128], [7, 9]])
    out = np.empty((3, 64, 64, 3), np.uint8)
    with TileReader(path, geometry) as reader:
        assert reader.read_many(coords, out) is out
        assert all(
            np.array_equal(tile, reader.read(xy)) for tile, xy in zip(out, coords, strict=True)
        )
        assert np.array_equal(reader.read_many(coords), out)


def test_another_file_than_was_tiled_is_refused(tmp_path, write_pyramid):
    path = write_pyramid(tmp_path / "a.tif", [noise(300, 300)], spacing_um=0.5)
    geometry = geometry_of(path, 0.5)
    write_pyramid(path, [noise(300, 301)], spacing_um=0.5)
    with pytest.raises(StoreError, match=r"'A1'.*300 × 300 px.*again"):
        TileReader(path, geometry)
