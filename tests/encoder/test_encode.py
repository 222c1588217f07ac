"""Embedding tiles: deterministic, in order, views as if the slide were turned."""

import time
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
import torch

from histopress.compress.grid import lay_on_grid
from histopress.encoder.encode import AHEAD, BATCH, EncodeTask, encode_tiles
from histopress.encoder.fitting import Fitting
from histopress.encoder.layers import initialise
from histopress.encoder.network import ConvolutionalEncoder
from histopress.slide.views import VIEWS, orient

TILE = 64


class ArrayReader:
    """Cuts tiles from an image in memory."""

    def __init__(self, image):
        self.image = image

    def read(self, position):
        x, y = position
        return self.image[y : y + TILE, x : x + TILE]


@contextmanager
def open_array(image):
    yield ArrayReader(image)


def network():
    net = ConvolutionalEncoder(channels=6, filters=8, input_px=TILE)
    initialise(net, torch.Generator().manual_seed(3))
    return net.eval()


def embed(image, coords, *, threads=1, views=(0,)):
    task = EncodeTask(
        coords=coords,
        open_reader=partial(open_array, image),
        build_network=network,
        fitting=Fitting(pool=1, input_px=TILE, spacing_um=1.0),
        views=views,
    )
    parts = list(encode_tiles(task, threads=threads))
    assert [start for start, _ in parts] == list(range(0, len(coords), BATCH))
    return np.concatenate([vectors for _, vectors in parts], axis=1)


def grid_coords(rows, columns):
    return np.array([(x * TILE, y * TILE) for y in range(rows) for x in range(columns)])


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(0).integers(0, 256, (7 * TILE, 11 * TILE, 3), dtype=np.uint8)


def test_threads_and_the_number_of_tiles_change_no_byte(image):
    coords = grid_coords(7, 11)
    one = embed(image, coords)
    assert one.shape == (1, 77, 6)
    assert one.tobytes() == embed(image, coords, threads=2).tobytes()
    for count in (1, 5, 33):
        assert embed(image, coords[:count]).tobytes() == one[:, :count].tobytes()


@pytest.mark.parametrize("view", range(VIEWS))
def test_a_view_is_what_encoding_the_turned_slide_gives(image, view):
    rows, columns = 7, 11
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    vectors = embed(image, grid_coords(rows, columns), views=(0, view)).astype(np.float16)
    stored = lay_on_grid(vectors, index)[1]

    turned_image = np.ascontiguousarray(orient(image, view, axes=(0, 1)))
    turned_rows, turned_columns = turned_image.shape[0] // TILE, turned_image.shape[1] // TILE
    turned_index = np.arange(rows * columns, dtype=np.int32).reshape(turned_rows, turned_columns)
    turned = embed(turned_image, grid_coords(turned_rows, turned_columns)).astype(np.float16)
    expected = lay_on_grid(turned, turned_index)[0]

    assert np.array_equal(orient(stored, view), expected)
    if view:
        assert not np.array_equal(stored, lay_on_grid(vectors, index)[0])


def test_a_fault_of_reading_reaches_the_caller(image):
    class Broken(ArrayReader):
        def read(self, position):
            raise OSError("gone")

    @contextmanager
    def open_broken():
        yield Broken(image)

    task = EncodeTask(
        coords=grid_coords(2, 2),
        open_reader=open_broken,
        build_network=network,
        fitting=Fitting(pool=1, input_px=TILE, spacing_um=1.0),
    )
    with pytest.raises(OSError, match="gone"):
        list(encode_tiles(task, threads=2))


def test_only_a_few_batches_are_in_flight():
    read = []

    class Counting(ArrayReader):
        def read(self, position):
            read.append(position)
            return np.zeros((TILE, TILE, 3), np.uint8)

    @contextmanager
    def open_counting():
        yield Counting(None)

    task = EncodeTask(
        coords=np.zeros((100 * BATCH, 2), np.int64),
        open_reader=open_counting,
        build_network=network,
        fitting=Fitting(pool=1, input_px=TILE, spacing_um=1.0),
    )
    batches = encode_tiles(task, threads=2)
    next(batches)
    time.sleep(1)
    assert len(read) <= 2 * AHEAD * BATCH
    batches.close()
