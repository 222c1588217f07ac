import subprocess
import sys
import zlib
from itertools import repeat

import numpy as np
import pytest
import tifffile

from histopress.errors import NoTissue, SlideMissing, SpacingFault, UnreadableSlide
from histopress.slide import tiling as module
from histopress.slide.reader import TileReader
from histopress.slide.settings import GridSettings
from histopress.slide.source import open_slide
from histopress.slide.tiling import survey_slide, tile_slide


@pytest.fixture(scope="module")
def slide(tmp_path_factory, write_pyramid, stained):
    fine = stained(2048, 2560, radius=700)
    levels = [fine, fine[::4, ::4].copy()]
    return write_pyramid(tmp_path_factory.mktemp("slide") / "a.tif", levels, spacing_um=0.25)


def test_kept_tiles_are_those_on_tissue(slide):
    tiling = tile_slide(slide, slide_id="A1")
    tiles = tiling.tiles
    assert tiles.tile_index.shape == (8, 10)
    fine = np.zeros((2048, 2560))
    y, x = np.ogrid[:2048, :2560]
    fine[(y - 1024) ** 2 + (x - 1280) ** 2 < 700**2] = 1
    truth = fine.reshape(8, 256, 10, 256).mean(axis=(1, 3))
    assert np.abs(tiles.tissue - truth).max() < 0.12
    kept = tiles.tile_index >= 0
    assert kept[truth > 0.75].all()
    assert not kept[truth < 0.45].any()
    with TileReader(slide, tiles.geometry) as reader:
        assert reader.read_many(tiles.coords)[..., 1].mean() < 150


