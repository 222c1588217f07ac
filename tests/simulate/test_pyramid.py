import tracemalloc

import numpy as np
import openslide
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.simulate import pyramid
from histopress.simulate.pyramid import halve, write_pyramid


def picture(height, width):
    """A smooth gradient, which JPEG keeps to a grey level or two."""
    rows, cols = np.mgrid[0:height, 0:width]
    layers = [rows * 200 / height + 20, cols * 200 / width + 20, (rows + cols) * 0.05 + 60]
    return np.stack(layers, axis=-1).astype(np.uint8)


def read(slide, level):
    size = slide.level_dimensions[level]
    return np.asarray(slide.read_region((0, 0), level, size).convert("RGB"))


@pytest.mark.parametrize("spacing", [0.5, 0.25, 0.97, 0.2525])
def test_openslide_reads_size_levels_and_spacing(tmp_path, spacing):
    path = tmp_path / "a.tif"
    write_pyramid(path, [picture(700, 1000)], shape=(700, 1000), spacing_um=spacing)
    with openslide.OpenSlide(path) as slide:
        assert slide.properties["openslide.vendor"] == "generic-tiff"
        assert slide.level_dimensions == ((1000, 700), (500, 350), (250, 175))
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(spacing, rel=1e-8)
        assert float(slide.properties["openslide.mpp-y"]) == pytest.approx(spacing, rel=1e-8)


def test_colours_survive_and_levels_are_area_means(tmp_path):
    path = tmp_path / "a.tif"
    whole = picture(700, 1000)
    write_pyramid(path, [whole], shape=(700, 1000), spacing_um=0.5, quality=95)
    expected = whole
    with openslide.OpenSlide(path) as slide:
        for level in range(3):
            # A swap of channels or YCbCr read as RGB would be off by tens of grey levels.
            difference = np.abs(read(slide, level).astype(int) - expected)
            assert difference.mean() < 1.5
            assert difference.max() < 12
            expected = halve(expected)


def test_halving_is_the_mean_of_four():
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    blocks = image[:6, :8].astype(float).reshape(3, 2, 4, 2, 3)
    assert np.array_equal(halve(image), np.floor(blocks.mean(axis=(1, 3)) + 0.5))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_the_cut_into_bands_changes_nothing(tmp_path_factory, heights):
    folder = tmp_path_factory.mktemp("bands")
    height = sum(heights)
    whole = picture(height, 100)
    bands = np.split(whole, np.cumsum(heights)[:-1])
    for name, parts in (("one.tif", [whole]), ("many.tif", bands)):
        write_pyramid(folder / name, parts, shape=(height, 100), spacing_um=1.0, tile_px=32)
    assert (folder / "one.tif").read_bytes() == (folder / "many.tif").read_bytes()


def test_spooled_levels_equal_those_in_memory(tmp_path, monkeypatch):
    for name, limit in (("memory.tif", 2**26), ("disk.tif", 1)):
        monkeypatch.setattr(pyramid, "SPOOL_BYTES", limit)
        write_pyramid(tmp_path / name, [picture(300, 300)], shape=(300, 300), spacing_um=0.5)
    assert (tmp_path / "memory.tif").read_bytes() == (tmp_path / "disk.tif").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk.tif", "memory.tif"]


def test_memory_does_not_grow_with_height(tmp_path, monkeypatch):
    monkeypatch.setattr(pyramid, "SPOOL_BYTES", 2**16)
    band = picture(64, 512)
    peaks = []
    for bands in (8, 8, 64):  # the first run warms the caches of tifffile
        tracemalloc.start()
        write_pyramid(
            tmp_path / "a.tif", (band for _ in range(bands)), shape=(64 * bands, 512), spacing_um=1
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tile_px": 100}, "tile_px is 100; a JPEG TIFF takes positive multiples of 16"),
        ({"levels": 9}, "9 levels of a slide of 64 × 64 px; give from 1 to 7"),
        ({"bands": 3}, "hold 48 rows; the slide has 64"),
        ({"bands": 5, "tile_px": 16}, "hold 80 rows or more; the slide has 64"),
        ({"bands": 5}, "hold 80 rows or more; the slide has 64"),
        ({"width": 32}, r"uint8 \(16, 32, 3\); the slide takes uint8 \(rows, 64, 3\)"),
    ],
)
def test_refuses_what_does_not_fit(tmp_path, options, message):
    band = picture(16, options.pop("width", 64))
    bands = [band] * options.pop("bands", 4)
    with pytest.raises(ConfigError, match=message):
        write_pyramid(tmp_path / "a.tif", bands, shape=(64, 64), spacing_um=1.0, **options)
