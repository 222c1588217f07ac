"""Colour of patches: hue and saturation, stains, brightness, contrast."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

STAIN_VECTORS = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78))
"""Absorbance of red, green and blue by haematoxylin, eosin and DAB (Ruifrok and Johnston, 2001)."""
DARKEST = 1 / 255
"""Least light that has a finite density: the darkest that a byte tells from black."""
STAINED = (0.15, 0.85)
"""Mean of the patches whose stains are varied; what is darker or brighter is no tissue."""
_TINY = 1e-12
"""Keeps black and grey from dividing zero by zero."""


def vary_hsv(
    images: Float[Tensor, "B 3 S S"],
    hue: Float[Tensor, "B"] | None,
    saturation: Float[Tensor, "B"] | None,
) -> Float[Tensor, "B 3 S S"]:
    """Shift the hue and change the saturation, in HSV space.

    Hue goes round: h → (h + Δ) mod 1. Publications call both changes ratios and do not tell how
    a saturation above 1 is avoided; after common code s → s·(1 + Δ) where Δ is negative and
    s → s·(1 + Δ·(1 − s)) where it is positive, which stays within [0, 1] by itself. Grey pixels
    (s = 0) and the value (the brightest channel) stay as they are.

    Parameters
    ----------
    images : float32 tensor (B, 3, S, S)
        RGB in [0, 1].
    hue, saturation : float32 tensor (B,), or None
        −1 to 1.
    """
    red, green, blue = images.unbind(1)
    value = torch.maximum(torch.maximum(red, green), blue)
    least = torch.minimum(torch.minimum(red, green), blue)
    chroma = value - least
    angle = _hue(red, green, blue, least=least, chroma=chroma)
    if hue is not None:
        angle.add_(6 * hue[:, None, None])
    if saturation is not None:
        change = saturation[:, None, None]
        present = (chroma / value.clamp(min=_TINY)).mul_(change.clamp(min=0))
        chroma = chroma * (1 + change - present)
    return _rgb(angle, value, chroma)


def _hue(
    red: Float[Tensor, "B S S"],
    green: Float[Tensor, "B S S"],
    blue: Float[Tensor, "B S S"],
    *,
    least: Float[Tensor, "B S S"],
    chroma: Float[Tensor, "B S S"],
) -> Float[Tensor, "B S S"]:
    """Hue in sixths of the circle, 0 to 6; anything where there is no chroma.

    The channel that is least names the third of the circle, the difference of the other two the
    place in it: 1 + (g − r)/c without blue, 3 + (b − g)/c without red, 5 + (r − b)/c without
    green. Signs as weights choose among them, since choosing by masks is many times slower.
    """
    scale = 1 / chroma.clamp(min=_TINY)
    without_blue = (green - red).mul_(scale).add_(1)
    without_red = (blue - green).mul_(scale).add_(3)
    without_green = (red - blue).mul_(scale).add_(5)
    angle = torch.lerp(without_red, without_blue, (red - least).sign_())
    return torch.lerp(without_green, angle, (green - least).sign_())


def _rgb(
    angle: Float[Tensor, "B S S"], value: Float[Tensor, "B S S"], chroma: Float[Tensor, "B S S"]
) -> Float[Tensor, "B 3 S S"]:
    """RGB from hue (in sixths of the circle, any number), value and chroma.

    Each channel lies below the value by a share of the chroma: 0 within a sixth of the channel's
    own hue, 1 beyond two sixths, linear between.
    """
    angle = angle - 6 * torch.floor(angle / 6)
    # Red stands where the circle closes: its distance is 3 less that from the far side.
    far = (angle - 3).abs_().neg_().add_(2).clamp_(0, 1)
    below = [far, *((angle - home).abs_().sub_(1).clamp_(0, 1) for home in (2, 4))]
    return torch.stack([torch.addcmul(value, share, chroma, value=-1) for share in below], dim=1)


def vary_stains(
    images: Float[Tensor, "B 3 S S"],
    factor: Float[Tensor, "B 3"],
    bias: Float[Tensor, "B 3"],
) -> Float[Tensor, "B 3 S S"]:
    """Change the amounts of haematoxylin, eosin and DAB: s → s·(1 + factor) + bias.

    A pixel's optical density −log₁₀(I) is a sum of stain vectors of unit length (Ruifrok and
    Johnston, 2001). Publications do not name the logarithm that the bias counts in: here a
    bias of 0.05 on one stain takes some 11 % of the light of the colour that it absorbs most.
    Amounts may be negative, so that no change is no change. All is one 3 × 3 matrix and one
    offset a patch on the logarithms of its pixels.

    Patches whose mean lies outside :data:`STAINED` stay as they are.

    Parameters
    ----------
    images : float32 tensor (B, 3, S, S)
        RGB in [0, 1]; values below :data:`DARKEST` count as that.
    factor, bias : float32 tensor (B, 3)
    """
    # In double precision on the CPU, once; a row a stain.
    vectors = torch.tensor(STAIN_VECTORS, dtype=torch.float64)
    vectors = vectors / vectors.norm(dim=1, keepdim=True)
    apart, together = torch.linalg.inv(vectors).to(images), vectors.to(images)
    matrix = (apart * (1 + factor)[:, None]) @ together
    offset = -math.log(10) * (bias @ together)
    logs = images.clamp(min=DARKEST).log_().flatten(2)
    changed = torch.baddbmm(offset[..., None], matrix.mT, logs).exp_().clamp_(0, 1)
    mean = images.mean((1, 2, 3), keepdim=True)
    stained = (mean >= STAINED[0]) & (mean <= STAINED[1])
    return torch.lerp(images, changed.view_as(images), stained.to(images))


def vary_brightness(
    images: Float[Tensor, "B 3 S S"], factor: Float[Tensor, "B"]
) -> Float[Tensor, "B 3 S S"]:
    """Multiply by the factor; what would be brighter than white is white."""
    return (images * factor[:, None, None, None]).clamp_(0, 1)


def vary_contrast(
    images: Float[Tensor, "B 3 S S"], factor: Float[Tensor, "B"]
) -> Float[Tensor, "B 3 S S"]:
    """Multiply distances from the patch's mean by the factor: x → m + f·(x − m).

    Publications do not tell which mean: here one number a patch, over pixels and channels, so
    that contrast changes the saturation too, as it does in photographs.
    """
    mean = images.mean((1, 2, 3), keepdim=True)
    share = factor[:, None, None, None]
    return (images * share).add_(mean * (1 - share)).clamp_(0, 1)
