import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.geojson import read_geojson
from histopress.patches.regions import class_shares
from histopress.simulate.anatomy.outlines import as_geojson, class_polygons, ring_area
from histopress.simulate.anatomy.tissue import Tissue

maps = st.builds(
    lambda seed, rows, cols, kinds: (
        np.random.default_rng(seed).choice(np.array(kinds, np.uint8), (rows, cols)).astype(np.uint8)
    ),
    st.integers(0, 10_000),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([(0, 4), (1, 4), (0, 1, 4, 9), (4, 4, 4, 4, 1), (0, 11)]),
)


def inside(rings, shape):
    """Even-odd rule at the middles of cells."""
    rows, cols = np.mgrid[: shape[0], : shape[1]] + 0.5
    crossings = np.zeros(shape, int)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            assert (x0 == x1) != (y0 == y1)
            if x0 == x1:
                crossings += (x0 > cols) & (min(y0, y1) < rows) & (rows < max(y0, y1))
    return crossings % 2 == 1


@given(maps)
def test_polygons_cover_exactly_their_class(classes):
    polygons = class_polygons(classes, 1)
    for kind in Tissue:
        covered = np.zeros(classes.shape, int)
        area = 0.0
        for tissue, rings in polygons:
            if tissue == kind:
                covered += inside(rings, classes.shape)
                area += sum(ring_area(ring) for ring in rings)
        if kind == Tissue.GLASS:
            assert area == 0
        else:
            assert np.array_equal(covered, (classes == kind).astype(int))
            assert area == (classes == kind).sum()


@given(maps)
def test_rings_are_simple_and_exteriors_come_first(classes):
    for _, rings in class_polygons(classes, 1):
        assert ring_area(rings[0]) > 0
        assert all(ring_area(ring) < 0 for ring in rings[1:])
        for ring in rings:
            assert len({tuple(corner) for corner in ring.tolist()}) == len(ring)
            # Each point is a corner: sides lie along rows and columns in turn.
            upright = (np.roll(ring, -1, axis=0) == ring)[:, 0]
            assert (upright != np.roll(upright, 1)).all()


def test_regions_of_one_class_that_touch_at_a_corner_are_two_polygons():
    polygons = class_polygons(np.array([[4, 0], [0, 4]], np.uint8), 32)
    assert [rings[0].tolist() for _, rings in polygons] == [
        [[0, 0], [32, 0], [32, 32], [0, 32]],
        [[32, 32], [64, 32], [64, 64], [32, 64]],
    ]


def test_corners_are_level_0_pixels_also_of_cells_that_are_no_whole_pixels():
    ((_, (ring,)),) = class_polygons(np.array([[0, 0], [0, 4]], np.uint8), 15.5)
    assert ring.tolist() == [[15.5, 15.5], [31, 15.5], [31, 31], [15.5, 31]]
    assert class_polygons(np.zeros((2, 3), np.uint8), 16) == []


@pytest.fixture(scope="module")
def anatomy(grow):
    return grow(3, 48, tumour=0.15, holes=True)


def test_the_reader_of_annotations_reads_back_what_was_drawn(tmp_path, anatomy):
    polygons = class_polygons(anatomy.classes, 32)
    path = tmp_path / "truth.geojson"
    path.write_text(json.dumps(as_geojson(polygons)), encoding="utf-8")
    drawing = read_geojson(path)
    assert not drawing.skipped
    assert [region.label for region in drawing.regions] == [t.name.lower() for t, _ in polygons]
    for region, (_, rings) in zip(drawing.regions, polygons, strict=True):
        assert np.array_equal(region.exterior, rings[0])
        assert len(region.holes) == len(rings) - 1
        for hole, ring in zip(region.holes, rings[1:], strict=True):
            assert np.array_equal(hole, ring)
    # On a lattice of the map's cells, each is wholly of its class.
    lattice = np.arange(48.0) * 32
    found = class_shares(drawing.regions, tops=lattice, lefts=lattice, side=32.0)
    for tissue in {tissue for tissue, _ in polygons}:
        shares = found[tissue.name.lower()]
        assert np.allclose(shares, anatomy.classes == tissue, atol=1e-3)


def test_features_are_as_qupath_writes_them(anatomy):
    collection = as_geojson(class_polygons(anatomy.classes, 32))
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert feature["type"] == "Feature"
        assert feature["geometry"]["type"] == "Polygon"
        for ring in feature["geometry"]["coordinates"]:
            assert ring[0] == ring[-1]
            assert len(ring) >= 5
        assert feature["properties"]["objectType"] == "annotation"
        name, colour = (feature["properties"]["classification"][k] for k in ("name", "color"))
        assert Tissue[name.upper()]
        assert len(colour) == 3
        assert all(isinstance(part, int) and 0 <= part <= 255 for part in colour)
