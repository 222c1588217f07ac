import json

import cv2
import numpy as np
import openslide
import pytest
import tifffile

from histopress.errors import ConfigError, ManifestError
from histopress.patches.annotations import open_annotations, read_drawing
from histopress.patches.settings import AnnotationSource
from histopress.slide.tiling import tile_slide

SOURCE = AnnotationSource(kind="annotations", slides="task/slides.csv", n_per_class=20)


def square(left, top, side):
    return [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]


def write_geojson(path, shapes):
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
            "properties": {"classification": {"name": label}},
        }
        for label, corners in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def write_asap(path, shapes):
    lines = []
    for label, corners in shapes:
        points = "".join(
            f'<Coordinate Order="{place}" X="{x}" Y="{y}" />'
            for place, (x, y) in enumerate(corners)
        )
        lines.append(
            f'<Annotation Name="a" Type="Polygon" PartOfGroup="{label}" Color="#F4FA58">'
            f"<Coordinates>{points}</Coordinates></Annotation>"
        )
    text = f"<ASAP_Annotations><Annotations>{''.join(lines)}</Annotations></ASAP_Annotations>"
    path.write_text(text)


def write_slide(path, *, height=600, width=800, spacing_um=0.5, seed=0):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    options = {}
    if spacing_um:
        resolution = (10_000 / spacing_um,) * 2
        options = {"resolution": resolution, "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, image, tile=(256, 256), photometric="rgb", metadata=None, **options)
    return image


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "task").mkdir()
    return tmp_path / "task"


@pytest.fixture
def cut(folder):
    def open_and_cut(table, *, source=SOURCE, **options):
        (folder / "slides.csv").write_text(table)
        options = {"input_px": 32, "margin_px": 4, "input_spacing_um": 0.5, "seed": 1} | options
        return open_annotations(source, root=folder.parent, **options)

    return open_and_cut


def pixels(patches):
    return np.stack([patches.read(index) for index in range(len(patches.origins))])


def test_both_formats_give_the_px_that_openslide_reads(data, folder, cut):
    """Regions follow the tissue of a real slide of 0.499 µm/px, one level."""
    slide = data / "slides/he/cmu-1-small-region.svs"
    tiling = tile_slide(slide, slide_id="A")
    outlines = cv2.findContours(
        tiling.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )[0]
    largest = max(outlines, key=cv2.contourArea)[:, 0] * tiling.mask_downsample
    below = [[x, max(y, 1800.0)] for x, y in largest.tolist()]
    shapes = [("dermis", below), ("epithelium", square(900, 1050, 400))]
    write_geojson(folder / "a.geojson", shapes)
    write_asap(folder / "a.xml", shapes)
    first, second = (
        cut(f"slide_id,path,annotations\nA,{slide},a.{suffix}\n") for suffix in ("geojson", "xml")
    )
    assert first.origins == second.origins
    assert {origin.label for origin in first.origins} == {"dermis", "epithelium"}
    assert first.spacing_um == 0.499
    images = pixels(first)
    assert np.array_equal(images, pixels(second))
    with openslide.OpenSlide(slide) as handle:
        for (_, x, y), image in zip(first.places, images, strict=True):
            direct = handle.read_region((int(x), int(y)), 0, (40, 40)).convert("RGB")
            assert np.array_equal(image, np.asarray(direct))
    # Tissue was outlined and glass was not.
    assert np.median(images) < 220


@pytest.mark.parametrize("spacing_um", [1.0, 2.0])
def test_patches_have_the_wanted_spacing(folder, cut, spacing_um):
    image = write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", square(0, 0, 900))])
    found = cut("slide_id,path,annotations\nA,a.tif,a.geojson\n", input_spacing_um=spacing_um)
    factor = round(spacing_um / 0.5)
    assert found.spacing_um == pytest.approx(spacing_um)
    for (_, x, y), patch in zip(found.places, pixels(found), strict=True):
        part = image[y : y + 40 * factor, x : x + 40 * factor].astype(float)
        assert part.shape[:2] == (40 * factor, 40 * factor)
        mean = part.reshape(40, factor, 40, factor, 3).mean(axis=(1, 3))
        assert np.abs(patch - mean).max() <= 0.5


