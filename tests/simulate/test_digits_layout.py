import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from histopress.simulate.digits_layout import Rectangle, draw_rectangles, scatter_squares
from histopress.simulate.digits_settings import DigitsSettings

rectangles = st.builds(
    Rectangle,
    x=st.floats(0, 100),
    y=st.floats(0, 100),
    long_px=st.integers(4, 80),
    angle_deg=st.sampled_from((0, 30, 45, 90, 135)),
)


def common_area(one, other):
    corners = (rectangle.corners.astype(np.float32) for rectangle in (one, other))
    return cv2.intersectConvexConvex(*corners)[0]


@settings(max_examples=300)
@given(rectangles, rectangles)
def test_rectangles_overlap_if_they_share_an_area(one, other):
    area = common_area(one, other)
    # OpenCV reckons in single precision: what is within its rounding is not judged.
    assume(area == 0 or area > 1e-2)
    if area == 0:
        grown = [Rectangle(x=r.x, y=r.y, long_px=r.long_px + 1, angle_deg=r.angle_deg)
                 for r in (one, other)]  # fmt: skip
        assume(common_area(*grown) == 0)
    assert one.overlaps(other) == other.overlaps(one) == (area > 0)


@settings(max_examples=50)
@given(rectangles, st.integers(0, 10**6))
def test_points_inside_are_those_inside_the_corners(rectangle, seed):
    points = np.random.default_rng(seed).uniform(-50, 150, (50, 2))
    polygon = rectangle.corners.astype(np.float32)
    away = [cv2.pointPolygonTest(polygon, point, measureDist=True) for point in points.tolist()]
    clear = np.abs(away) > 1e-3
    assert np.array_equal(rectangle.contains(*points.T)[clear], np.array(away)[clear] > 0)


def test_the_short_side_is_half_of_the_long_one():
    corners = Rectangle(x=50, y=60, long_px=40, angle_deg=45).corners
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    assert sides == pytest.approx([40, 20, 40, 20])
    assert corners.mean(axis=0) == pytest.approx([50, 60])


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(72, 400))
def test_both_rectangles_lie_inside_and_apart(seed, side):
    asked = DigitsSettings(image_px=side, n_digits=1, long_px=(side // 4, side // 2))
    drawn = draw_rectangles(np.random.default_rng(seed), asked)
    for rectangle in drawn:
        assert rectangle.corners.min() >= -1e-9
        assert rectangle.corners.max() <= side + 1e-9
        assert side // 4 <= rectangle.long_px <= side // 2
    assert common_area(*drawn) < 1e-2


def test_sizes_and_angles_are_even_and_independent():
    rng = np.random.default_rng(0)
    pairs = [draw_rectangles(rng, DigitsSettings()) for _ in range(2000)]
    tilted, upright = zip(*pairs, strict=True)
    even = stats.uniform(35.5, 1765)
    sizes = np.array([[rectangle.long_px for rectangle in kind] for kind in (tilted, upright)])
    # Large pairs overlap most often: were they drawn again as a whole, these would fail.
    assert all(stats.kstest(own, even.cdf).pvalue > 0.01 for own in sizes)
    assert stats.pearsonr(*sizes).pvalue > 0.01
    for kind, angles in ((tilted, [45, 135]), (upright, [0, 90])):
        found, counts = np.unique([rectangle.angle_deg for rectangle in kind], return_counts=True)
        assert found.tolist() == angles
        assert stats.binomtest(int(counts[0]), 2000).pvalue > 0.01


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(3, 12), st.integers(32, 150), st.floats(0, 0.4))
def test_squares_are_as_many_as_asked_and_never_overlap(seed, square, side, coverage):
    count = int(coverage * side**2) // square**2
    rng = np.random.default_rng(seed)
    corners = scatter_squares(rng, count=count, square_px=square, image_px=side)
    assert corners.shape == (count, 2)
    covered = np.zeros((side, side), int)
    for x, y in corners:
        assert x >= 0 and y >= 0
        covered[y : y + square, x : x + square] += 1
    # A square beyond the border would have lost pixels.
    assert covered.sum() == count * square**2
    assert covered.max(initial=0) <= 1


def test_squares_lie_anywhere():
    rng = np.random.default_rng(0)
    drawn = [scatter_squares(rng, count=60, square_px=9, image_px=188) for _ in range(300)]
    corners = np.concatenate(drawn)
    # 180 places a side: no part of a square's own width is preferred, in the plane only the rim.
    assert stats.chisquare(np.bincount(corners[:, 0] % 9)).pvalue > 0.01
    inner = corners[((corners >= 18) & (corners < 162)).all(axis=1)]
    counts = np.histogram2d(*inner.T, bins=6)[0]
    assert counts.std() / counts.mean() < 0.08


def test_half_of_the_image_is_the_longest_side():
    with pytest.raises(ValueError, match="'image_px' is 1000; .* half of the image's side, 500"):
        DigitsSettings(image_px=1000, n_digits=10, long_px=(36, 501))


@pytest.mark.parametrize(
    ("given_settings", "message"),
    [
        ({"long_px": (50, 40)}, r"'long_px' is \(50, 40\); give the lower value first"),
        ({"tilts_deg": (45, 90)}, "'tilts_deg' holds 90, which is upright"),
        ({"n_digits": 64_001}, "takes at most 64000 digits of 9 px"),
    ],
)
def test_settings_that_cannot_be_drawn_are_refused(given_settings, message):
    with pytest.raises(ValueError, match=message):
        DigitsSettings(**given_settings)
