"""Blur and elastic fields, against scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from histopress.patches.augment.smoothing import blur, elastic_displacement, gaussian_matrix


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5])
def test_blur_against_scipy_in_the_middle(source, sigma):
    images = torch.rand(2, 3, 48, 48, generator=source())
    found = blur(images, torch.tensor([sigma, 0.1]))
    expected = gaussian_filter(images[0].double().numpy(), (0, sigma, sigma), truncate=6)
    inner = slice(16, 32)
    assert found[0, :, inner, inner].numpy() == pytest.approx(expected[:, inner, inner], abs=1e-5)
    assert torch.allclose(found[1], images[1], atol=1e-6)


def test_blur_keeps_a_plain_image(source):
    plain = torch.full((1, 3, 20, 20), 0.7)
    assert torch.allclose(blur(plain, torch.tensor([3.0])), plain, atol=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 3.0, 9.0, 11.0])
def test_lines_are_smoothed_as_by_scipy_with_zeros_outside(source, sigma):
    line = torch.rand(40, generator=source())
    found = gaussian_matrix(torch.tensor([sigma]), 40)[0] @ line
    expected = gaussian_filter(line.double().numpy(), sigma, mode="constant", truncate=8)
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


def test_elastic_displacements_spread_as_scipys(source):
    side, alpha, sigma, count = 64, 100.0, 10.0, 400
    x, y = elastic_displacement(
        torch.full((count,), alpha), torch.full((count,), sigma), side=side, source=source()
    )
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (count, side, side))
    reference = alpha * gaussian_filter(noise, (0, sigma, sigma), mode="constant")
    for field in (x.numpy(), y.numpy()):
        assert field.std() == pytest.approx(reference.std(), rel=0.08)
        assert field[:, 32, 32].std() == pytest.approx(
            alpha / sigma / np.sqrt(12 * np.pi), rel=0.15
        )
        assert field[:, 0, 0].std() == pytest.approx(reference[:, 0, 0].std(), rel=0.25)
    assert abs(np.corrcoef(x.flatten(), y.flatten())[0, 1]) < 0.1
