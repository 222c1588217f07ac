import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.claims.rounding import round_grid
from histopress.compress.slide import CompressedSlide


def slide(grid: np.ndarray, kept: np.ndarray | None = None) -> CompressedSlide:
    kept = np.ones(grid.shape[2:], bool) if kept is None else kept
    distance = kept / max(kept.sum(), 1)
    return CompressedSlide(
        slide_id="s",
        grid=(grid * kept).astype(np.float16),
        tissue=kept.astype(np.float32),
        distance=distance.astype(np.float32),
    )


def drawn(seed: int) -> CompressedSlide:
    rng = np.random.default_rng(seed)
    kept = rng.random((5, 7)) < 0.7
    kept[0, 0] = True
    scale = 10.0 ** rng.integers(-2, 3, (1, 3, 1, 1))
    return slide(rng.normal(size=(2, 3, 5, 7)) * scale, kept)


@given(st.integers(0, 10_000), st.integers(2, 12))
def test_nothing_moves_by_more_than_half_a_step(seed: int, bits: int) -> None:
    before = drawn(seed)
    after = round_grid(before, bits)
    kept = before.kept
    old, new = (each.grid[:, :, kept].astype(np.float64) for each in (before, after))
    low, high = old.min((0, 2)), old.max((0, 2))
    half = (high - low) / (2**bits - 1) / 2
    own = np.abs(new) * 2.0**-11 + 1e-6  # float16's own rounding
    assert (np.abs(new - old) <= half[None, :, None] + own).all()
    assert (np.abs(new.min((0, 2)) - low) <= own.max((0, 2))).all()
    assert (np.abs(new.max((0, 2)) - high) <= own.max((0, 2))).all()
    assert all(len(np.unique(new[:, channel])) <= 2**bits for channel in range(3))
    assert not after.grid[:, :, ~kept].any()


def test_two_bits_are_four_steps_by_hand() -> None:
    after = round_grid(slide(np.array([[[[0.0, 1.4, 1.6, 3.0, 2.4]]]])), 2)
    assert after.grid.ravel().tolist() == [0.0, 1.0, 2.0, 3.0, 2.0]


def test_each_channel_has_steps_of_its_own_and_all_views_share_them() -> None:
    grid = np.zeros((2, 2, 1, 3))
    grid[:, 0, 0] = [[0, 1, 3], [0, 2, 3]]
    grid[:, 1, 0] = [[0, 100, 300], [0, 200, 150]]
    after = round_grid(slide(grid), 2).grid
    assert after[:, 0, 0].tolist() == [[0, 1, 3], [0, 2, 3]]
    assert after[:, 1, 0].tolist() == [[0, 100, 300], [0, 200, 200]]


def test_rounding_again_changes_nothing() -> None:
    once = round_grid(drawn(3), 4)
    twice = round_grid(once, 4)
    assert np.abs(twice.grid.astype(float) - once.grid.astype(float)).max() <= 0.1
    assert np.array_equal(twice.kept, once.kept)


@pytest.mark.parametrize("kept", [True, False])
def test_a_channel_of_one_value_and_a_slide_without_cells_stay(kept: bool) -> None:
    before = slide(np.full((1, 2, 2, 2), 0.3), np.full((2, 2), kept))
    assert np.array_equal(round_grid(before, 8).grid, before.grid)


def test_the_original_is_left_alone() -> None:
    before = drawn(1)
    copy = before.grid.copy()
    round_grid(before, 2)
    assert np.array_equal(before.grid, copy)