@pytest.mark.parametrize(("spacing_um", "factor"), [(0.5, 1), (1.0, 2)])
def test_the_input_shows_the_class_and_all_lies_on_the_slide(folder, cut, spacing_um, factor):
    write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", square(489, 293, 1000))])
    source = AnnotationSource(kind="annotations", slides="task/slides.csv", n_per_class=999)
    found = cut(
        "slide_id,path,annotations\nA,a.tif,a.geojson\n",
        source=source,
        margin_px=10,
        input_spacing_um=spacing_um,
    )
    corners = found.places[:, 1:]
    assert (corners >= 0).all()
    assert (corners + 52 * factor <= (800, 600)).all()
    inner = corners + 10 * factor
    inside = np.clip(inner + 32 * factor - (489, 293), 0, 32 * factor).prod(axis=1)
    share = inside / (32 * factor) ** 2
    assert share.min() >= 0.65 - 1 / 16
    # Patches that reach beyond the region, and every place that qualifies, half an input apart.
    assert share.min() < 0.9
    assert np.diff(np.unique(corners[:, 0])).tolist() == [16 * factor] * (
        len(np.unique(corners[:, 0])) - 1
    )


@pytest.mark.parametrize(("purity", "columns"), [(0.7, [96]), (0.5, [80, 96, 112])])
def test_purity_is_the_source_s(folder, cut, purity, columns):
    """The region is as wide as an input and 5 px: half a step aside leaves 18 or 19 of 32 px."""
    write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", [[93.5, 0], [130.5, 0], [130.5, 600], [93.5, 600]])])
    source = AnnotationSource(
        kind="annotations", slides="task/slides.csv", n_per_class=999, purity=purity
    )
    found = cut("slide_id,path,annotations\nA,a.tif,a.geojson\n", source=source, margin_px=0)
    assert np.unique(found.places[:, 1]).tolist() == columns


def test_draws_depend_on_seed_and_slide_alone(folder, cut):
    for name in "ab":
        write_slide(folder / f"{name}.tif", seed=ord(name))
        write_geojson(
            folder / f"{name}.geojson", [("t", square(0, 0, 400)), ("u", square(400, 0, 300))]
        )
    one, two = "A,a.tif,a.geojson\n", "B,b.tif,b.geojson\n"
    head = "slide_id,path,annotations\n"
    alone, both = cut(head + one), cut(head + two + one)
    assert len(alone.origins) == 40
    assert both.origins[40:] == alone.origins
    assert [origin.slide_id for origin in both.origins] == ["B"] * 40 + ["A"] * 40
    assert cut(head + one, seed=2).origins != alone.origins
    assert [tuple(place) for place in both.places[:40, 1:]] != [
        tuple(place) for place in alone.places[:, 1:]
    ]
    places = [(y, x) for _, x, y in alone.places.tolist()]
    assert places == sorted(places)
    # Slides alternate: each read opens the right file.
    assert np.array_equal(both.read(41), alone.read(1))
    assert np.array_equal(both.read(0), cut(head + two).read(0))
    assert np.array_equal(both.read(40), alone.read(0))


def test_facts_of_the_table_reach_the_origins(folder, cut):
    write_slide(folder / "a.tif", spacing_um=None)
    write_geojson(folder / "a.json", [("t", square(0, 0, 400))])
    found = cut("slide,path,annotations,case_id,center,mpp\nA,a.tif,a.json,P1,Utrecht,0.25\n")
    origin = found.origins[0]
    assert (origin.slide_id, origin.patient_id, origin.center) == ("A", "P1", "Utrecht")
    assert (found.spacing_um, found.read(0).shape) == (0.5, (40, 40, 3))


SHAPES = [("_0", square(0, 0, 200)), ("_1", square(0, 0, 200)), ("_2", square(300, 0, 200))]


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        ((), {"_2"}),
        (("_0", "_2"), {"_0", "_2"}),
        ({"tumour": ("_1", "_0"), "rest": ("_2",)}, {"_1", "_2"}),
        ({"tumour": ("_0",)}, {"_0"}),
    ],
)
def test_only_named_labels_count(folder, cut, classes, labels):
    """Two labels claim one square: it is nobody's unless one is unnamed or both are one class."""
    write_slide(folder / "a.tif")
    write_asap(folder / "a.xml", SHAPES)
    found = cut("slide_id,path,annotations\nA,a.tif,a.xml\n", classes=classes)
    assert {origin.label for origin in found.origins} == labels


