import numpy as np
import pytest

from histopress.slide import overview
from histopress.slide.overview import BLOCK_PX, Overview, box_mean, read_overview


def pyramid(levels):
    reads = []

    def read(xy, level, size):
        downsample = levels[0].shape[1] / levels[level].shape[1]
        x, y = round(xy[0] / downsample), round(xy[1] / downsample)
        reads.append((level, size))
        block = levels[level][y : y + size[1], x : x + size[0]]
        assert block.shape[:2] == size[::-1], "read beyond the border"
        return block

    options = {
        "sizes": tuple((level.shape[1], level.shape[0]) for level in levels),
        "downsamples": tuple(levels[0].shape[1] / level.shape[1] for level in levels),
    }
    return read, options, reads


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("wanted", [1, 3, 16, 16.9])
def test_blocks_join_without_a_seam(wanted, monkeypatch):
    monkeypatch.setattr(overview, "BLOCK_PX", 128)
    image = noise(230, 450)
    read, options, _ = pyramid([image])
    view = read_overview(read, wanted=wanted, **options)
    factor = int(wanted)
    assert view.downsample == factor
    whole = image[: 230 // factor * factor, : 450 // factor * factor].astype(float)
    rows, columns = whole.shape[0] // factor, whole.shape[1] // factor
    exact = whole.reshape(rows, factor, columns, factor, 3).mean(axis=(1, 3))
    assert np.abs(view.rgb[:rows, :columns] - exact).max() <= 0.5 + 1e-9
    assert view.rgb.shape == (-(-230 // factor), -(-450 // factor), 3)


def test_the_coarsest_level_that_is_fine_enough_is_read():
    levels = [noise(640, 640), noise(160, 160), noise(40, 40)]
    read, options, reads = pyramid(levels)
    view = read_overview(read, wanted=9, **options)
    assert {level for level, _ in reads} == {1}
    assert view.downsample == 8
    assert np.array_equal(view.rgb, box_mean(levels[1], 2))


def test_no_block_is_larger_than_the_bound():
    read, options, reads = pyramid([noise(100, 3 * BLOCK_PX)])
    read_overview(read, wanted=10, **options)
    assert max(max(size) for _, size in reads) <= BLOCK_PX


def test_partial_blocks_repeat_their_border():
    image = np.zeros((3, 3, 3), np.uint8)
    image[:, 2] = 90
    assert box_mean(image, 2)[:, :, 0].tolist() == [[0, 90], [0, 90]]


def test_fit_never_enlarges():
    view = Overview(rgb=noise(30, 60), downsample=4.0)
    assert view.fit(60) is view
    smaller = view.fit(20)
    assert smaller.rgb.shape == (10, 20, 3)
    assert smaller.downsample == 12.0
