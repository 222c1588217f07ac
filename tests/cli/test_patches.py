"""The verbs that make tables of patches, from settings to record."""

import json

import cv2
import numpy as np
import pytest

from histopress.cli.job import Request
from histopress.cli.patches import VERB, PatchesSettings
from histopress.cli.runner import execute
from histopress.cli.simulate_patches import VERB as DRAW
from histopress.cli.simulate_patches import SimulatePatchesSettings
from histopress.errors import ConfigError
from histopress.patches.settings import (
    AnnotationSource,
    CohortSource,
    FolderSource,
    PhantomPatchSettings,
    TableSource,
    TaskSettings,
)
from histopress.patches.table import read_patches
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.pyramid import write_pyramid


@pytest.fixture
def gather(tmp_path, monkeypatch):
    """Run the verb on a source; gives the table and the record."""
    monkeypatch.chdir(tmp_path)

    def run(source, *, px=8, um=1.0, paths=None, **changes):
        execute(
            Request(
                verb=VERB,
                settings=PatchesSettings(
                    seed=1,
                    task=TaskSettings(source=source, **changes),
                    input_px=px,
                    input_spacing_um=um,
                ),
                paths={"patches": tmp_path / "out.h5"} | (paths or {}),
                wildcards={"task": "t", "input": f"{px}px-{um:g}um"},
                record=tmp_path / "record.json",
            )
        )
        return (
            read_patches(tmp_path / "out.h5"),
            json.loads((tmp_path / "record.json").read_text()),
        )

    return run


@pytest.fixture
def pictures(tmp_path):
    for index in range(30):
        noise = np.random.default_rng(index).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        path = tmp_path / "tiles" / "ab"[index % 2] / f"s{index // 3}_x{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), noise)
    return FolderSource(kind="folder", path="tiles", slide_pattern="^(.+)_x")


def test_a_folder_becomes_a_table_and_a_record(gather, pictures, capfd):
    table, record = gather(pictures, spacing_um=1.0)
    assert len(table) == 30
    assert table.facts["task"] == "t"
    facts = record["facts"]
    assert (facts["grouping"], facts["groups"], facts["classes"]) == ("slide", 10, ["a", "b"])
    assert facts["counts"] == table.facts["counts"]
    (entry,) = record["inputs"]
    assert (entry["role"], entry["path"]) == ("source", "tiles")
    assert entry["bytes"] > 30 * 400
    (warning,) = facts["warnings"]
    assert f"task 't': {warning}" in capfd.readouterr().err


def test_another_pixel_is_another_recipe(gather, pictures, tmp_path):
    ids = [gather(pictures, spacing_um=1.0)[1]["recipe_id"] for _ in range(2)]
    path = tmp_path / "tiles" / "a" / "s0_x0.png"
    picture = cv2.imread(str(path))
    picture[0, 0] ^= 1
    cv2.imwrite(str(path), picture)
    ids.append(gather(pictures, spacing_um=1.0)[1]["recipe_id"])
    assert ids[0] == ids[1] != ids[2]


def test_drawn_patches_become_a_divided_table(gather, tmp_path):
    settings = SimulatePatchesSettings(
        slides=PhantomSettings(size_px=1024, lymphocyte_fraction=(0.15, 0.3)),
        patches=PhantomPatchSettings(
            n_patients=4, n_per_class=12, tile_px=64, classes=("stroma", "tumour")
        ),
    )
    execute(
        Request(
            verb=DRAW,
            settings=settings,
            paths={"patches": tmp_path / "drawn.h5"},
            wildcards={"task": "kinds"},
        )
    )
    table, record = gather(TableSource(kind="table", path="drawn.h5"), px=32, margin_px=0)
    assert set(read_patches(tmp_path / "drawn.h5").groups) == {
        f"kinds-T000{number}" for number in range(1, 5)
    }
    assert table.classes == ("stroma", "tumour")
    assert (table.images.shape[1], table.spacing_um) == (32, 1.0)
    assert table.facts["note"].startswith("Drawn")
    assert record["facts"]["groups"] == 4
    assert {len(set(table.parts[np.array(table.groups) == g])) for g in table.groups} == {1}


