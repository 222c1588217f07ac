import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.patches.regions import Region, class_shares, find_patches, make_ring

SIDE = 64.0
WORST = 1 / 16
"""Documented error of a convex area's share."""
ZERO = np.zeros(1)


def region(label, *corners, holes=()):
    rings = [make_ring(ring, "test") for ring in (corners, *holes)]
    return Region(label=label, exterior=rings[0], holes=tuple(rings[1:]))


def box(label, left, top, right, bottom, **options):
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return region(label, *corners, **options)


def share(label, *regions, side=SIDE):
    found = class_shares(regions, tops=ZERO, lefts=ZERO, side=side)
    return float(found[label][0, 0])


def area(points):
    x, y = points.T
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def clipped(points, side):
    """Cut a convex polygon to the square from (0, 0) to (side, side) (Sutherland and Hodgman)."""
    for axis, bound, sign in ((0, 0, 1), (0, side, -1), (1, 0, 1), (1, side, -1)):
        kept = []
        for here, then in zip(points, np.roll(points, -1, axis=0), strict=True):
            a, b = sign * (here[axis] - bound), sign * (then[axis] - bound)
            if a >= 0:
                kept.append(here)
            if a * b < 0:
                kept.append(here + (then - here) * a / (a - b))
        points = np.array(kept).reshape(-1, 2)
    return points


coordinates = st.floats(-100, 200, allow_nan=False)


@given(st.tuples(coordinates, coordinates), st.tuples(coordinates, coordinates))
def test_the_share_of_a_rectangle_is_near_its_area(x, y):
    (left, right), (top, bottom) = sorted(x), sorted(y)
    assume(left < right and top < bottom)
    width = np.clip(right, 0, SIDE) - np.clip(left, 0, SIDE)
    height = np.clip(bottom, 0, SIDE) - np.clip(top, 0, SIDE)
    found = share("a", box("a", left, top, right, bottom))
    assert found == pytest.approx(width * height / SIDE**2, abs=WORST)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=3, unique=True))
def test_the_share_of_a_triangle_is_near_its_area(corners):
    inside = clipped(np.array(corners, float), SIDE)
    exact = area(inside) / SIDE**2 if len(inside) else 0.0
    assert share("a", region("a", *corners)) == pytest.approx(exact, abs=WORST)


@given(st.floats(0, SIDE))
def test_one_straight_edge_is_off_by_half_a_cell(edge):
    found = share("a", box("a", -10, -10, edge, 100))
    assert found == pytest.approx(edge / SIDE, abs=1 / 64 + 1e-6)


@given(st.integers(-30, 90), st.integers(-30, 90))
def test_neighbours_neither_overlap_nor_leave_a_gap(x, y):
    """Four triangles around one point fill the square, also where centres lie on their edges."""
    corners = [(-40, -40), (100, -40), (100, 100), (-40, 100)]
    around = zip(corners, corners[1:] + corners[:1], strict=True)
    regions = [region(name, a, b, (x, y)) for name, (a, b) in zip("abcd", around, strict=True)]
    shares = class_shares(regions, tops=ZERO, lefts=ZERO, side=SIDE)
    assert sum(float(part[0, 0]) for part in shares.values()) == pytest.approx(1, abs=1e-6)


def test_holes_are_left_out():
    hole = ((16, 16), (48, 16), (48, 48), (16, 48))
    assert share("a", box("a", 0, 0, 64, 64, holes=[hole])) == 0.75


def test_an_outline_that_crosses_itself_follows_the_even_odd_rule():
    twice = [(0, 0), (64, 0), (64, 64), (0, 64), (0, 0), (32, 0), (32, 64), (0, 64)]
    assert share("a", region("a", *twice)) == 0.5


@pytest.mark.parametrize("order", [1, -1])
def test_what_two_classes_claim_counts_for_neither(order):
    regions = [box("a", 0, 0, 48, 64), box("b", 32, 0, 64, 64)][::order]
    assert (share("a", *regions), share("b", *regions)) == (0.5, 0.25)


def test_regions_of_one_class_are_united():
    halves = region("a", (0, 0), (64, 0), (64, 64)), region("a", (0, 0), (64, 64), (0, 64))
    assert share("a", *halves, box("a", 32, 0, 64, 64)) == 1


