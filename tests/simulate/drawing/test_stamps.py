import numpy as np
import pytest

from histopress.simulate.drawing.kinds import LOOKS
from histopress.simulate.drawing.stamps import (
    ORIENTATIONS,
    VARIANTS,
    choose_stamps,
    draw_stamps,
    press,
)


@pytest.mark.parametrize("spacing_um", [0.25, 1.0])
def test_pictures_are_odd_sided_whole_and_of_the_kinds_size(spacing_um):
    for look in LOOKS.values():
        stamps = draw_stamps(np.random.default_rng(1), look, spacing_um)
        assert len(stamps) == ORIENTATIONS * VARIANTS
        areas = []
        for stamp in stamps:
            assert stamp.shape[0] == stamp.shape[1]
            assert stamp.shape[0] % 2 == 1
            assert max(stamp[0].max(), stamp[:, 0].max()) < 0.1
            areas.append(stamp[..., 1].sum() * spacing_um**2)
        assert np.median(areas) == pytest.approx(np.pi * look.long_um * look.short_um, rel=0.25)


def test_a_picture_lies_along_the_angle_asked_for():
    look = next(iter(LOOKS.values()))
    stamps = draw_stamps(np.random.default_rng(1), look, 0.5)
    for angle in np.linspace(0, np.pi, 7):
        which = choose_stamps(np.arange(9, dtype=np.uint64), np.full(9, angle))
        for stamp in (stamps[index] for index in which):
            y, x = np.indices(stamp.shape[:2]) - stamp.shape[0] // 2
            cover = stamp[..., 1]
            xx, yy, xy = ((cover * part).sum() for part in (x * x, y * y, x * y))
            found = 0.5 * np.arctan2(2 * xy, xx - yy)
            assert abs(np.sin(found - angle)) < 0.35


def test_pressing_keeps_the_darker_and_cuts_at_edges():
    plane = np.zeros((20, 30, 2), np.float32)
    stamps = [np.full((5, 5, 2), value, np.float32) for value in (1.0, 2.0)]
    at = np.array([[0, 0], [29, 19], [10, 10], [11, 10], [-50, 3], [3, 60]])
    press(plane, stamps, at=at, which=np.array([0, 0, 1, 0, 1, 1]))
    assert plane[:3, :3].min() == 1
    assert plane[17:, 27:].min() == 1
    assert plane[8:13, 8:13].min() == 2
    assert plane[8:13, 13].max() == 1
    assert plane.sum() == 2 * (9 + 9 + 50 + 5)
