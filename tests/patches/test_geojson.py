import json

import pytest

from histopress.errors import ConfigError
from histopress.patches.geojson import read_geojson

SQUARE = [[0, 0], [10, 0], [10, 10.5], [0, 10], [0, 0]]
HOLE = [[2, 2], [4, 2], [4, 4], [2, 2]]


def feature(classification, kind="Polygon", coordinates=(SQUARE,), **properties):
    if classification is not None:
        properties["classification"] = classification
    return {
        "type": "Feature",
        "id": "5b7f2c1e-0000-4000-8000-000000000000",
        "geometry": {"type": kind, "coordinates": list(coordinates)},
        "properties": {"objectType": "annotation", "isLocked": False, **properties},
    }


@pytest.fixture
def read(tmp_path):
    def write_and_read(content):
        path = tmp_path / "a.geojson"
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
        return read_geojson(path)

    return write_and_read


def test_polygons_keep_their_holes_and_corners(read):
    (region,) = read(
        [feature({"name": "Tumour", "color": [200, 0, 0]}, coordinates=[SQUARE, HOLE])]
    ).regions
    assert region.label == "Tumour"
    assert region.exterior.tolist() == SQUARE[:-1]
    assert [hole.tolist() for hole in region.holes] == [HOLE[:-1]]


def test_every_polygon_of_a_multipolygon_is_a_region(read):
    far = [[x + 50, y] for x, y in SQUARE]
    found = read([feature("Stroma", "MultiPolygon", [[SQUARE, HOLE], [far]])]).regions
    assert [region.exterior[0].tolist() for region in found] == [[0, 0], [50, 0]]
    assert [len(region.holes) for region in found] == [1, 0]
    assert {region.label for region in found} == {"Stroma"}


@pytest.mark.parametrize(
    "wrap",
    [
        lambda one: {"type": "FeatureCollection", "features": [one]},
        lambda one: [one],
        lambda one: one,
        lambda one: "\ufeff" + json.dumps([one]),
    ],
)
def test_all_forms_of_export_are_read(read, wrap):
    assert [region.label for region in read(wrap(feature("Tumour"))).regions] == ["Tumour"]


@pytest.mark.parametrize(
    ("classification", "label"),
    [
        ("Tumour", "Tumour"),
        ({"name": "Tumour: Necrosis", "colorRGB": -3670016}, "Tumour: Necrosis"),
        ({"names": ["Tumour", "Necrosis"], "color": [1, 2, 3]}, "Tumour: Necrosis"),
        ({"names": ["Tumour"]}, "Tumour"),
        ({"name": " Größe µ "}, "Größe µ"),
    ],
)
def test_all_spellings_of_a_class_are_read(read, classification, label):
    assert read([feature(classification)]).regions[0].label == label


def test_what_is_skipped_is_counted(read):
    point = feature("Tumour", "Point", [3, 4])
    line = feature(None, "LineString", SQUARE)
    nothing = feature("Tumour") | {"geometry": None}
    unnamed = [feature(None), feature({}), feature(""), feature(None, name="tumour, perhaps")]
    drawing = read([point, line, nothing, *unnamed, feature("Tumour")])
    assert len(drawing.regions) == 1
    assert drawing.skipped == {"shapes that are no area": 3, "shapes without a class": 4}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<xml>", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("7", "is not GeoJSON"),
        ({"type": "FeatureCollection"}, "is not GeoJSON"),
        ([], r"no area has a class \(no feature\)"),
        ([feature(None), feature("T", "Point", [1, 2])], "1 shapes without a class, 1 shapes that"),
        ([feature("T"), {"type": "Polygon"}], "feature 2 is not a GeoJSON feature"),
        ([feature("T"), 3], "feature 2 is not a GeoJSON feature"),
        ([feature("T", coordinates=[SQUARE[:2]])], r"feature 1 \(T\): has 2 different corners"),
        ([feature("T", coordinates=[SQUARE, HOLE[:2]])], "has 2 different corners"),
        ([feature("T", coordinates=[])], "a Polygon without coordinates"),
        ([feature("T", coordinates=SQUARE)], "not a list of points"),
        ([feature("T", "MultiPolygon", [7])], "a MultiPolygon without coordinates"),
        (
            json.dumps([feature("T", coordinates=[[[0, 0], [float("nan"), 1], [2, 2]]])]),
            "not a finite number",
        ),
    ],
)
def test_faults_name_the_file_and_what_is_wrong(read, content, words):
    with pytest.raises(ConfigError, match=f"a.geojson: .*{words}"):
        read(content)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"none.geojson: cannot be read \(No such file"):
        read_geojson(tmp_path / "none.geojson")
    (tmp_path / "a.geojson").write_bytes(b"\x1f\x8b\x08\x00")
    with pytest.raises(ConfigError, match="is not JSON.*not compressed"):
        read_geojson(tmp_path / "a.geojson")
