"""The whole: randomness, range, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.errors import ConfigError
from histopress.patches.augment import augment_patches, centre_patches, draw_variation
from histopress.patches.settings import AugmentSettings

ALL = AugmentSettings()
STRONG = AugmentSettings(
    hue=1.0, saturation=1.0, stain=1.0, brightness=(0.0, 3.0), contrast=(0.0, 5.0), noise=(0.5, 0.5)
)


def test_equal_generators_equal_results(patches, source):
    first, second, other = (
        augment_patches(patches, ALL, side=32, source=source(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.allclose(first, other, atol=0.05)
    assert len({image.sum().item() for image in first}) == len(patches)


def test_later_batches_differ(patches, source):
    running = source()
    first, second = (augment_patches(patches, ALL, side=32, source=running) for _ in range(2))
    assert not torch.allclose(first, second, atol=0.05)


def test_global_generators_are_not_touched(patches, source):
    state, numbers = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    augment_patches(patches, ALL, side=32, source=source())
    assert torch.equal(torch.random.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numbers)  # noqa: NPY002


@pytest.mark.parametrize("settings", [ALL, STRONG])
def test_values_stay_between_black_and_white(patches, source, settings):
    varied = augment_patches(patches, settings, side=32, source=source())
    assert varied.shape == (24, 3, 32, 32) and varied.is_contiguous()
    assert varied.min() >= 0 and varied.max() <= 1
    assert varied.isfinite().all()


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_patches(source, value):
    plain = torch.full((4, 32, 32, 3), value, dtype=torch.uint8)
    varied = augment_patches(plain, STRONG, side=32, source=source())
    assert varied.isfinite().all()


def test_patches_do_not_see_each_other(patches, source):
    changed = patches.clone()
    changed[3] = 255 - changed[3]
    first, second = (augment_patches(p, ALL, side=32, source=source()) for p in (patches, changed))
    same = [torch.equal(a, b) for a, b in zip(first, second, strict=True)]
    assert same == [place != 3 for place in range(24)]


def test_input_is_not_changed(patches, source):
    before = patches.clone()
    augment_patches(patches, ALL, side=40, source=source())
    assert torch.equal(patches, before)


def test_switching_one_transform_off_leaves_the_others_parameters(source):
    whole = draw_variation(ALL, 9, source=source())
    less = draw_variation(AugmentSettings(scale=None, hue=None), 9, source=source())
    longer = draw_variation(ALL, 30, source=source())
    assert less.scale is None and less.hue is None
    for name in ("turn", "mirror", "shift", "elastic_alpha", "stain_bias", "contrast", "blur"):
        assert torch.equal(getattr(less, name), getattr(whole, name))
        assert torch.equal(getattr(longer, name)[:9], getattr(whole, name))


def test_parameters_of_stains_are_drawn_one_by_one(source):
    drawn = draw_variation(ALL, 2000, source=source())
    values = torch.cat([drawn.stain_factor, drawn.stain_bias], dim=1)
    assert values.abs().max() <= 0.05 and values.min() < -0.049 and values.max() > 0.049
    assert torch.corrcoef(values.T).fill_diagonal_(0).abs().max() < 0.1


def test_noise_has_its_standard_deviation_and_no_mean(only, source):
    grey = torch.full((20, 64, 64, 3), 128, dtype=torch.uint8)
    varied = augment_patches(grey, only(noise=(0.02, 0.1)), side=64, source=source(5))
    sigma = draw_variation(only(noise=(0.02, 0.1)), 20, source=source(5)).noise
    away = varied - 128 / 255
    assert away.flatten(1).std(1).numpy() == pytest.approx(sigma.numpy(), rel=0.03)
    assert away.mean().abs() < 1e-3
    assert torch.corrcoef(away.transpose(0, 1).flatten(1))[0, 1].abs() < 0.02


def test_an_empty_batch(source):
    empty = torch.zeros((0, 40, 40, 3), dtype=torch.uint8)
    assert augment_patches(empty, ALL, side=32, source=source()).shape == (0, 3, 32, 32)


def test_small_and_oblong_patches_are_refused(patches, source):
    for wrong in (patches, patches[:, :, :36]):
        with pytest.raises(ConfigError, match=r"40 × \d\d px"):
            augment_patches(wrong, ALL, side=41 if wrong is patches else 32, source=source())
    with pytest.raises(ConfigError, match="make the patches again"):
        centre_patches(patches, 48)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("scale", (0.0, 1.0)),
        ("blur", (1.0, 0.5)),
        ("noise", (-0.1, 0.1)),
        ("elastic_sigma", (0, 1)),
    ],
)
def test_ranges_that_mean_nothing_are_refused(patches, source, name, limits):
    with pytest.raises(ConfigError, match=f"'{name}' is"):
        augment_patches(patches, AugmentSettings(**{name: limits}), side=32, source=source())


def test_a_share_of_patches_keeps_its_pixels(patches, source, only):
    settings = replace(only(elastic_alpha=(80.0, 120.0), scale=(0.8, 1.2)), warped=0.5)
    many = patches[:1].expand(400, -1, -1, -1)
    side = many.shape[1]
    varied = augment_patches(many, settings, side=side, source=source())
    kept = (varied == centre_patches(many, side)).flatten(1).all(1)
    assert 0.4 < kept.float().mean() < 0.6
    again = augment_patches(many, settings, side=side, source=source())
    assert torch.equal(varied, again)
    assert not (augment_patches(many, replace(settings, warped=1.0), side=side, source=source())
                == centre_patches(many, side)).flatten(1).all(1).any()  # fmt: skip
