import weakref

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from histopress.simulate.pyramid_levels import Level, encode_levels, halve


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 40), st.just(3))))
def test_halving_is_the_mean_of_four(image):
    rows, columns = image.shape[0] // 2, image.shape[1] // 2
    blocks = image[: 2 * rows, : 2 * columns].astype(float).reshape(rows, 2, columns, 2, 3)
    assert np.array_equal(halve(image), np.floor(blocks.mean(axis=(1, 3)) + 0.5))


def test_halving_takes_rows_as_wide_as_any_slide():
    image = np.random.default_rng(0).integers(0, 256, (2, 200_001, 3), dtype=np.uint8)
    expected = (image[0, :-1].astype(int) + image[1, :-1]).reshape(-1, 2, 3).sum(axis=1) + 2
    assert np.array_equal(halve(image)[0], expected // 4)


@given(st.lists(st.integers(0, 40), max_size=8))
def test_strips_are_the_rows_in_order(heights):
    rows = np.arange(sum(heights) * 6, dtype=np.uint32).astype(np.uint8).reshape(-1, 2, 3)
    level = Level(rows.shape[:2], tile_px=16, quality=80)
    strips = [strip.copy() for strip in level.strips(np.split(rows, np.cumsum(heights)))]
    assert all(len(strip) == 16 for strip in strips[:-1])
    assert np.array_equal(np.concatenate([rows[:0], *strips]), rows)


def test_levels_keep_their_pixels_if_asked():
    whole = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    ladder = [Level((70 >> n, 90 >> n), tile_px=16, quality=80, kept=n in (0, 2)) for n in range(3)]
    assert len(list(encode_levels(np.array_split(whole, 4), ladder))) == 5 * 6
    assert np.array_equal(ladder[0].picture(), whole)
    assert np.array_equal(ladder[2].picture(), halve(halve(whole)))


def test_no_band_is_alive_while_the_next_is_drawn():
    alive, most = weakref.WeakSet(), 0

    class Band(np.ndarray):
        """An array that a set can hold."""

        __hash__ = object.__hash__

    def bands():
        nonlocal most
        for _ in range(6):
            most = max(most, len(alive))
            band = np.zeros((40, 50, 3), np.uint8).view(Band)
            alive.add(band)
            yield band
            del band

    ladder = [Level((240 >> n, 50 >> n), tile_px=16, quality=80) for n in range(3)]
    assert len(list(encode_levels(bands(), ladder))) == 15 * 4
    assert most == 0
