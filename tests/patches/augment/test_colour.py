"""Colour, against formulas written down a second time."""

import colorsys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.augment.colour import (
    vary_brightness,
    vary_contrast,
    vary_hsv,
    vary_stains,
)

channel = st.integers(0, 255).map(lambda value: value / 255)
change = st.floats(-1, 1)


def one(*rgb: float) -> torch.Tensor:
    return torch.tensor(rgb, dtype=torch.float32).view(1, 3, 1, 1)


@given(st.tuples(channel, channel, channel), change, change)
def test_hue_and_saturation_against_colorsys(rgb, hue, saturation):
    h, s, v = colorsys.rgb_to_hsv(*rgb)
    s = s * (1 + saturation * (1 - s)) if saturation > 0 else s * (1 + saturation)
    expected = colorsys.hsv_to_rgb((h + hue) % 1, s, v)
    found = vary_hsv(one(*rgb), torch.tensor([hue]), torch.tensor([saturation]))
    assert found.flatten().tolist() == pytest.approx(expected, abs=1e-5)
    assert float(found.min()) >= 0 and float(found.max()) <= 1


@given(channel, change, change)
def test_grey_stays_grey(value, hue, saturation):
    found = vary_hsv(one(value, value, value), torch.tensor([hue]), torch.tensor([saturation]))
    assert found.flatten().tolist() == pytest.approx([value] * 3, abs=1e-6)


def test_hue_alone_and_saturation_alone():
    red = one(0.8, 0.2, 0.2)
    assert vary_hsv(red, torch.tensor([1 / 3]), None).flatten().tolist() == pytest.approx(
        [0.2, 0.8, 0.2], abs=1e-6
    )
    assert vary_hsv(red, None, torch.tensor([-1.0])).flatten().tolist() == pytest.approx([0.8] * 3)


def reference_stains(image: np.ndarray, factor: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Deconvolution pixel by pixel in float64; ``image`` is (h, w, 3)."""
    vectors = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    vectors /= np.sqrt((vectors**2).sum(1, keepdims=True))
    density = -np.log10(np.maximum(image, 1 / 255))
    amounts = density @ np.linalg.inv(vectors)
    return np.clip(10 ** -((amounts * (1 + factor) + bias) @ vectors), 0, 1)


def test_stains_against_a_reference_in_double_precision():
    rng = np.random.default_rng(4)
    images = rng.uniform(0, 1, (6, 8, 8, 3)) * rng.uniform(0.5, 1, (6, 1, 1, 1))
    factor, bias = rng.uniform(-0.2, 0.2, (2, 6, 3))
    found = vary_stains(
        torch.tensor(images).permute(0, 3, 1, 2).float(),
        torch.tensor(factor).float(),
        torch.tensor(bias).float(),
    )
    for place in range(6):
        expected = reference_stains(images[place], factor[place], bias[place])
        assert found[place].permute(1, 2, 0).numpy() == pytest.approx(expected, abs=2e-5)
        assert np.abs(expected - images[place]).max() > 0.01


@pytest.mark.parametrize(
    ("mean", "varied"), [(0.14, False), (0.16, True), (0.84, True), (0.86, False)]
)
def test_stains_of_glass_and_of_black_stay(mean, varied):
    image = torch.full((1, 3, 4, 4), mean)
    found = vary_stains(image, torch.full((1, 3), 0.1), torch.full((1, 3), 0.1))
    assert torch.equal(found, image) is not varied


def test_eosin_absorbs_green():
    pale = torch.full((1, 3, 2, 2), 0.8)
    found = vary_stains(pale, torch.zeros(1, 3), torch.tensor([[0.0, 0.05, 0.0]]))[0, :, 0, 0]
    assert found[1] == pytest.approx(0.8 * 10 ** (-0.05 * 0.99 / 0.99856), abs=1e-4)
    assert found[0] > 0.78 and found[2] > 0.78


def test_brightness_is_a_factor_and_ends_at_white():
    images = torch.tensor([0.2, 0.4, 0.9]).view(1, 3, 1, 1).repeat(2, 1, 1, 1)
    found = vary_brightness(images, torch.tensor([0.5, 1.35]))
    assert found[0].flatten().tolist() == pytest.approx([0.1, 0.2, 0.45])
    assert found[1].flatten().tolist() == pytest.approx([0.27, 0.54, 1.0])


def test_contrast_stretches_about_the_mean():
    images = torch.tensor([0.2, 0.4, 0.9]).view(1, 3, 1, 1).repeat(2, 1, 1, 1)
    found = vary_contrast(images, torch.tensor([0.5, 1.5]))
    assert found[0].flatten().tolist() == pytest.approx([0.35, 0.45, 0.7])
    assert found[1].flatten().tolist() == pytest.approx([0.05, 0.35, 1.0])