def test_places_are_those_of_enough_purity_in_order():
    lattice = np.arange(0, 449, 32.0)
    found = find_patches(
        [box("a", 64, 64, 192, 128)], tops=lattice, lefts=lattice, side=SIDE, purity=0.75
    )
    # Half a patch beyond the region leaves 1/2; only whole patches and none else are left.
    assert found["a"].tolist() == [[2, 2], [2, 3], [2, 4]]
    found = find_patches(
        [box("a", 64, 64, 192, 128)], tops=lattice, lefts=lattice, side=SIDE, purity=0.5
    )
    rows = {(row, column) for row, column in found["a"].tolist()}
    assert rows == {(2, c) for c in range(1, 6)} | {(r, c) for r in (1, 3) for c in (2, 3, 4)}


@pytest.mark.parametrize("purity", [0.1, 0.5, 0.65])
def test_no_patch_shows_two_classes(purity):
    lattice = np.arange(0, 449, 32.0)
    regions = [box("a", 0, 0, 250, 512), box("b", 250, 0, 512, 512), box("c", 0, 400, 512, 512)]
    found = find_patches(regions, tops=lattice, lefts=lattice, side=SIDE, purity=purity)
    places = np.concatenate(list(found.values())).tolist()
    assert len(places) == len({tuple(place) for place in places}) > 100


def test_working_in_blocks_changes_nothing():
    """Steps of no whole number, as rounding to a level's px gives them."""
    rng = np.random.default_rng(1)
    lattice = np.rint(np.arange(75) * 32.7)
    regions = [region(name, *(rng.random((5, 2)) * 2600)) for name in "abbc"]
    options = {"tops": lattice, "lefts": lattice + 9, "side": 65.4}
    shares = class_shares(regions, **options)
    found = find_patches(regions, purity=0.7, **options)
    for label, places in found.items():
        assert len(places) > 50
        whole = {tuple(place) for place in np.argwhere(shares[label] >= 0.7)}
        differ = whole ^ {tuple(place) for place in places}
        # Blocks lay their cells anew: a share may differ by as much as cells may err.
        assert all(abs(shares[label][place] - 0.7) < 1 / 64 for place in differ)
        assert np.array_equal(places, sorted(map(tuple, places)))


def test_memory_is_bounded_on_a_large_slide():
    lattice = np.arange(0, 100_000 - 256, 128.0)
    regions = [
        region("a", (0, 0), (99_000, 30_000), (97_000, 33_000)),
        box("b", 100, 50_000, 20_000, 60_000),
    ]
    tracemalloc.start()
    found = find_patches(regions, tops=lattice, lefts=lattice, side=256.0, purity=0.65)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    exact = [area(item.exterior) / 128**2 for item in regions]
    assert [len(found[name]) for name in "ab"] == pytest.approx(exact, rel=0.05)
    assert peak < 30e6


def test_regions_far_outside_the_lattice_give_nothing():
    lattice = np.arange(0, 449, 32.0)
    regions = [box("a", -900, -900, -10, -10), box("a", 1e6, 0, 2e6, 100), box("b", 600, 0, 700, 9)]
    found = find_patches(regions, tops=lattice, lefts=lattice, side=SIDE, purity=0.5)
    assert {label: len(places) for label, places in found.items()} == {"a": 0, "b": 0}


def test_a_closed_ring_loses_its_last_point():
    ring = make_ring([[0, 0], [4, 0, 7], [4, 4], [0, 0]], "a.geojson: feature 1")
    assert ring.tolist() == [[0, 0], [4, 0], [4, 4]]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[0, 0], [1, 1], [0, 0]], "has 2 different corners"),
        ([], "has 0 different corners"),
        ([[0, 0], [1, float("nan")], [2, 0]], "not a finite number"),
        ([[0, 0], [1], [2, 0]], "not a list of points"),
        ([0, 1, 2], "not a list of points"),
        ([[0, 0], ["x", 1], [2, 0]], "not a list of points"),
        (None, "not a list of points"),
    ],
)
def test_outlines_that_are_none_are_refused(points, words):
    with pytest.raises(ConfigError, match=f"a.xml: annotation 3.*{words}"):
        make_ring(points, "a.xml: annotation 3")
