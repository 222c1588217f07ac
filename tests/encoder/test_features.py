import h5py
import numpy as np
import pytest

from histopress.encoder.features import FeaturesHeader, read_features, write_features
from histopress.errors import StoreError


def header(count, views=(0,), **more):
    coords = np.arange(2 * count, dtype=np.int64).reshape(count, 2)
    return FeaturesHeader(slide_id="s", coords=coords, channels=3, views=views, **more)


def batches(values, size):
    for start in range(0, values.shape[1], size):
        yield start, values[:, start : start + size]


@pytest.mark.parametrize("views", [(0,), tuple(range(8))])
def test_round_trip(tmp_path, views):
    values = np.random.default_rng(0).normal(size=(len(views), 70, 3)).astype(np.float32)
    write_features(tmp_path / "f.h5", header(70, views), batches(values, 32))
    found = read_features(tmp_path / "f.h5")
    assert np.array_equal(found.vectors, values.astype(np.float16))
    assert found.views == views
    with h5py.File(tmp_path / "f.h5") as file:  # names that readers of CLAM files expect
        assert file["features"].shape == (70, 3)
        assert file["coords"].shape == (70, 2)


def test_an_excluded_slide_has_zero_rows_and_its_reason(tmp_path):
    write_features(tmp_path / "f.h5", header(0, reason="no tissue"), ())
    found = read_features(tmp_path / "f.h5")
    assert found.vectors.shape == (1, 0, 3)
    assert found.reason == "no tissue"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_what_does_not_fit_is_refused(tmp_path, value):
    values = np.full((1, 2, 3), value, np.float32)
    with pytest.raises(StoreError, match="slide 's': embeddings near tile 0 do not fit float16"):
        write_features(tmp_path / "f.h5", header(2), [(0, values)])
