from dataclasses import replace

import h5py
import numpy as np
import pytest

from histopress.errors import StoreError
from histopress.slide.geometry import Geometry
from histopress.slide.settings import GridSettings, TissueSettings
from histopress.slide.tiles import Tiles, no_tiles, read_tiles, write_tiles

GEOMETRY = Geometry(
    slide_id="A1",
    width=1000,
    height=600,
    spacing_um=0.2525,
    spacing_source="file",
    asked_um=0.5,
    read_um=0.505,
    level=0,
    downsample=1.0,
    level_width=1000,
    level_height=600,
    shrink="box",
    factor=2.0,
    tile_px=128,
    stride_px=128,
)
TILES = Tiles(
    slide_id="A1",
    geometry=GEOMETRY,
    coords=np.array([[256, 0], [0, 256]]),
    tile_index=np.array([[-1, 0, -1], [1, -1, -1]], np.int32),
    tissue=np.array([[0.1, 0.9, 0], [0.7, 0.6, 0]], np.float32),
)
SETTINGS = GridSettings(tissue=TissueSettings(closing_um=24))


def same(a: Tiles, b: Tiles) -> bool:
    arrays = ("coords", "tile_index", "tissue")
    plain = [
        replace(tiles, **dict.fromkeys(arrays, 0))  # type: ignore[arg-type]
        for tiles in (a, b)
    ]
    return plain[0] == plain[1] and all(
        np.array_equal(getattr(a, name), getattr(b, name))
        and getattr(a, name).dtype == getattr(b, name).dtype
        for name in arrays
    )


@pytest.mark.parametrize(
    "tiles",
    [
        TILES,
        no_tiles("A1", "no tissue: µ", GEOMETRY),
        no_tiles("A1", "cannot be opened"),
    ],
)
def test_round_trip(tmp_path, tiles):
    write_tiles(tmp_path / "a.h5", tiles, SETTINGS)
    assert same(read_tiles(tmp_path / "a.h5"), tiles)


def test_equal_tiles_are_equal_bytes(tmp_path):
    write_tiles(tmp_path / "a.h5", TILES, SETTINGS)
    write_tiles(tmp_path / "b.h5", TILES, SETTINGS)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_what_other_tools_find(tmp_path):
    write_tiles(tmp_path / "a.h5", TILES, SETTINGS)
    with h5py.File(tmp_path / "a.h5") as file:
        attributes = dict(file.attrs)
        assert file["coords"].chunks == (2, 2)
    expected = {
        "schema": "tiles/1",
        "slide": "A1",
        "status": "ok",
        "spacing_um": 0.2525,
        "spacing_source": "file",
        "spacing_asked_um": 0.5,
        "spacing_read_um": 0.505,
        "level": 0,
        "downsample": 1.0,
        "tile_px": 128,
        "tile_px_level0": 256.0,
        "stride_px": 128,
        "stride_px_level0": 256.0,
        "level0_width": 1000,
        "level0_height": 600,
        "min_tissue": 0.6,
        "tissue_closing_um": 24.0,
        "cells": 6,
        "tiles": 2,
    }
    assert {name: attributes[name] for name in expected} == expected
    assert attributes["origin"].tolist() == [0, 0]
    assert "reason" not in attributes


def test_an_excluded_slide_says_why_and_has_no_tiles(tmp_path):
    write_tiles(tmp_path / "a.h5", no_tiles("A1", "faded"), SETTINGS)
    with h5py.File(tmp_path / "a.h5") as file:
        assert (file.attrs["status"], file.attrs["reason"]) == ("excluded", "faded")
        assert file["coords"].shape == (0, 2)
    assert read_tiles(tmp_path / "a.h5").excluded
    assert not TILES.excluded


def test_a_foreign_file_is_refused(tmp_path):
    h5py.File(tmp_path / "a.h5", "w").close()
    with pytest.raises(StoreError, match=r"'none'.*'tiles/1'"):
        read_tiles(tmp_path / "a.h5")
