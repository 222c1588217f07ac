"""Turns, mirroring, shift, scale and elastic deformation as one resampling."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional

from histopress.patches.augment.parameters import Variation
from histopress.patches.augment.smoothing import elastic_displacement


def move_patches(
    patches: UInt8[Tensor, "B H H 3"], variation: Variation, *, side: int, source: torch.Generator
) -> Float[Tensor, "B 3 S S"]:
    """Turn, mirror, shift, scale, deform and crop, in this order and in one step.

    Where scale and deformation are off, pixels only change places: values stay exact and shifts
    are whole pixels, each equally likely. Otherwise values are interpolated once, bicubically: a
    bilinear sampling softens patches so much that an encoder would be trained on softer ones than
    it is used on.
    Beyond the patch's edge it is mirrored; shifts go no further than the margin that the scale
    leaves, so that mirrored pixels are seen only where the margin is too small for scale or
    deformation themselves.

    Parameters
    ----------
    patches : uint8 tensor (B, H, H, 3)
    variation : Variation
        Its geometric fields are used.
    side : int
        Side S of the result, at most H. Of an odd difference the last row and column go unused.
    source : torch.Generator
        For the deformation.

    Returns
    -------
    float32 tensor (B, 3, S, S)
        In [0, 1].
    """
    used = patches.shape[1] - (patches.shape[1] - side) % 2
    patches = patches[:, :used, :used]
    places = _places(variation, len(patches), side=side, used=used, source=source)
    if _whole(variation):
        return _pick(patches, places)
    pixels = as_images(patches)
    return functional.grid_sample(
        pixels,
        places.mul_(2 / used),
        mode="bicubic",
        padding_mode="reflection",
        align_corners=False,
    ).clamp_(0, 1)


def _whole(variation: Variation) -> bool:
    """Whether pixels only change places."""
    return variation.scale is None and variation.elastic_alpha is None


def _places(
    variation: Variation, count: int, *, side: int, used: int, source: torch.Generator
) -> Float[Tensor, "B S S 2"]:
    """Where each px of the result lies in the patch: x and y in px from the patch's centre."""
    line = torch.arange(side, device=source.device) - (side - 1) / 2
    x, y = line.expand(1, side, side), line[:, None].expand(1, side, side)
    if variation.elastic_alpha is not None and variation.elastic_sigma is not None:
        away_x, away_y = elastic_displacement(
            variation.elastic_alpha, variation.elastic_sigma, side=side, source=source
        )
        x, y = x + away_x, y + away_y
    matrix = _orientation(variation, count, source.device)
    offset = matrix @ _shift(variation, count, side=side, used=used, device=source.device)
    if variation.scale is not None:
        matrix = matrix / variation.scale[:, None, None]
    matrix, offset = matrix[..., None, None], offset[..., None]
    return torch.stack(
        [
            (matrix[:, row, 0] * x).addcmul_(matrix[:, row, 1], y).add_(offset[:, row])
            for row in (0, 1)
        ],
        dim=-1,
    )


def _orientation(variation: Variation, count: int, device: torch.device) -> Float[Tensor, "B 2 2"]:
    """Matrices from places in the result to places in the patch, y pointing down."""
    zero = torch.zeros(count, device=device)
    turn = zero.long() if variation.turn is None else variation.turn
    cosine = torch.tensor([1.0, 0.0, -1.0, 0.0], device=device)[turn]
    sine = torch.tensor([0.0, 1.0, 0.0, -1.0], device=device)[turn]
    side = zero + 1 if variation.mirror is None else 1 - 2 * variation.mirror.to(zero)
    rows = [torch.stack([cosine * side, -sine], 1), torch.stack([sine * side, cosine], 1)]
    return torch.stack(rows, dim=1)


def _shift(
    variation: Variation, count: int, *, side: int, used: int, device: torch.device
) -> Float[Tensor, "B 2 1"]:
    """Shifts in px of the patch, within the margin that the scale leaves."""
    margin = (used - side) // 2
    if variation.shift is None or margin == 0:
        return torch.zeros((count, 2, 1), device=device)
    share = variation.shift[..., None]
    if _whole(variation):
        steps = torch.floor((share + 1) / 2 * (2 * margin + 1)) - margin
        return steps.clamp_(-margin, margin)
    if variation.scale is None:
        return share * margin
    left = (used - 1) / 2 - (side - 1) / (2 * variation.scale)
    return share * left.clamp(0, margin)[:, None, None]


def _pick(
    patches: UInt8[Tensor, "B H H 3"], places: Float[Tensor, "B S S 2"]
) -> Float[Tensor, "B 3 S S"]:
    """Take the pixels at ``places``, which lie on whole pixels."""
    columns, rows = (places + (patches.shape[1] - 1) / 2).long().unbind(-1)
    batch = torch.arange(len(patches), device=patches.device)[:, None, None]
    return as_images(patches[batch, rows, columns])


def as_images(patches: UInt8[Tensor, "B S S 3"]) -> Float[Tensor, "B 3 S S"]:
    """Bring bytes to [0, 1], channels first."""
    images = patches.permute(0, 3, 1, 2)
    return images.to(torch.float32, memory_format=torch.contiguous_format).div_(255)
