from collections import defaultdict
from dataclasses import replace

import cv2
import numpy as np
import openslide
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.simulate.collage import (
    MANIFEST_COLUMNS,
    TILE_COLUMNS,
    manifest_rows,
    plan_collage,
    tile_rows,
    write_collage_slide,
)
from histopress.simulate.follow_up import COLUMNS
from histopress.simulate.settings import CollageSettings
from histopress.simulate.tiles import TileFile, gather_tiles, group_duplicates

CLASSES = ("tumour", "normal")


def made_up_tiles(count, copies, seed):
    """Tiles without files; some have the hash, others the digest of an earlier one."""
    rng = np.random.default_rng(seed)
    tiles = []
    for number in range(count):
        fresh = TileFile(
            file=f"{number:04d}",
            class_name=CLASSES[number % 2],
            sha256=f"{rng.integers(2**62):064x}",
            perceptual_hash=int(rng.integers(2**63)),
            side_px=96,
        )
        if tiles and rng.random() < copies:
            other = tiles[rng.integers(len(tiles))]
            part = "sha256" if rng.random() < 0.5 else "perceptual_hash"
            fresh = replace(fresh, **{part: getattr(other, part)})
        tiles.append(fresh)
    return tiles


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.3), st.integers(1, 8))
def test_no_tile_and_no_near_duplicate_serves_two_patients(seed, copies, patients):
    tiles = made_up_tiles(600, copies, seed)
    asked = CollageSettings(n_patients=patients, tiles_per_slide=(5, 15))
    plan = plan_collage(tiles, asked, seed=seed)
    group_of = dict(zip((t.file for t in tiles), group_duplicates(tiles, 4), strict=True))
    patients_of = defaultdict(set)
    files = []
    for row in tile_rows(plan):
        files.append(row["file"])
        patients_of[group_of[row["file"]]].add(row["patient_id"])
    assert len(files) == len(set(files))
    assert all(len(owners) == 1 for owners in patients_of.values())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(1, 5), st.integers(1, 5))
def test_labels_fractions_and_places_agree(seed, prevalence, patients, more):
    tiles = made_up_tiles(1200, 0.05, seed)
    asked = CollageSettings(n_patients=patients, prevalence=prevalence, tiles_per_slide=(5, 30))
    plan = plan_collage(tiles, asked, seed=seed)
    class_of = {tile.file: tile.class_name for tile in tiles}
    for slide, row in zip(plan.slides, manifest_rows(plan), strict=True):
        positives = sum(class_of[placed.file] == "tumour" for placed in slide.placements)
        assert 5 <= len(slide.placements) <= 30
        assert row["tumour_fraction"] == positives / len(slide.placements)
        assert row["contains_tumour"] == int(positives > 0)
        assert positives == 0 or 0.1 <= row["tumour_fraction"] <= 0.7
        places = {(placed.row, placed.col) for placed in slide.placements}
        assert len(places) == len(slide.placements)
        # One free cell all round: tissue never touches the slide's border.
        assert all(0 < row < slide.cells - 1 and 0 < col < slide.cells - 1 for row, col in places)
    longer = plan_collage(tiles, replace(asked, n_patients=patients + more), seed=seed)
    assert longer.slides[: len(plan.slides)] == plan.slides
    assert longer.patients.items() >= plan.patients.items()


def test_seeds_tell():
    tiles = made_up_tiles(300, 0.0, 0)
    asked = CollageSettings(n_patients=4, tiles_per_slide=(5, 9))
    assert plan_collage(tiles, asked, seed=1) == plan_collage(tiles, asked, seed=1)
    assert plan_collage(tiles, asked, seed=1) != plan_collage(tiles, asked, seed=2)


def test_a_patients_slides_share_centre_and_survival_and_the_hazard_follows_the_fraction():
    asked = CollageSettings(n_patients=30, tiles_per_slide=(5, 30), slides_per_patient=(1, 3))
    rows = manifest_rows(plan_collage(made_up_tiles(4000, 0.0, 0), asked, seed=1))
    patients = defaultdict(list)
    for row in rows:
        patients[row["patient_id"]].append(row)
    assert len({row["survival_months"] for row in rows}) == 30
    assert {row["center"] for row in rows} == {"A", "B", "C"}
    # A slide's share is even in 0.2 to 0.6 for half of the patients, else 0.
    sd = (0.5 * (0.2**2 + 0.2 * 0.6 + 0.6**2) / 3 - 0.2**2) ** 0.5
    for found in patients.values():
        shared = ("center", *COLUMNS)
        assert len({tuple(row[name] for name in shared) for row in found}) == 1
        fraction = np.mean([row["tumour_fraction"] for row in found])
        expected = (fraction - 0.2) / sd + 0.5 * (found[0]["grade"] - 2)
        assert found[0]["true_log_hazard"] == pytest.approx(expected)


