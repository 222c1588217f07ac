"""Tiles of one slide are kept for those who read it next, and no others."""

import numpy as np
import pytest

from histopress.slide.geometry import lay_geometry
from histopress.slide.memory import TileMemory
from histopress.slide.reader import TileReader
from histopress.slide.settings import GridSettings
from histopress.slide.source import open_slide
from histopress.slide.spacing import settle_spacing


@pytest.fixture
def slide(tmp_path, write_pyramid):
    def write(name, seed=0):
        image = np.random.default_rng(seed).integers(0, 256, (256, 192, 3), dtype=np.uint8)
        return write_pyramid(tmp_path / f"{name}.tif", [image], spacing_um=0.5)

    return write


def geometry_of(path, stride=64):
    with open_slide(path, path.stem) as opened:
        return lay_geometry(
            slide_id=path.stem,
            sizes=opened.level_dimensions,
            downsamples=opened.level_downsamples,
            spacing=settle_spacing(opened.properties, slide_id=path.stem),
            settings=GridSettings(tile_px=64, stride_px=stride, spacing_um=0.5),
        )


def read_all(path, geometry, memory=None):
    with TileReader(path, geometry, memory=memory) as reader:
        return [reader.read((x, y)) for y in geometry.tops for x in geometry.lefts]


@pytest.fixture
def counted(monkeypatch):
    """Count what is read from a slide's file."""
    calls = []
    read = TileReader._read

    def counting(self, xy):
        calls.append(xy)
        return read(self, xy)

    monkeypatch.setattr(TileReader, "_read", counting)
    return calls


def test_the_second_reader_gets_the_same_tiles_and_opens_no_pixel(slide, counted):
    path, memory = slide("a"), TileMemory()
    geometry = geometry_of(path)
    plain = read_all(path, geometry)
    assert len(counted) == 12
    for _ in range(2):
        kept = read_all(path, geometry, memory)
        assert all(np.array_equal(one, other) for one, other in zip(plain, kept, strict=True))
    assert len(counted) == 24


def test_another_slide_or_grid_is_never_given_these_tiles(slide):
    memory = TileMemory()
    first, second = slide("a"), slide("b", seed=1)
    for path, stride in ((first, 64), (second, 64), (first, 64), (first, 32), (first, 64)):
        geometry = geometry_of(path, stride)
        plain, kept = read_all(path, geometry), read_all(path, geometry, memory)
        assert all(np.array_equal(one, other) for one, other in zip(plain, kept, strict=True))


def test_one_slide_is_kept_at_a_time(slide, counted):
    memory = TileMemory()
    first, second = slide("a"), slide("b", seed=1)
    for path in (first, second, first):
        read_all(path, geometry_of(path), memory)
    assert len(counted) == 36


def test_what_is_beyond_the_limit_is_read_each_time(slide, counted):
    path, tile = slide("a"), 64 * 64 * 3
    geometry, memory = geometry_of(path), TileMemory(limit_bytes=5 * tile + 1)
    plain = read_all(path, geometry)
    read_all(path, geometry, memory)
    kept = read_all(path, geometry, memory)
    assert len(counted) == 12 + 12 + 7
    assert all(np.array_equal(one, other) for one, other in zip(plain, kept, strict=True))
