"""Augmentation of batches: geometry, colour, noise, blur."""

from dataclasses import replace

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from histopress.errors import ConfigError
from histopress.patches.augment.colour import (
    vary_brightness,
    vary_contrast,
    vary_hsv,
    vary_stains,
)
from histopress.patches.augment.geometry import as_images, move_patches
from histopress.patches.augment.parameters import Variation, draw_variation
from histopress.patches.augment.smoothing import blur
from histopress.patches.settings import AugmentSettings

CHUNK = 16
"""Patches that a CPU takes through all steps at once, so that they stay in its cache; part of the
result, since the fields of noise are drawn chunk by chunk."""


def augment_patches(
    patches: UInt8[Tensor, "B H H 3"],
    settings: AugmentSettings,
    *,
    side: int,
    source: torch.Generator,
) -> Float[Tensor, "B 3 S S"]:
    """Vary patches at random, each by itself (Tellez et al., MedIA 2019).

    Order: turn, mirror, shift, scale, elastic deformation, hue and saturation, stains,
    brightness, contrast, noise, blur. All are applied to all patches, but scale and deformation to
    the share ``warped`` alone; ranges decide how much.

    Equal patches, settings and states of ``source`` give equal results on one machine and
    device. What a patch becomes depends on its place in the batch, on the batch's size and on
    the draws, never on the pixels of the others. The CPU and a GPU draw different numbers.

    Parameters
    ----------
    patches : uint8 tensor (B, H, H, 3)
        RGB. H − side is margin: pixels that shift, scale and elastic deformation bring in before
        the patch has to be mirrored at its edges.
    settings : AugmentSettings
    side : int
        Side S of the result in px.
    source : torch.Generator
        On the device of ``patches``, where all is computed.

    Returns
    -------
    float32 tensor (B, 3, S, S)
        RGB in [0, 1].

    Raises
    ------
    ConfigError
        The patches are smaller than ``side`` or not square, or a range cannot be used.
    """
    variation = draw_variation(settings, len(patches), source=source)
    if settings.warped == 1 or (settings.scale is None and settings.elastic_alpha is None):
        return vary_patches(patches, variation, side=side, source=source)
    drawn = torch.rand(len(patches), generator=source, device=source.device)
    warped = drawn < settings.warped
    varied = torch.empty((len(patches), 3, side, side), device=patches.device)
    still = replace(variation, scale=None, elastic_alpha=None, elastic_sigma=None)
    for chosen, parameters in ((warped, variation), (~warped, still)):
        varied[chosen] = vary_patches(
            patches[chosen], parameters.part(chosen), side=side, source=source
        )
    return varied


def vary_patches(
    patches: UInt8[Tensor, "B H H 3"],
    variation: Variation,
    *,
    side: int,
    source: torch.Generator,
) -> Float[Tensor, "B 3 S S"]:
    """Vary patches by given parameters; see :func:`augment_patches`.

    ``source`` gives the fields of deformation and noise.
    """
    _check_size(patches, side)
    step = CHUNK if patches.device.type == "cpu" else max(1, len(patches))
    varied = torch.empty((len(patches), 3, side, side), device=patches.device)
    for start in range(0, len(patches), step):
        part = slice(start, start + step)
        varied[part] = _vary(patches[part], variation.part(part), side=side, source=source)
    return varied


def _vary(
    patches: UInt8[Tensor, "B H H 3"],
    variation: Variation,
    *,
    side: int,
    source: torch.Generator,
) -> Float[Tensor, "B 3 S S"]:
    """Vary patches that go through all steps together."""
    images = move_patches(patches, variation, side=side, source=source)
    if variation.hue is not None or variation.saturation is not None:
        images = vary_hsv(images, variation.hue, variation.saturation)
    if variation.stain_factor is not None and variation.stain_bias is not None:
        images = vary_stains(images, variation.stain_factor, variation.stain_bias)
    if variation.brightness is not None:
        images = vary_brightness(images, variation.brightness)
    if variation.contrast is not None:
        images = vary_contrast(images, variation.contrast)
    if variation.noise is not None:
        images = add_noise(images, variation.noise, source=source)
    if variation.blur is not None:
        images = blur(images, variation.blur)
    return images.clamp_(0, 1)


def add_noise(
    images: Float[Tensor, "B 3 S S"], sigma: Float[Tensor, "B"], *, source: torch.Generator
) -> Float[Tensor, "B 3 S S"]:
    """Add Gaussian noise, another value for each pixel and channel, and clamp to [0, 1]."""
    noise = torch.empty_like(images).normal_(generator=source)
    return noise.mul_(sigma[:, None, None, None]).add_(images).clamp_(0, 1)


def centre_patches(patches: UInt8[Tensor, "B H H 3"], side: int) -> Float[Tensor, "B 3 S S"]:
    """Cut out the centres, without augmentation.

    Parameters
    ----------
    patches : uint8 tensor (B, H, H, 3)
        RGB.
    side : int
        Side S of the result in px; of an odd difference the last row and column go unused.

    Returns
    -------
    float32 tensor (B, 3, S, S)
        RGB in [0, 1].

    Raises
    ------
    ConfigError
        The patches are smaller than ``side`` or not square.
    """
    _check_size(patches, side)
    margin = (patches.shape[1] - side) // 2
    inner = slice(margin, margin + side)
    return as_images(patches[:, inner, inner])


def _check_size(patches: UInt8[Tensor, "B H H 3"], side: int) -> None:
    height, width = patches.shape[1:3]
    if not side <= height == width:
        raise ConfigError(
            f"patches are of {height} × {width} px; squares of {side} px or more are needed, "
            "make the patches again for this encoder"
        )
