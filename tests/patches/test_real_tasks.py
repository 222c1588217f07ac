"""Public tiles, from folder and listing to table."""

import csv

import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.gather import gather_patches
from histopress.patches.opening import open_source, source_files
from histopress.patches.settings import CsvSource, FolderSource, TaskSettings


def real(task, root, *, px=64, um=1.0):
    source = open_source(task, name="r", root=root, input_px=px, input_spacing_um=um, seed=1)
    table = gather_patches(source, task, name="r", input_px=px, input_spacing_um=um, seed=1)
    return source, table


def test_lymph_nodes_keep_their_validation_part(data):
    source = FolderSource(kind="folder", path="tiles/lymph/train", validation="tiles/lymph/valid")
    task = TaskSettings(source=source, spacing_um=0.97, margin_px=16)
    _, table = real(task, data)
    # 23 exact copies (the folder's README: "a few"), and five nearly empty tiles alike, of which
    # two in the training folder.
    assert table.facts["near_duplicates"] == 27
    assert table.facts["dropped"] == 2
    assert table.facts["counts"]["validation"] == {"normal": 500, "tumour": 500}
    assert table.images.shape[1:] == (96, 96, 3)
    assert "neither patient" in table.facts["warnings"][0]


def test_prostate_is_divided_by_image(data):
    source = FolderSource(kind="folder", path="tiles/prostate", slide_pattern="^(.+)_x")
    opened, table = real(TaskSettings(source=source, spacing_um=1.0), data)
    assert table.facts["grouping"] == "slide"
    for origin in {origin.slide_id for origin in opened.origins}:
        of_image = [o.slide_id == origin for o in opened.origins]
        assert len(set(table.parts[of_image])) == 1


def test_colorectal_mirrored_copies_are_grouped(data):
    source = FolderSource(kind="folder", path="tiles/colorectal")
    with pytest.raises(ConfigError, match=r"set 'spacing_um', or set 'reduce'.*1 to 3"):
        real(TaskSettings(source=source), data)
    opened, table = real(TaskSettings(source=source, reduce=3, most_per_class=None), data)
    group_of = {
        o.name.rsplit("/")[-1]: g for o, g in zip(opened.origins, table.groups, strict=True)
    }
    # Compared by eye and by correlation of the pixels: 1.000 after mirroring.
    pairs = [("H_1798", "H_1986"), ("H_3245", "H_413"), ("T_39", "T_89")]
    for one, two in pairs:
        assert group_of[f"image_{one}.jpg"] == group_of[f"image_{two}.jpg"]
    assert table.facts["groups"] == 1250 - 3
    assert np.isnan(table.spacing_um)


def test_mitoses_of_a_listing_are_divided_by_slide(data, tmp_path):
    with (data / "tiles/mitosis/slides.csv").open() as handle:
        slides = {f"{r['dataset']}_{r['uid']}": r["slide"] for r in csv.DictReader(handle)}
    rows = ["path,label,slide_id"]
    for path in sorted((data / "tiles/mitosis").glob("*/*.png")):
        if path.stem in slides:
            rows.append(f"{path},{path.parent.name},{slides[path.stem]}")
    (tmp_path / "mitosis.csv").write_text("\n".join(rows) + "\n")
    task = TaskSettings(source=CsvSource(kind="csv", path="mitosis.csv"), spacing_um=0.25)
    source, table = real(task, tmp_path, um=0.5)
    assert (len(table), table.facts["grouping"]) == (1000, "slide")
    assert table.images.shape[1:] == (64, 64, 3)
    assert abs(table.facts["counts"]["validation"]["atypical"] - 100) < 8
    place, files = source_files(task, source, root=tmp_path)
    assert (place.name, len(files)) == ("mitosis.csv", 1001)
