import numpy as np
import pytest

from histopress.compress.distance import distance_map
from histopress.compress.slide import (
    CompressedSlide,
    read_compressed,
    read_header,
    write_compressed,
)


def slide(**more):
    kept = np.zeros((9, 70), bool)
    kept[2:7, 3:66] = True
    grid = np.random.default_rng(0).normal(size=(8, 4, 9, 70)).astype(np.float16) * kept
    values = {
        "slide_id": "s",
        "grid": grid,
        "tissue": kept.astype(np.float32),
        "distance": distance_map(kept),
        "views": tuple(range(8)),
    }
    return CompressedSlide(**(values | more))


def test_round_trip(tmp_path):
    written = slide(attributes={"element_ratio": 384.0})
    write_compressed(tmp_path / "c.h5", written)
    found = read_compressed(tmp_path / "c.h5")
    assert np.array_equal(found.grid, written.grid)
    assert np.array_equal(found.kept, written.tissue > 0)
    assert found.views == tuple(range(8))
    assert not found.excluded
    assert read_header(tmp_path / "c.h5")["element_ratio"] == 384.0


def test_equal_slides_are_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_compressed(tmp_path / name, slide())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("shape", [(0, 0), (3, 4)])
def test_an_excluded_slide_says_why(tmp_path, shape):
    empty = slide(
        grid=np.zeros((1, 4, *shape), np.float16),
        tissue=np.zeros(shape, np.float32),
        distance=np.zeros(shape, np.float32),
        views=(0,),
        reason="no tissue",
    )
    write_compressed(tmp_path / "c.h5", empty)
    found = read_compressed(tmp_path / "c.h5")
    assert found.excluded
    assert found.reason == "no tissue"
    assert not found.kept.any()
