"""Where pixels go."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.augment import (
    Variation,
    augment_patches,
    centre_patches,
    draw_variation,
    vary_patches,
)


def numbered(count: int, side: int) -> torch.Tensor:
    """Patches whose every pixel tells its own row and column."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    patch = torch.stack([rows, columns, torch.full_like(rows, 77)], dim=-1)
    return patch.to(torch.uint8).expand(count, -1, -1, -1)


def eight(image: torch.Tensor) -> list[torch.Tensor]:
    turned = [torch.rot90(image, turns, (1, 2)) for turns in range(4)]
    return turned + [view.flip(2) for view in turned]


def test_all_off_is_the_centre(patches, only, source):
    varied = augment_patches(patches, only(), side=32, source=source())
    expected = patches[:, 4:36, 4:36].permute(0, 3, 1, 2) / 255
    assert torch.equal(varied, expected)
    assert torch.equal(centre_patches(patches, 32), expected)
    assert varied.dtype == torch.float32


@pytest.mark.parametrize("side", [40, 32, 31])
def test_turns_and_mirroring_give_the_eight_orientations_to_the_bit(patches, only, source, side):
    varied = augment_patches(patches, only(turn=True, mirror=True), side=side, source=source())
    used = patches[:, : 40 - (40 - side) % 2, : 40 - (40 - side) % 2]
    upright = centre_patches(used, side)
    found = [
        [torch.equal(image, view) for view in eight(original)].index(True)
        for image, original in zip(varied, upright, strict=True)
    ]
    assert set(found) == set(range(8))


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [False, True])
def test_turns_are_those_of_rot90_and_mirroring_follows(patches, source, turns, mirror):
    variation = Variation(turn=torch.full((24,), turns), mirror=torch.full((24,), mirror))
    expected = torch.rot90(centre_patches(patches, 32), turns, (2, 3))
    expected = expected.flip(3) if mirror else expected
    assert torch.equal(vary_patches(patches, variation, side=32, source=source()), expected)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirror", [False, True])
def test_interpolation_turns_the_same_way_as_exact_moves(patches, source, turns, mirror):
    variation = {
        "turn": torch.full((24,), turns),
        "mirror": torch.full((24,), mirror),
        "shift": torch.full((24, 2), 0.5) * torch.tensor([1.0, -1.0]),
    }
    exact = vary_patches(patches, Variation(**variation), side=32, source=source())
    scaled = Variation(**variation, scale=torch.ones(24))
    assert torch.allclose(exact, vary_patches(patches, scaled, side=32, source=source()), atol=1e-4)


@given(st.integers(0, 6), st.integers(0, 2**32))
def test_shifted_patches_hold_real_pixels_side_by_side(margin, seed):
    source = torch.Generator().manual_seed(seed)
    shift = torch.empty(5, 2).uniform_(-1, 1, generator=source)
    patches = numbered(5, 16 + 2 * margin)
    varied = vary_patches(patches, Variation(shift=shift), side=16, source=source) * 255
    rows, columns, constant = varied.round().unbind(1)
    assert (rows.diff(dim=1) == 1).all() and (columns.diff(dim=2) == 1).all()
    assert (constant == 77).all()


def test_every_whole_shift_is_about_equally_likely(only, source):
    varied = augment_patches(numbered(3000, 20), only(shift=True), side=16, source=source())
    for channel in (0, 1):
        starts = (varied[:, channel, 0, 0] * 255).round().long()
        counts = torch.bincount(starts, minlength=5)
        # 3000 draws in 5 places: 600 with a standard deviation of 22.
        assert len(counts) == 5 and (counts - 600).abs().max() < 100


def disc(side: int, radius: float) -> torch.Tensor:
    line = torch.arange(side) - (side - 1) / 2
    inside = (line[:, None] ** 2 + line**2).sqrt() < radius
    return (inside * 255).to(torch.uint8)[None, ..., None].expand(1, -1, -1, 3)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.2])
def test_scale_multiplies_the_radius_of_a_disc(source, scale):
    variation = Variation(scale=torch.tensor([scale]))
    varied = vary_patches(disc(96, 20), variation, side=64, source=source())
    area = float(varied[0, 0].sum())
    assert np.sqrt(area / np.pi) == pytest.approx(20 * scale, rel=0.01)


def test_scaled_and_shifted_patches_hold_no_mirrored_pixel_where_the_margin_suffices(source):
    # A window of 32 / 0.8 = 40 px fits into 40 px at all scales from 0.8 to 1.2.
    count = 200
    variation = Variation(
        shift=torch.empty(count, 2).uniform_(-1, 1, generator=source()).sign(),
        scale=torch.linspace(0.8, 1.2, count),
    )
    varied = vary_patches(numbered(count, 40), variation, side=32, source=source()) * 255
    steps = torch.cat([varied[:, 0].diff(dim=1).flatten(1), varied[:, 1].diff(dim=2).flatten(1)], 1)
    expected = 1 / variation.scale[:, None]
    # torch's cubic kernel (a = -0.75) bends a ramp a little; a mirrored pixel would turn its sign
    assert (steps - expected).abs().max() < 0.15


def test_scales_and_elastic_parameters_fill_their_ranges(only, source):
    settings = only(scale=(0.8, 1.2), elastic_alpha=(80, 120), elastic_sigma=(9, 11))
    drawn = draw_variation(settings, 2000, source=source())
    for field, low, high in (("scale", 0.8, 1.2), ("elastic_alpha", 80, 120)):
        values = getattr(drawn, field)
        assert low <= values.min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < values.max() <= high
    assert drawn.noise is None and drawn.turn is None


def test_elastic_deformation_moves_pixels_by_its_field(source):
    from histopress.patches.augment.smoothing import elastic_displacement

    alpha, sigma = torch.tensor([100.0]), torch.tensor([10.0])
    variation = Variation(elastic_alpha=alpha, elastic_sigma=sigma)
    varied = vary_patches(numbered(1, 96), variation, side=64, source=source(3))[0] * 255
    x, y = elastic_displacement(alpha, sigma, side=64, source=source(3))
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    assert torch.allclose(varied[0] - 16, rows + y[0], atol=0.15)
    assert torch.allclose(varied[1] - 16, columns + x[0], atol=0.15)
    assert max(y.std(), x.std()) > 0.8, "else nothing was moved"
