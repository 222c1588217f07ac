"""The digits set, by hand."""

import json

import cv2
import openslide
import pytest

from histopress.cli.main import main
from histopress.cohort.manifest import read_manifest
from histopress.simulate.digits_layout import Rectangle
from histopress.slide.tiles import read_tiles
from histopress.store import file_digest, read_csv

SETTINGS = json.dumps({"image_px": 512, "n_digits": 524, "long_px": [100, 256]})


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def simulate(*options, part="train", out="set"):
    return main(["simulate", "digits", f"--out={out}", f"--part={part}", *options])


def test_images_and_their_manifest(here, capsys):
    assert simulate("--count=3", f"--settings={SETTINGS}") == 0
    told = capsys.readouterr().out
    assert told == (
        "set/train.csv: 3 images of 1197 train digits from scikit-learn's load_digits\n"
    )
    rows = read_csv(here / "set/train.csv")
    assert [row["path"] for row in rows] == [
        f"set/train/digits-train-00000{number}.png" for number in range(3)
    ]
    manifest = read_manifest(here / "set/train.csv", root=here)
    assert len(set(manifest.patients.values())) == 3
    assert set(manifest.column("part").values()) == {"train"}
    for row in rows:
        assert row["sha256"] == file_digest(here / row["path"])
        image = cv2.imread(row["path"], cv2.IMREAD_UNCHANGED)
        assert image.shape == (512, 512)
        corners = Rectangle(
            x=float(row["tilted_x_px"]), y=float(row["tilted_y_px"]),
            long_px=int(row["tilted_long_px"]), angle_deg=int(row["tilted_angle_deg"]),
        ).corners  # fmt: skip
        assert corners.min() >= 0 and corners.max() <= 512
        assert 0 <= int(row["label"]) <= 9 and int(row["tilted_digits"]) > 0


def test_more_images_change_none_and_parts_have_digits_of_their_own(here):
    assert simulate("--count=2", f"--settings={SETTINGS}") == 0
    first = (here / "set/train.csv").read_text().splitlines()
    assert simulate("--count=4", f"--settings={SETTINGS}") == 0
    longer = (here / "set/train.csv").read_text().splitlines()
    assert longer[:3] == first
    assert simulate("--count=1", f"--settings={SETTINGS}", part="test") == 0
    assert (here / "set/test/digits-test-000000.png").exists()
    assert (here / "set/train.csv").exists()
    assert simulate("--count=1", "--seed=2", f"--settings={SETTINGS}", out="other") == 0
    other = read_csv(here / "other/train.csv")[0]
    assert other["sha256"] != read_csv(here / "set/train.csv")[0]["sha256"]


def test_tiffs_can_be_tiled(here):
    assert simulate("--count=1", f"--settings={SETTINGS}", "--format=tif") == 0
    place = "set/train/digits-train-000000.tif"
    with openslide.OpenSlide(place) as slide:
        assert slide.dimensions == (512, 512)
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.5)
    options = [f"--slide={place}", "--tiles=tiles.h5", "--overlay=tiles.png"]
    assert main(["tile", "--slide-id=a", *options]) == 0
    # A grid of 4 × 4 tiles of 128 px covers the image; all are kept.
    assert len(read_tiles(here / "tiles.h5").coords) == 16


def test_digits_of_mnist(here, data, capsys):
    file = data / "mnist/mnist.npz"
    assert simulate("--count=1", f"--mnist={file}", f"--settings={SETTINGS}") == 0
    assert "1 images of 55000 train digits from MNIST (mnist.npz)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--count=0"], "--count: is 0; give 1 to 1000000 images"),
        (["--count=1", "--mnist=gone.npz"], "MNIST file 'gone.npz': no such file"),
        (["--count=1", "--mnist=text.npz"], "MNIST file 'text.npz': cannot be read as NPZ"),
        (
            ["--count=1", '--settings={"image_px": 10, "digits": 1}'],
            "image_px: is 10; input should be greater than or equal to 32",
        ),
        (["--count=1", '--settings={"n_digits": 90000}'], "'n_digits' is 90000; an image of 3600"),
    ],
)
def test_faults_are_told_before_anything_is_written(options, message, here, capsys):
    (here / "text.npz").write_text("no pictures")
    assert simulate(*options) == 1
    assert message in capsys.readouterr().err
    assert not (here / "set").exists()


def test_a_part_must_be_named(capsys):
    with pytest.raises(SystemExit) as stop:
        simulate("--count=1", part="all")
    assert stop.value.code == 2
    assert "train" in capsys.readouterr().err