def test_labels_without_a_patch_are_warned_of(folder, cut):
    write_slide(folder / "a.tif")
    write_asap(folder / "a.xml", [*SHAPES, ("None", square(0, 0, 9))])
    found = cut("slide_id,path,annotations\nA,a.tif,a.xml\n")
    assert found.warnings == (
        "slide 'A': 1 shapes without a class skipped",
        "slide 'A': no patch of '_0'",
        "slide 'A': no patch of '_1'",
    )


def test_all_faults_of_the_table_are_told_at_once(folder, cut):
    write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", square(0, 0, 400))])
    table = (
        "slide_id,path,annotations,spacing_um\n"
        "A,a.tif,a.geojson,\n"
        "A,gone.tif,,0.5\n"
        "C,a.tif,gone.xml,wide\n"
        "D,a.tif\n"
    )
    with pytest.raises(ManifestError) as caught:
        cut(table)
    text = "\n".join(caught.value.faults)
    for words in (
        "row 3, slide 'A': path 'gone.tif': no such file",
        "row 3: annotations is empty",
        "row 3, slide 'A': the id stands in row 2 too",
        "row 4: annotations 'gone.xml': no such file",
        "row 4, slide 'C': spacing_um 'wide' is not a number",
        "row 4, slide 'C': path 'a.tif' is the file of row 2",
        "row 5: 2 fields, the header has 4",
    ):
        assert f"slides.csv {words}" in text
    assert len(caught.value.faults) == 7


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("slide_id,path\nA,a.tif\n", "no column 'annotations'"),
        ("slide_id,path,annotations\n", "a header and no rows"),
        ("slide_id,wsi,path,annotations\nA,A,a.tif,a.xml\n", "both mean 'slide_id'"),
    ],
)
def test_tables_that_are_none_are_refused(cut, table, words):
    with pytest.raises(ManifestError, match=f"slides.csv: .*{words}"):
        cut(table)


def test_faults_of_all_slides_are_told_at_once(folder, cut):
    for name in "abcd":
        write_slide(folder / f"{name}.tif", spacing_um=None if name == "b" else 0.5)
        write_geojson(folder / f"{name}.geojson", [("t", square(0, 0, 400))])
    (folder / "a.geojson").write_text("[]")
    (folder / "c.tif").write_text("no slide")
    (folder / "d.svg").write_text("<svg/>")
    table = "slide_id,path,annotations\n" + "".join(
        f"{name},{name}.tif,{name}.{'svg' if name == 'd' else 'geojson'}\n" for name in "abcd"
    )
    with pytest.raises(ManifestError) as caught:
        cut(table)
    words = ("no area has a class", "no spacing in the file", "no format that OpenSlide", "'.svg'")
    for number, (fault, word) in enumerate(zip(caught.value.faults, words, strict=True), 2):
        assert f"slides.csv row {number}: " in fault
        assert word in fault


def test_regions_too_small_for_a_patch_are_refused(folder, cut):
    write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", square(0, 0, 9))])
    with pytest.raises(ConfigError, match="no region of 't' holds a patch of 32 px at 0.5"):
        cut("slide_id,path,annotations\nA,a.tif,a.geojson\n", classes=("t",))


def test_pixels_are_never_invented(folder, cut):
    write_slide(folder / "a.tif")
    write_geojson(folder / "a.geojson", [("t", square(0, 0, 400))])
    with pytest.raises(ManifestError, match="row 2: slide 'A': its finest level has 0.5"):
        cut("slide_id,path,annotations\nA,a.tif,a.geojson\n", input_spacing_um=0.25)


def test_suffixes_tell_the_format(folder):
    write_asap(folder / "A.XML", SHAPES)
    assert len(read_drawing(folder / "A.XML").regions) == 3
