"""One slide's embeddings written for other tools, through the verb."""

import json

import h5py
import numpy as np
import pytest

from histopress.cli.main import main
from histopress.compress.distance import distance_map
from histopress.compress.slide import CompressedSlide, read_compressed, write_compressed
from histopress.slide.geometry import lay_geometry
from histopress.slide.settings import GridSettings
from histopress.slide.spacing import Spacing
from histopress.slide.tiles import Tiles, write_tiles

GRID = GridSettings(tile_px=128, stride_px=128, spacing_um=0.5)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A slide of ours: 0.25 µm/px at level 0, tiles of 128 px at 0.5 µm/px."""
    monkeypatch.chdir(tmp_path)
    geometry = lay_geometry(
        slide_id="s",
        sizes=[(2000, 1500), (1000, 750)],
        downsamples=[1.0, 2.0],
        spacing=Spacing(spacing_um=0.25, source="manifest"),
        settings=GRID,
    )
    kept = np.zeros(geometry.shape, bool)
    kept[1:4, 2:6] = True
    row, column = np.nonzero(kept)
    index = np.full(kept.shape, -1, np.int32)
    index[kept] = np.arange(12)
    coords = np.stack([geometry.lefts[column], geometry.tops[row]], axis=1)
    tiles = Tiles(
        slide_id="s", geometry=geometry, coords=coords, tile_index=index,
        tissue=kept.astype(np.float32),
    )  # fmt: skip
    write_tiles(tmp_path / "tiles.h5", tiles, GRID)
    grid = (np.random.default_rng(0).normal(size=(1, 6, *kept.shape)) * kept).astype(np.float16)
    slide = CompressedSlide(
        slide_id="s",
        grid=grid,
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        attributes={"encoder": "multitask", "weights_sha256": "0" * 64},
    )
    write_compressed(tmp_path / "s.h5", slide)
    return tmp_path


def export(convention, target, *more):
    settings = json.dumps({"convention": convention})
    arguments = ["compress", "export", "s.h5", f"--exported={target}", f"--settings={settings}"]
    return main([*arguments, *more])


def bring_back(path):
    settings = json.dumps({"encoder": {"kind": "features", "path": "{slide}"}})
    assert (
        main(
            ["compress", "import", "--slide-id=s", "--encoder=e", f"--features={path}",
             "--compressed=back.h5", f"--settings={settings}"]
        ) == 0
    )  # fmt: skip
    return read_compressed("back.h5")


@pytest.mark.parametrize("convention", ["clam", "trident", "atlaspatch", "stamp"])
def test_what_goes_out_comes_back(project, convention):
    assert export(convention, "out.h5", "--tiles=tiles.h5") == 0
    back, slide = bring_back("out.h5"), read_compressed(project / "s.h5")
    assert back.attributes["convention"] == convention
    assert np.array_equal(back.grid, slide.grid)
    assert np.array_equal(back.distance, slide.distance)


def test_nics_grid_comes_with_its_distance_map(project):
    slide = read_compressed(project / "s.h5")
    assert export("nic", "s_features.npy", "--distance=s_features_distance_map.npy") == 0
    assert np.array_equal(np.load("s_features.npy"), slide.grid[0])
    assert np.array_equal(np.load("s_features_distance_map.npy"), slide.distance)
    assert np.array_equal(bring_back("s_features.npy").grid, slide.grid)
    assert export("nic", "alone.npy") == 0


def test_other_tools_find_what_they_ask_for(project):
    """Names, shapes and types that their own readers take; see the modules for the sources."""
    for convention in ("clam", "trident", "atlaspatch", "stamp"):
        export(convention, f"{convention}.h5", "--tiles=tiles.h5")
    with h5py.File("clam.h5") as file:
        assert file["features"].dtype == np.float32
        assert file["coords"].dtype == np.int32
        assert file["coords"][0].tolist() == [512, 256]
        assert dict(file["coords"].attrs)["level_dim"].tolist() == [2000, 1500]
    with h5py.File("trident.h5") as file:
        found = file["coords"].attrs
        assert found["patch_size"] == 128
        assert found["patch_size_level0"] == 256
        assert found["target_magnification"] == 20
        assert found["level0_magnification"] == 40
        assert (found["overlap"], found["level0_width"], found["name"]) == (0, 2000, "s")
    with h5py.File("atlaspatch.h5") as file:
        assert file["features/multitask"].shape == (12, 6)
        assert file["coords"][0].tolist() == [512, 256, 256, 256, 0]
        assert int(file.attrs["target_magnification"]) == 20
    with h5py.File("stamp.h5") as file:
        assert file["feats"].dtype == np.float16
        # 512 px of 0.25 µm
        assert file["coords"][0].tolist() == [128, 64]
        assert (file.attrs["tile_size_um"], file.attrs["tile_size_px"]) == (64, 128)
        assert (file.attrs["unit"], file.attrs["feat_type"]) == ("um", "tile")


def test_places_are_asked_for(project, capsys):
    assert export("clam", "out.h5") == 1
    assert "give --tiles" in capsys.readouterr().err
    assert not (project / "out.h5").exists()


def test_an_excluded_slide_is_not_written(project, capsys):
    empty = np.zeros((0, 0), np.float32)
    slide = CompressedSlide(
        slide_id="s", grid=np.zeros((1, 6, 0, 0), np.float16), tissue=empty, distance=empty,
        reason="slide 's': no tissue",
    )  # fmt: skip
    write_compressed(project / "s.h5", slide)
    assert export("nic", "out.npy") == 1
    assert "is excluded (slide 's': no tissue)" in capsys.readouterr().err
