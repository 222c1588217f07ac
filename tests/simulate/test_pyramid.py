import tracemalloc

import imagecodecs
import numpy as np
import openslide
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.simulate import pyramid
from histopress.simulate.pyramid import write_pyramid
from histopress.simulate.pyramid_levels import halve

CONTAINERS = ("generic", "aperio")


def picture(height, width):
    """A smooth gradient, which JPEG keeps to a grey level or two."""
    rows, cols = np.mgrid[0:height, 0:width]
    layers = [rows * 200 / height + 20, cols * 200 / width + 20, (rows + cols) * 0.05 + 60]
    return np.stack(layers, axis=-1).astype(np.uint8)


def noise(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def read(slide, level):
    size = slide.level_dimensions[level]
    return np.asarray(slide.read_region((0, 0), level, size).convert("RGB"))


def through_jpeg(image, tile_px, quality):
    """What is left of an image whose tiles, their edges repeated, were JPEG files."""
    height, width = image.shape[:2]
    side = ((0, -height % tile_px), (0, -width % tile_px), (0, 0))
    whole = np.pad(image, side, mode="edge")
    for top in range(0, height, tile_px):
        for left in range(0, width, tile_px):
            tile = whole[top : top + tile_px, left : left + tile_px]
            code = imagecodecs.jpeg8_encode(np.ascontiguousarray(tile), quality)
            tile[:] = imagecodecs.jpeg8_decode(code)
    return whole[:height, :width]


@pytest.mark.parametrize("spacing", [0.5, 0.25, 0.97, 0.2525])
def test_openslide_reads_size_levels_and_spacing(tmp_path, spacing):
    path = tmp_path / "a.tif"
    write_pyramid(path, [picture(700, 1000)], shape=(700, 1000), spacing_um=spacing)
    with openslide.OpenSlide(path) as slide:
        assert slide.properties["openslide.vendor"] == "generic-tiff"
        assert slide.level_dimensions == ((1000, 700), (500, 350), (250, 175))
        assert not slide.associated_images
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


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("shape", [(777, 1001), (1001, 777), (512, 512), (3, 700), (1, 1)])
def test_openslide_reads_just_what_was_encoded(tmp_path, shape, container):
    path, image = tmp_path / "a.tif", noise(*shape)
    bands = np.array_split(image, min(3, len(image)))
    write_pyramid(
        path, bands, shape=shape, spacing_um=0.5, tile_px=64, quality=70, container=container
    )
    with openslide.OpenSlide(path) as slide:
        assert slide.properties["openslide.vendor"].startswith(container)
        for level, factor in enumerate(slide.level_downsamples):
            halvings = round(np.log2(factor))
            expected = image
            for _ in range(halvings):
                expected = halve(expected)
            assert np.array_equal(read(slide, level), through_jpeg(expected, 64, 70))


@pytest.mark.parametrize(
    ("container", "options", "factors"),
    [
        ("generic", {}, (1, 2, 4, 8)),
        ("generic", {"levels": 2}, (1, 2)),
        ("aperio", {}, (1, 4, 16)),
        ("aperio", {"tile_px": 16}, (1, 4, 16, 32)),
        ("aperio", {"levels": 1}, (1,)),
        ("aperio", {"levels": 4}, (1, 4, 16, 32)),
    ],
)
def test_levels_and_their_factors(tmp_path, container, options, factors):
    path, options = tmp_path / "a.tif", {"tile_px": 128} | options
    shape, bands = (777, 1001), [picture(777, 1001)]
    write_pyramid(path, bands, shape=shape, spacing_um=0.5, container=container, **options)
    with openslide.OpenSlide(path) as slide:
        assert slide.level_dimensions == tuple((1001 // f, 777 // f) for f in factors)
        expected = [(1001 / (1001 // f) + 777 / (777 // f)) / 2 for f in factors]
        assert slide.level_downsamples == pytest.approx(expected)
        side = str(options["tile_px"])
        assert slide.properties["openslide.level[0].tile-width"] == side


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 90), min_size=1, max_size=6), st.sampled_from(CONTAINERS))
def test_the_cut_into_bands_changes_nothing(tmp_path_factory, heights, container):
    folder = tmp_path_factory.mktemp("bands")
    height = sum(heights)
    whole = picture(height, 100)
    bands = np.split(whole, np.cumsum(heights)[:-1])
    for name, parts in (("one.tif", [whole]), ("many.tif", bands)):
        write_pyramid(
            folder / name,
            parts,
            shape=(height, 100),
            spacing_um=1.0,
            tile_px=32,
            container=container,
        )
    assert (folder / "one.tif").read_bytes() == (folder / "many.tif").read_bytes()


@pytest.mark.parametrize("container", CONTAINERS)
def test_neither_date_nor_software_is_written(tmp_path, container):
    path = tmp_path / "a.tif"
    write_pyramid(path, [picture(64, 64)], shape=(64, 64), spacing_um=0.5, container=container)
    with tifffile.TiffFile(path) as tiff:
        tags = {tag.name for page in tiff.pages for tag in page.tags}
    assert not tags & {"DateTime", "Software", "Artist", "HostComputer"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_large_slides_have_64_bit_offsets(tmp_path, monkeypatch, container):
    monkeypatch.setattr(pyramid, "BIG_TIFF_PIXELS", 300 * 300)
    images = {}
    for height in (299, 300):
        path, whole = tmp_path / f"{height}.tif", picture(300, 300)[:height]
        write_pyramid(path, [whole], shape=(height, 300), spacing_um=0.5, container=container)
        with tifffile.TiffFile(path) as tiff, openslide.OpenSlide(path) as slide:
            images[tiff.is_bigtiff] = read(slide, 0)[:256]
    assert np.array_equal(images[False], images[True])


@pytest.mark.parametrize("container", CONTAINERS)
def test_memory_is_one_strip_a_level_however_wide(tmp_path, container):
    width, strip = 100_000, 100_000 * 256 * 3
    # 500 rows fill no strip of 256: the first level has to keep one too.
    bands = [np.zeros((500, width, 3), np.uint8)] * 2
    tracemalloc.start()
    write_pyramid(
        tmp_path / "a.tif", bands, shape=(1000, width), spacing_um=0.5, container=container
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Strips of 1, 1/2, 1/4, … and what a half strip is halved to; raw spools would be far above.
    assert peak < 2.6 * strip


def test_memory_does_not_grow_with_height(tmp_path):
    band = picture(64, 512)
    peaks = []
    for bands in (16, 16, 128):  # the first run warms the caches of tifffile
        tracemalloc.start()
        write_pyramid(
            tmp_path / "a.tif",
            (band for _ in range(bands)),
            shape=(64 * bands, 512),
            spacing_um=1,
            levels=3,
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.05 * peaks[1]


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_error_leaves_nothing_behind(tmp_path, container):
    seen = []

    def bands():
        yield picture(300, 300)
        seen.extend(tmp_path.iterdir())
        raise RuntimeError("the pen fell")

    with pytest.raises(RuntimeError, match="the pen fell"):
        write_pyramid(
            tmp_path / "a.tif", bands(), shape=(600, 300), spacing_um=0.5, container=container
        )
    # Spools have no name even while they are written: a killed job leaves none either.
    assert [path.name for path in seen] in ([], ["a.tif"])
    assert not list(tmp_path.iterdir())


def test_spools_stand_in_the_folder_of_the_slide(tmp_path, monkeypatch):
    folders, make = [], pyramid.TemporaryFile

    def watch(**options):
        folders.append(options["dir"])
        return make(**options)

    monkeypatch.setattr(pyramid, "TemporaryFile", watch)
    write_pyramid(tmp_path / "a.tif", [picture(600, 600)], shape=(600, 600), spacing_um=0.5)
    # The first of three levels goes to the file at once.
    assert folders == [tmp_path] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tile_px": 100}, "tile_px is 100; a JPEG TIFF takes positive multiples of 16"),
        ({"tile_px": 0}, "tile_px is 0; a JPEG TIFF takes positive multiples of 16"),
        ({"levels": 9}, "9 levels of a slide of 64 × 64 px; give from 1 to 7"),
        ({"levels": 0}, "0 levels of a slide of 64 × 64 px; give from 1 to 7"),
        ({"levels": 5, "container": "aperio"}, "5 levels .* 64 × 64 px; give from 1 to 4"),
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
    assert not list(tmp_path.iterdir())
