"""The sheet that shows what training sees."""

import argparse
import json

import numpy as np
import pytest
from PIL import Image

from histopress.cli import encoder_preview
from histopress.errors import ConfigError
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import PatchTable, write_patches

OFF = {
    **dict.fromkeys(("turn", "mirror", "shift"), False),
    **dict.fromkeys(("scale", "elastic_alpha", "hue", "saturation", "stain", "brightness")),
    **dict.fromkeys(("contrast", "noise", "blur")),
}


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    encoder_preview.add_arguments(parser)
    return encoder_preview.run(parser.parse_args(arguments))


@pytest.fixture
def table():
    """Twelve patches of two classes; each is of one colour of its own."""
    colours = np.random.default_rng(1).permutation(200)[:36].reshape(12, 3).astype(np.uint8)
    return PatchTable(
        images=np.broadcast_to(colours[:, None, None], (12, 24, 24, 3)).copy(),
        labels=np.repeat([0, 1], 6),
        classes=("stroma", "tumour"),
        groups=tuple("abcdefghijkl"),
        parts=np.tile(np.array([0, 0, 2], np.uint8), 4),
        spacing_um=1.0,
        input_px=16,
    )


@pytest.fixture
def here(tmp_path, monkeypatch, table):
    monkeypatch.chdir(tmp_path)
    write_patches(tmp_path / "p.h5", table)
    return tmp_path


def test_a_sheet_of_all_transforms(here, capsys):
    options = ["--patches=p.h5", "--rows=3", "--columns=2"]
    for name in ("a.png", "b.png"):
        assert run(*options, f"--sheet=out/{name}") == 0
    run(*options, "--sheet=out/c.png", "--seed=2")
    first, second, other = ((here / "out" / f"{name}.png").read_bytes() for name in "abc")
    assert first == second != other
    assert "3 patches, 2 variations" in capsys.readouterr().out
    assert len(list((here / "out").iterdir())) == 3


def test_patches_are_of_the_training_part_and_of_all_classes(table):
    for count in (1, 2, 5, 8, 99):
        places = encoder_preview.choose_patches(table, count, seed=3)
        assert len(places) == len(set(places)) == min(count, 8)
        assert set(table.parts[places]) == {0}
        counts = np.bincount(table.labels[places], minlength=2)
        assert abs(counts[0] - counts[1]) <= 1


def test_with_everything_off_patches_stand_as_they_are(here, table):
    run(
        "--patches=p.h5",
        "--sheet=s.png",
        "--rows=4",
        "--columns=3",
        f"--settings={json.dumps(OFF)}",
    )
    sheet = np.asarray(Image.open(here / "s.png"))
    places = encoder_preview.choose_patches(table, 4, seed=1)
    side = 16 * 6
    for place in places:
        assert (sheet == table.images[place, 0, 0]).all(2).sum() == 4 * side * side


def test_each_transform_at_both_ends_has_a_row(table):
    from histopress.patches.augment.ends import transform_ends

    labels = [label for label, _ in transform_ends(AugmentSettings())]
    expected = "turn mirror shift scale elastic hue saturation haematoxylin eosin DAB "
    expected += "brightness contrast noise blur"
    assert [label.split()[0] for label in labels] == expected.split()
    ends = dict(transform_ends(AugmentSettings()))["brightness 0.65–1.35"]
    assert [end.brightness.item() for end in ends] == pytest.approx([0.65, 1.35])
    assert not list(transform_ends(AugmentSettings(**OFF)))


def test_settings_of_an_encoder_or_of_augmentation(tmp_path):
    encoder = {"kind": "multitask", "grid": "g", "tasks": ["t"], "augment": {"hue": 0.7}}
    assert encoder_preview.read_augmentation(json.dumps(encoder)).hue == 0.7
    assert encoder_preview.read_augmentation('{"hue": 0.6}').hue == 0.6
    assert encoder_preview.read_augmentation(None) == AugmentSettings()
    path = tmp_path / "encoder.json"
    path.write_text(json.dumps(encoder))
    assert encoder_preview.read_augmentation(str(path)).hue == 0.7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"kind": "vae", "grid": "g", "tasks": ["t"]}', "kind 'vae' does not vary"),
        ('{"hue": 7}', "hue"),
        ("nowhere.json", "neither JSON nor a file"),
        ('{"hue": ', "no JSON"),
    ],
)
def test_settings_that_cannot_be_used(text, message):
    with pytest.raises(ConfigError, match=message):
        encoder_preview.read_augmentation(text)


def test_nothing_to_show_and_no_rows(here, table):
    write_patches(here / "empty.h5", table.select(np.arange(0)))
    with pytest.raises(ConfigError, match="holds no patches"):
        run("--patches=empty.h5", "--sheet=s.png")
    with pytest.raises(SystemExit):
        run("--patches=p.h5", "--sheet=s.png", "--rows=0")


def test_real_tiles(data, here):
    import cv2

    files = sorted((data / "tiles/lymph/train/tumour").glob("*"))[:4]
    tiles = np.stack([cv2.imread(str(file))[..., ::-1] for file in files])
    groups = tuple(file.name for file in files)
    labels = np.zeros(4, np.int64)
    real = PatchTable(
        images=tiles,
        labels=labels,
        classes=("tumour",),
        groups=groups,
        spacing_um=0.97,
        input_px=64,
    )
    write_patches(here / "real.h5", real)
    assert run("--patches=real.h5", "--sheet=s.png", "--rows=2", "--columns=3") == 0
    sheet = np.asarray(Image.open(here / "s.png"))
    # 4 patches a row of the first block, 14 transforms below it, each px doubled.
    assert sheet.shape[0] > (2 + 14) * 128 and sheet.shape[1] > 4 * 128
