import threading
import time

import numpy as np
import pytest

from histopress.simulate.bands import AHEAD, draw_bands
from histopress.simulate.phantom import draw_anatomy, prepare_canvas


class Sheet:
    """Blocks of one colour each, which tell their place; counts what was drawn."""

    size_px, block_px, blocks = 70, 16, 5

    def __init__(self):
        self.drawn, self.lock = 0, threading.Lock()

    def block(self, row, col):
        with self.lock:
            self.drawn += 1
        height, width = (min(16, 70 - 16 * n) for n in (row, col))
        return np.full((height, width, 3), 10 * row + col, np.uint8)


@pytest.mark.parametrize("threads", [1, 2, 5, 40])
def test_bands_are_rows_of_blocks_in_order(threads):
    bands = list(draw_bands(Sheet(), threads))
    assert [len(band) for band in bands] == [16, 16, 16, 16, 6]
    rows, columns = np.mgrid[0:70, 0:70] // 16
    expected = np.repeat((10 * rows + columns)[..., None], 3, axis=2)
    assert np.array_equal(np.concatenate(bands), expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_few_blocks_are_drawn_ahead(threads):
    sheet = Sheet()
    bands = draw_bands(sheet, threads)
    next(bands)
    time.sleep(0.1)  # so that whatever is to be drawn is drawn
    assert sheet.drawn <= 5 + (AHEAD * threads if threads > 1 else 0)
    bands.close()
    assert sheet.drawn < 25


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_in_a_block_is_raised(threads):
    class Torn(Sheet):
        def block(self, row, col):
            if (row, col) == (1, 2):
                raise RuntimeError("torn")
            return super().block(row, col)

    bands = draw_bands(Torn(), threads)
    next(bands)
    with pytest.raises(RuntimeError, match="torn"):
        next(bands)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_phantom_has_the_same_pixels_for_any_number_of_threads(small, positive, threads):
    anatomy = draw_anatomy(positive, settings=small, seed=3)
    expected = prepare_canvas(anatomy, positive, settings=small, seed=3)
    canvas = prepare_canvas(anatomy, positive, settings=small, seed=3)
    whole = np.concatenate(list(draw_bands(canvas, threads)))
    places = range(expected.blocks)
    rows = [np.concatenate([expected.block(row, col) for col in places], axis=1) for row in places]
    assert np.array_equal(whole, np.concatenate(rows))
