import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.fit import fit_picture, plan_fitting
from histopress.patches.settings import FolderSource, TaskSettings

SOURCE = FolderSource(kind="folder", path=".")


def plan(size, spacing, *, px=8, um=1.0, **changes):
    return plan_fitting(
        TaskSettings(source=SOURCE, **changes),
        name="t",
        source_px=size if isinstance(size, tuple) else (size, size),
        spacing_um=spacing,
        input_px=px,
        input_spacing_um=um,
    )


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_within_five_per_cent_pixels_are_left_alone():
    picture = noise(12, 15)
    fitting = plan((12, 15), 0.96)
    assert fitting.spacing_um == 0.96
    assert np.array_equal(fit_picture(picture, fitting), picture[2:10, 3:11])


def test_pooling_is_the_mean_whatever_the_spacing():
    picture = noise(26, 27)
    fitting = plan((26, 27), None, reduce=3)
    assert (fitting.pool, fitting.side_px) == (3, 8)
    assert np.isnan(fitting.spacing_um)
    blocks = picture[1:25, 1:25].reshape(8, 3, 8, 3, 3).mean(axis=(1, 3))
    # Rows: 26 // 3 = 8 blocks of the central 24; columns: 9 blocks of 27, of which the first 8.
    blocks[...] = picture[1:25, :24].reshape(8, 3, 8, 3, 3).mean(axis=(1, 3))
    assert np.array_equal(fit_picture(picture, fitting), np.floor(blocks + 0.5))
    assert plan(27, 0.5, reduce=2).spacing_um == 1.0


def test_halving_by_spacing_is_the_mean_of_four():
    picture = noise(20, 20)
    found = fit_picture(picture, plan(20, 0.5)).astype(float)
    means = picture.reshape(10, 2, 10, 2, 3).mean(axis=(1, 3))[1:9, 1:9]
    assert np.abs(found - means).max() <= 0.5


def test_enlarging_keeps_places_and_sides():
    rows, cols = np.mgrid[0:20, 0:20]
    picture = np.stack([rows * 10, cols * 10, rows * 0], -1).astype(np.uint8)
    fitting = plan(20, 1.0, px=30, um=0.5)
    assert (fitting.resampled_px, fitting.spacing_um) == (40, 0.5)
    found = fit_picture(picture, fitting).astype(float)
    # Pixel i of the result, 5 + i of the enlarged one, lies at (5 + i + 0.5) / 2 - 0.5 before.
    expected = ((5 + np.arange(30) + 0.5) / 2 - 0.5) * 10
    assert np.abs(found[:, 0, 0] - expected).max() < 2.5
    assert np.abs(found[0, :, 1] - expected).max() < 2.5


def test_a_long_picture_is_cropped_not_stretched():
    picture = np.zeros((20, 60, 3), np.uint8)
    picture[:, 20:40] = 255
    fitting = plan((20, 60), 0.5)
    assert fit_picture(picture, fitting).min() == 255


def test_the_recorded_spacing_is_that_of_whole_pixels():
    fitting = plan(33, 0.7)
    assert fitting.resampled_px == 23
    assert fitting.spacing_um == pytest.approx(0.7 * 33 / 23)


@pytest.mark.parametrize(("size", "margin"), [(8, 0), (9, 0), (10, 1), (15, 3), (16, 4), (40, 4)])
def test_as_much_margin_as_there_is_up_to_what_is_asked(size, margin):
    fitting = plan(size, 1.0, margin_px=4)
    assert fitting.margin_px == margin
    assert fit_picture(noise(size, size), fitting).shape == (8 + 2 * margin, 8 + 2 * margin, 3)


def test_the_margin_lies_around_what_the_encoder_sees():
    picture = noise(21, 21)
    with_margin = fit_picture(picture, plan(21, 1.0, margin_px=4))
    assert np.array_equal(with_margin[4:12, 4:12], fit_picture(picture, plan(21, 1.0)))


def test_an_unknown_spacing_proposes_both_ways():
    with pytest.raises(ConfigError, match=r"'t'.*set 'spacing_um', or set 'reduce'.*1 to 4"):
        plan(32, None)


@pytest.mark.parametrize(
    ("size", "spacing", "reduce", "message"),
    [
        ((20, 30), 0.25, None, r"20 × 30 px at 0\.25 µm/px become 5 px at 1 µm/px by resampling"),
        (20, None, 3, r"become 6 px by reduce: 3; the encoder sees 8 px; 'reduce' may be 1 to 2"),
        (6, 1.0, None, r"no 'reduce' makes 6 px fill 8 px.*'input_px' of at most 6"),
    ],
)
def test_too_small_pictures_are_refused_in_numbers(size, spacing, reduce, message):
    with pytest.raises(ConfigError, match=message):
        plan(size, spacing, reduce=reduce)