def test_equal_slides_give_equal_tiles(slide):
    first, second = (tile_slide(slide, slide_id="A1").tiles for _ in range(2))
    assert first.geometry == second.geometry
    for name in ("coords", "tile_index", "tissue"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_the_manifest_wins(slide):
    geometry = tile_slide(slide, slide_id="A1", declared_spacing_um=0.5).tiles.geometry
    assert (geometry.spacing_um, geometry.spacing_source, geometry.shrink) == (
        0.5,
        "manifest",
        "none",
    )


def test_the_slide_is_opened_once(slide, monkeypatch):
    opened = []
    monkeypatch.setattr(
        module, "open_slide", lambda *names: opened.append(names) or open_slide(*names)
    )
    tile_slide(slide, slide_id="A1")
    assert len(opened) == 1


def test_faults_are_raised_or_returned(tmp_path, write_pyramid, stained):
    empty = write_pyramid(tmp_path / "e.tif", [stained(600, 600, radius=0)], spacing_um=0.5)
    with pytest.raises(NoTissue, match=r"slide 'A1': none of 16 tiles.*60%"):
        tile_slide(empty, slide_id="A1")
    surveyed = survey_slide(empty, slide_id="A1")
    assert isinstance(surveyed.fault, NoTissue)
    assert surveyed.tiles.excluded
    assert surveyed.tiles.reason == str(surveyed.fault)
    assert surveyed.tiles.coords.shape == (0, 2)
    assert (surveyed.tiles.tile_index == -1).all()
    assert surveyed.thumbnail is not None


def test_a_missing_file_is_always_raised(tmp_path):
    with pytest.raises(SlideMissing):
        survey_slide(tmp_path / "gone.svs", slide_id="A1")


HE = "he/cmu-1-small-region.svs"
TCGA = "he/tcga-cr-7395.no-mpp.svs"
CPTAC = "he/cptac-c3l-00601-26.no-mpp.tif"
FIELD = "he/breast-field.no-mpp.tif"
YCBCR = "odd/dicom-ycbcr-as-rgb/level-0-frames-0-30.dcm"
MPP = "odd/mpp-100-times-too-small.tiff"


@pytest.mark.parametrize(
    ("name", "declared", "asked", "shape", "kept"),
    [
        (HE, None, 0.5, (23, 17), (138, 154)),
        (TCGA, 0.5, 0.5, (27, 34), (590, 612)),
        (CPTAC, 1.0, 1.0, (40, 42), (530, 550)),
        (FIELD, 0.25, 0.5, (7, 7), (49, 49)),
        (MPP, 0.499, 0.5, (23, 17), (138, 154)),
        ("odd/almost-empty.tif", 8.0, 8.0, (7, 11), (0, 1)),
    ],
)
def test_real_slides(slides, name, declared, asked, shape, kept):
    """Bounds around what was found when the overlays were looked at (November 2026)."""
    tiling = survey_slide(
        slides / name,
        slide_id="A1",
        declared_spacing_um=declared,
        settings=GridSettings(spacing_um=asked),
    )
    assert tiling.tiles.tile_index.shape == shape
    assert kept[0] <= len(tiling.tiles.coords) <= kept[1]


@pytest.mark.parametrize(
    ("name", "declared", "error", "words"),
    [
        (TCGA, None, SpacingFault, "no spacing in the file; give 'spacing_um'"),
        (CPTAC, None, SpacingFault, "no spacing in the file; give 'spacing_um'"),
        (FIELD, None, SpacingFault, "no spacing in the file; give 'spacing_um'"),
        (CPTAC, 1.0, SpacingFault, "finest level has 1 µm/px, coarser than the 0.5"),
        ("odd/almost-empty.tif", None, SpacingFault, "no spacing in the file"),
        ("odd/almost-empty.tif", 0.5, NoTissue, "none of 77 tiles"),
        ("odd/fluorescence.ndpi", None, UnreadableSlide, "not look like brightfield: 70% .*black"),
        (MPP, None, SpacingFault, "0.00499 µm/px.*100 times as much is 0.499"),
        (YCBCR, None, UnreadableSlide, r"flat \(Y, 128, 128\).*YCbCr"),
        ("odd/camelyon-overview-29mpp.dcm", None, SpacingFault, "28.97 µm/px; plausible"),
        ("odd/😐.svs", None, NoTissue, "16 × 16 px .* smaller than one tile"),
        ("broken/truncated.svs", None, UnreadableSlide, "no format that OpenSlide .*cut short"),
        ("broken/unreadable.svs", None, UnreadableSlide, "damaged .*Bogus marker length"),
        ("broken/unopenable.tiff", None, UnreadableSlide, "Unsupported TIFF compression: 52479"),
        ("broken/not-openslide.ome.tif", None, UnreadableSlide, "convert it to a pyramidal TIFF"),
        ("broken/small.svs", None, NoTissue, "16 × 16 px .* smaller than one tile"),
        ("broken/boxes.tiff", None, SpacingFault, "352.8 µm/px.*72 dots per inch"),
    ],
)
def test_every_fault_has_its_message(slides, name, declared, error, words):
    with pytest.raises(error, match=words) as caught:
        tile_slide(slides / name, slide_id="A1", declared_spacing_um=declared)
    assert str(caught.value).startswith("slide 'A1'")


def test_every_odd_and_broken_slide_has_its_row(slides):
    (marks,) = (
        mark for mark in test_every_fault_has_its_message.pytestmark if mark.name == "parametrize"
    )
    rows = {row[0].split("/")[1] for row in marks.args[1]}
    found = {path.name for folder in ("odd", "broken") for path in (slides / folder).iterdir()}
    assert found <= rows


SURVEY = """
import resource, sys
from pathlib import Path
from histopress.slide.tiling import survey_slide
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
survey_slide(Path(sys.argv[1]), slide_id="A1")
first = peak()
assert len(survey_slide(Path(sys.argv[2]), slide_id="A1").tiles.coords) > 1000
print(peak() - first)
"""


def write_large(path, side):
    """One level only, so that everything has to be read; RGBA it would be 4 · side² bytes."""
    tile = zlib.compress(np.full((1024, 1024, 3), (205, 120, 170), np.uint8).tobytes(), 1)
    tifffile.imwrite(
        path,
        repeat(tile, (side // 1024) ** 2),
        shape=(side, side, 3),
        dtype=np.uint8,
        tile=(1024, 1024),
        photometric="rgb",
        compression="zlib",
        resolution=(20_000, 20_000),
        resolutionunit="CENTIMETER",
        metadata=None,
    )
    return path


def test_memory_does_not_grow_with_the_slide(tmp_path):
    """3,072² px first, then 10,240² px: as RGBA 38 and 419 MB."""
    small = write_large(tmp_path / "small.tif", 3 * 1024)
    large = write_large(tmp_path / "large.tif", 10 * 1024)
    command = [sys.executable, "-c", SURVEY, str(small), str(large)]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 60