def test_the_cohort_needs_manifest_and_tiles(gather):
    with pytest.raises(ConfigError, match="give --manifest and --tiles"):
        gather(CohortSource(kind="cohort", grid="g"))


def test_tissue_tiles_of_the_cohort_keep_their_neighbours(gather, tmp_path):
    from histopress.cli.simulate_slide import VERB as SLIDE
    from histopress.cli.simulate_slide import SlideSettings
    from histopress.cli.tile import VERB as TILE
    from histopress.cli.tile import TileSettings
    from histopress.simulate.phantom_slides import draw_cohort
    from histopress.slide.settings import GridSettings

    slides = PhantomSettings(size_px=512, n_patients=4)
    rows = ["slide_id,patient_id,path,center"]
    for slide in draw_cohort(slides, seed=1):
        name = slide.slide_id
        rows.append(f"{name},{slide.patient_id},{name}.tif,{slide.center}")
        paths = {"slide": tmp_path / f"{name}.tif", "truth": tmp_path / f"{name}.json"}
        execute(
            Request(
                verb=SLIDE,
                settings=SlideSettings(slides=slides),
                paths=paths,
                wildcards={"slide-id": name},
            )
        )
        tiles = {"tiles": tmp_path / "tiles" / f"{name}.h5", "overlay": tmp_path / "o.png"}
        execute(
            Request(
                verb=TILE,
                settings=TileSettings(grid=GridSettings(tile_px=32, stride_px=32, spacing_um=1.0)),
                paths={"slide": paths["slide"]} | tiles,
                wildcards={"slide-id": name},
            )
        )
    (tmp_path / "slides.csv").write_text("\n".join(rows) + "\n")
    table, record = gather(
        CohortSource(kind="cohort", grid="g", n_per_slide=8),
        px=16,
        margin_px=8,
        paths={"manifest": tmp_path / "slides.csv", "tiles": tmp_path / "tiles"},
    )
    assert table.classes == ("tissue",)
    assert (table.input_px, table.margin_px) == (16, 8)
    assert table.facts["grouping"] == "patient"
    assert (table.neighbours >= 0).all()
    assert np.array_equal(np.array(table.groups), np.array(table.groups)[table.neighbours])
    roles = [entry["role"] for entry in record["inputs"]]
    assert roles.count("tiles") == roles.count("slide") == len(rows) - 1
    assert roles.count("manifest") == 1
    text = json.dumps(record)
    assert not any(row.split(",")[1] in text for row in rows[1:])


def square(label, left):
    corners = [[left, 0], [left + 100, 0], [left + 100, 200], [left, 200], [left, 0]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {"classification": {"name": label}},
    }


def test_annotated_slides_enter_the_record_with_their_annotations(gather, tmp_path):
    rows = ["slide_id,path,annotations"]
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 256, (200, 200, 3), dtype=np.uint8)
        slide, drawing = tmp_path / f"{number}.tif", tmp_path / f"{number}.geojson"
        write_pyramid(slide, [noise], shape=(200, 200), spacing_um=1.0)
        features = [square("Tumor", 0), square("Stroma", 100)]
        drawing.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        rows.append(f"s{number},{slide.name},{drawing.name}")
    (tmp_path / "slides.csv").write_text("\n".join(rows) + "\n")
    table, record = gather(
        AnnotationSource(kind="annotations", slides="slides.csv", n_per_class=5),
        px=32,
        classes={"tumour": ("Tumor",), "stroma": ("Stroma",)},
    )
    assert np.bincount(table.labels).tolist() == [20, 20]
    assert table.facts["grouping"] == "slide"
    (entry,) = record["inputs"]
    assert (entry["role"], entry["path"]) == ("source", "slides.csv")
    sizes = [path.stat().st_size for path in tmp_path.glob("[0-3s]*.*")]
    assert entry["bytes"] == sum(sizes)
