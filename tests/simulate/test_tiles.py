import shutil

import cv2
import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.pictures import hash_picture
from histopress.simulate.tiles import TileFile, gather_tiles, group_duplicates

CLASSES = ("tumour", "normal")


def groups_by_file(tiles, bits=4):
    return dict(zip((tile.file for tile in tiles), group_duplicates(tiles, bits), strict=True))


def test_classes_are_folder_names_at_any_depth(tile_folder):
    folder = tile_folder({"train/tumour": 3, "valid/tumour": 2, "train/normal": 4, "other": 1})
    tiles = gather_tiles(folder, CLASSES)
    assert [tile.file for tile in tiles] == sorted(tile.file for tile in tiles)
    assert sum(tile.class_name == "tumour" for tile in tiles) == 5
    assert sum(tile.class_name == "normal" for tile in tiles) == 4


def test_copies_recompressed_and_turned_tiles_are_grouped(tile_folder):
    folder = tile_folder({"tumour": 30, "normal": 30})
    source = folder / "tumour" / "0000.png"
    picture = cv2.imread(str(source))
    shutil.copy(source, folder / "normal" / "copy.png")
    variants = {
        "jpeg.jpg": picture,
        "bright.png": cv2.convertScaleAbs(picture, alpha=0.8, beta=20),
        "mirror.png": np.ascontiguousarray(picture[:, ::-1]),
        "turned.png": np.ascontiguousarray(np.rot90(picture)),
        "transposed.png": np.ascontiguousarray(picture.transpose(1, 0, 2)[::-1]),
    }
    for name, variant in variants.items():
        cv2.imwrite(str(folder / "normal" / name), variant)
    found = groups_by_file(gather_tiles(folder, CLASSES))
    family = {"tumour/0000.png", "normal/copy.png", *(f"normal/{name}" for name in variants)}
    assert {file for file, group in found.items() if group == found["tumour/0000.png"]} == family
    assert len(set(found.values())) == 60


def test_all_eight_orientations_hash_to_one_group():
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(size=(64, 64, 3)).astype(np.float32), (0, 0), 3)
    picture = np.clip(noise / noise.std() * 40 + 128, 0, 255).astype(np.uint8)
    tiles = [
        TileFile(
            file=f"{turns}{mirror}",
            class_name="x",
            sha256=f"{turns}{mirror}",
            perceptual_hash=hash_picture(
                np.ascontiguousarray(np.rot90(picture[:, ::mirror], turns))
            ),
            side_px=64,
        )
        for turns in range(4)
        for mirror in (1, -1)
    ]
    assert len({tile.perceptual_hash for tile in tiles}) == 8
    assert set(group_duplicates(tiles, 1)) == {0}


def test_exclusion_takes_near_duplicates_along(tile_folder):
    folder = tile_folder({"tumour": 5, "normal": 5})
    picture = cv2.imread(str(folder / "tumour" / "0001.png"))
    cv2.imwrite(str(folder / "tumour" / "again.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    every = gather_tiles(folder, CLASSES)
    digest = next(tile.sha256 for tile in every if tile.file == "tumour/0001.png")
    kept = gather_tiles(folder, CLASSES, exclude=[digest])
    gone = {tile.file for tile in every} - {tile.file for tile in kept}
    assert gone == {"tumour/0001.png", "tumour/again.jpg"}


def test_refuses_unequal_sizes(tile_folder):
    folder = tile_folder({"tumour": 2, "normal": 2})
    cv2.imwrite(str(folder / "normal" / "big.png"), np.zeros((48, 48, 3), np.uint8))
    with pytest.raises(
        ConfigError, match=r"32 px .* 48 px \('normal/big.png'\); give tiles of one"
    ):
        gather_tiles(folder, CLASSES)


def test_refuses_a_class_without_tiles(tile_folder):
    folder = tile_folder({"tumour": 2, "normal": 2})
    with pytest.raises(ConfigError, match=r"no tiles of \['tumor'\].*\['normal', 'tumour'\]"):
        gather_tiles(folder, ("tumor", "normal"))


def test_refuses_what_is_no_picture(tile_folder):
    folder = tile_folder({"tumour": 2, "normal": 2})
    (folder / "normal" / "bad.jpg").write_bytes(b"text")
    with pytest.raises(ConfigError, match=r"picture 'normal/bad\.jpg': cannot be decoded"):
        gather_tiles(folder, CLASSES)


def test_refuses_tiles_that_are_not_square(tile_folder):
    folder = tile_folder({"tumour": 2, "normal": 2})
    cv2.imwrite(str(folder / "normal" / "wide.png"), np.zeros((32, 48, 3), np.uint8))
    with pytest.raises(ConfigError, match=r"'normal/wide\.png': is 32 × 48 px"):
        gather_tiles(folder, CLASSES)
