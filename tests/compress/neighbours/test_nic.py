"""NIC's ``.npy`` grids."""

import io
import pickle

import numpy as np
import pytest

from histopress.compress.neighbours.lay import Laying, lay_foreign
from histopress.compress.neighbours.nic import read_nic
from histopress.errors import SlideFault


@pytest.fixture
def grid():
    """As ``encode_wsi_npy_simple`` leaves it: NaN where nothing was encoded, then 0, float16."""
    features = np.full((3, 5, 7), np.nan)
    features[:, 1:4, 2:6] = np.random.default_rng(0).normal(size=(3, 3, 4))
    features[np.isnan(features)] = 0
    return features.astype("float16")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f4"])
def test_the_grid_is_taken_as_it_is(grid, tmp_path, dtype):
    np.save(tmp_path / "s.npy", grid.astype(dtype))
    slide = lay_foreign(read_nic(tmp_path / "s.npy", "s"), Laying())
    assert np.array_equal(slide.grid[0], grid)
    assert np.array_equal(slide.kept, grid.any(axis=0))


def test_channels_may_come_last(grid, tmp_path):
    np.save(tmp_path / "s.npy", grid.transpose(1, 2, 0))
    slide = lay_foreign(read_nic(tmp_path / "s.npy", "s", transpose=True), Laying())
    assert np.array_equal(slide.grid[0], grid)


def test_a_pickle_is_not_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    np.save(tmp_path / "s.npy", np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(SlideFault, match="pickles are not read"):
        read_nic(tmp_path / "s.npy", "s")
    (tmp_path / "p.npy").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(SlideFault, match="pickles are not read"):
        read_nic(tmp_path / "p.npy", "s")


@pytest.mark.parametrize("values", [np.zeros((4, 5)), np.zeros((2, 3, 4), int)])
def test_what_is_no_grid_is_refused(tmp_path, values):
    np.save(tmp_path / "s.npy", values)
    with pytest.raises(SlideFault, match="expected are floats of shape"):
        read_nic(tmp_path / "s.npy", "s")


def test_a_cut_file_is_refused(grid, tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, grid)
    (tmp_path / "s.npy").write_bytes(buffer.getvalue()[:-9])
    with pytest.raises(SlideFault, match="cannot be read as an array"):
        read_nic(tmp_path / "s.npy", "s")
