"""Files as the tools themselves lay them out, written without our writers."""

import h5py
import numpy as np
import pytest


def save_hdf5(path, datasets, attributes=None, root=None):
    """Append row by row, as CLAM and TRIDENT do: chunks of one row, growing."""
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            dataset = file.create_dataset(
                name,
                data=values,
                maxshape=(None, *values.shape[1:]),
                chunks=(1, *values.shape[1:]),
            )
            dataset.attrs.update((attributes or {}).get(name, {}))
        file.attrs.update(root or {})
    return path


@pytest.fixture
def save():
    return save_hdf5


@pytest.fixture
def vectors():
    """One vector a patch, each unlike the others."""

    def make(count, channels=4, dtype=np.float32):
        return np.random.default_rng(count).normal(size=(count, channels)).astype(dtype)

    return make


@pytest.fixture
def contour():
    """Coordinates that CLAM gives to one contour: its box at ``start``, column by column."""

    def make(start, columns, rows, step=256):
        xs = np.arange(start[0], start[0] + columns * step, step)
        ys = np.arange(start[1], start[1] + rows * step, step)
        x, y = np.meshgrid(xs, ys, indexing="ij")
        return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.int32)

    return make
