import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from histopress.simulate.anatomy.fields import (
    FAR,
    depth_in,
    distance_to,
    pick_cells,
    shrink,
    smooth_noise,
    star,
    streams,
    top_cells,
    top_pieces,
)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 12.0])
def test_noise_is_standard_and_as_smooth_as_asked(sigma):
    noise = smooth_noise(np.random.default_rng(0), (300, 260), sigma)
    assert noise.shape == (300, 260)
    assert noise.dtype == np.float32
    assert noise.mean() == pytest.approx(0, abs=1e-3)
    assert noise.std() == pytest.approx(1, abs=1e-3)
    # White noise blurred by a Gaussian: correlation exp(-d² / 4σ²) at distance d.
    shift = round(2 * sigma)
    found = (noise[shift:] * noise[:-shift]).mean()
    assert found == pytest.approx(np.exp(-(shift**2) / (4 * sigma**2)), abs=0.1)


def test_blurring_by_strips_shows_no_seam():
    noise = smooth_noise(np.random.default_rng(0), (2100, 40), 3.0)
    raw = np.random.default_rng(0).standard_normal((2100, 40), np.float32)
    whole = cv2.GaussianBlur(raw, (0, 0), 3.0, borderType=cv2.BORDER_REFLECT)
    assert np.allclose(noise, (whole - whole.mean()) / whole.std(), atol=1e-3)


@given(st.integers(0, 1000), st.integers(-1, 40), st.floats(0.1, 1))
def test_the_top_cells_are_those_of_the_highest_score(seed, count, share):
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 6, (5, 6)).astype(np.float32)
    allowed = rng.random((5, 6)) < share
    chosen = top_cells(score, allowed, count)
    order = np.argsort(-np.where(allowed, score, -np.inf), axis=None, kind="stable")
    expected = order[: max(min(count, int(allowed.sum())), 0)]
    assert sorted(np.flatnonzero(chosen)) == sorted(expected)


def test_small_pieces_are_given_up_for_larger_ones():
    score = np.zeros((3, 9), np.float32)
    score[1, 1:4] = [5, 6, 5]
    score[1, 6] = 7
    chosen = top_pieces(score, score > -1, 4, least=3)
    assert chosen.sum() == 4
    assert not chosen[1, 6]
    assert chosen[1, 1:4].all()


def test_lone_cells_stay_where_there_is_nothing_larger():
    score = np.zeros((3, 3), np.float32)
    assert top_pieces(score, np.eye(3, dtype=bool), 2, least=8).sum() == 2


def test_distances_are_exact_and_far_without_a_target():
    mask = np.random.default_rng(0).random((40, 50)) < 0.02
    assert np.allclose(distance_to(mask), ndimage.distance_transform_edt(~mask), atol=1e-4)
    assert (distance_to(np.zeros((3, 3), bool)) == FAR).all()
    padded = ndimage.distance_transform_edt(np.pad(~mask, 1))[1:-1, 1:-1]
    assert np.allclose(depth_in(~mask), padded, atol=1e-4)


def test_shrinking_takes_layers_off():
    mask = np.zeros((7, 9), bool)
    mask[1:, 1:8] = True
    assert np.array_equal(shrink(mask, 2), ndimage.binary_erosion(mask, iterations=2))


def test_picked_cells_are_allowed_and_reach_all():
    allowed = np.zeros((6, 5), bool)
    allowed[[1, 1, 4], [0, 3, 2]] = True
    picked = pick_cells(np.random.default_rng(0), allowed, 200)
    assert {tuple(place) for place in picked.tolist()} == {(1, 0), (1, 3), (4, 2)}
    assert pick_cells(np.random.default_rng(0), np.zeros((2, 2), bool), 3).shape == (0, 2)


def test_what_one_stream_draws_changes_no_other():
    first, second = (streams(np.random.default_rng(0), 2) for _ in range(2))
    first[0].random(100)
    assert first[1].random() == second[1].random()


def test_stars_have_one_piece_of_their_size_at_every_level():
    shape = star(np.random.default_rng(1), (200, 200), centre=(90.0, 110.0), radius=40.0)
    assert (shape < 1).sum() == pytest.approx(np.pi * 40**2, rel=0.1)
    for level in (0.3, 1.0, 1.6):
        inside = (shape < level).view(np.uint8)
        assert cv2.connectedComponents(inside, connectivity=4)[0] == 2
        assert cv2.connectedComponents(1 - inside, connectivity=4)[0] == 2