def test_too_few_tiles_are_refused_with_numbers():
    with pytest.raises(ConfigError, match=r"too few negative tiles: .* takes \d+, .* gives 50 "):
        plan_collage(made_up_tiles(100, 0.0, 0), CollageSettings(), seed=1)


def test_other_sizes_are_refused():
    with pytest.raises(ConfigError, match="tile '0000': is 96 px wide, 'tile_px' is 64"):
        plan_collage(made_up_tiles(10, 0.0, 0), CollageSettings(tile_px=64), seed=1)


def test_the_file_shows_the_tiles_where_the_plan_says(tmp_path, tile_folder, few):
    folder = tile_folder({"train/tumour": 60, "train/normal": 90})
    plan = plan_collage(gather_tiles(folder, CLASSES), few, seed=1)
    slide = next(slide for slide in plan.slides if slide.contains_tumour)
    path = tmp_path / "a.tif"
    write_collage_slide(path, slide, folder=folder, settings=few, seed=1)
    with openslide.OpenSlide(path) as opened:
        assert opened.dimensions == (slide.cells * 32,) * 2
        assert float(opened.properties["openslide.mpp-x"]) == pytest.approx(0.97, rel=1e-8)
        image = np.asarray(opened.read_region((0, 0), 0, opened.dimensions).convert("RGB"))
    empty = np.ones(image.shape[:2], bool)
    for placed in slide.placements:
        part = (
            slice(placed.row * 32, placed.row * 32 + 32),
            slice(placed.col * 32, placed.col * 32 + 32),
        )
        tile = cv2.imread(str(folder / placed.file))[..., ::-1]
        # The tiles' colour noise is finer than JPEG's chroma; brightness tells them apart.
        assert np.corrcoef(image[part].mean(-1).ravel(), tile.mean(-1).ravel())[0, 1] > 0.97
        assert placed.positive == (placed.file.split("/")[-2] == "tumour")
        empty[part] = False
    inside = cv2.erode(empty.astype(np.uint8), np.ones((17, 17))) > 0
    assert image[inside].min() > 230
    assert 0 < image[inside].std() < 4


def test_equal_seeds_give_equal_bytes(tmp_path, tile_folder, few):
    folder = tile_folder({"tumour": 60, "normal": 90})
    plan = plan_collage(gather_tiles(folder, CLASSES), few, seed=1)
    for name in "ab":
        write_collage_slide(
            tmp_path / f"{name}.tif", plan.slides[0], folder=folder, settings=few, seed=1
        )
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_altered_and_missing_tiles_are_refused(tmp_path, tile_folder, few):
    folder = tile_folder({"tumour": 60, "normal": 90})
    slide = plan_collage(gather_tiles(folder, CLASSES), few, seed=1).slides[0]
    file = folder / slide.placements[0].file
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ConfigError, match=r"has digest .*plan the collage again"):
        write_collage_slide(tmp_path / "a.tif", slide, folder=folder, settings=few, seed=1)
    file.unlink()
    with pytest.raises(ConfigError, match="cannot be read below"):
        write_collage_slide(tmp_path / "a.tif", slide, folder=folder, settings=few, seed=1)


def test_rows_hold_the_columns():
    tiles = made_up_tiles(300, 0.0, 0)
    plan = plan_collage(tiles, CollageSettings(n_patients=2, tiles_per_slide=(5, 9)), seed=1)
    assert tuple(manifest_rows(plan)[0]) == MANIFEST_COLUMNS
    assert tuple(tile_rows(plan)[0]) == TILE_COLUMNS


def test_the_lymph_tiles_suffice_for_60_slides_of_40_patients(lymph):
    tiles = gather_tiles(lymph, CLASSES)
    plan = plan_collage(tiles, CollageSettings(), seed=1)
    rows = manifest_rows(plan)
    assert len(rows) == 60
    assert len({row["patient_id"] for row in rows}) == 40
    assert sum(row["contains_tumour"] for row in rows) == 30
    # 4,000 files: 21 pairs and one triple of equal bytes (counted with sha256sum).
    assert len(tiles) - len({tile.sha256 for tile in tiles}) == 23
    assert 3960 <= len(set(group_duplicates(tiles, 4))) <= 3977
