"""Gaussian smoothing by multiplication with small matrices, another width for each patch."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def gaussian_matrix(sigma: Float[Tensor, "B"], side: int) -> Float[Tensor, "B S S"]:
    """Make symmetric Toeplitz matrices that smooth a line of ``side`` px; outside is zero.

    Entry (i, j) is exp(−(i − j)² / 2σ²), divided by the sum over the endless line. For lines of
    some hundred px one dense product costs less than convolutions whose widths differ.

    Parameters
    ----------
    sigma : float32 tensor (B,)
        Standard deviations in px, above zero.
    side : int
        Length S of the line in px.
    """
    place = torch.arange(side, device=sigma.device)
    # Far weights are held at 1e-13: numbers too small for float32's full precision would slow the
    # product down tenfold.
    weights = torch.exp((-0.5 * (place / sigma[:, None]).square()).clamp_(min=-30))
    # The sum over the px at hand falls short where σ nears the side; σ√2π falls short where the
    # px are too coarse for the bell. The larger one is right in either case.
    total = torch.maximum(2 * weights.sum(1) - 1, sigma * math.sqrt(2 * math.pi))
    distance = (place[:, None] - place).abs()
    return (weights / total[:, None])[:, distance]


def blur(images: Float[Tensor, "B 3 S S"], sigma: Float[Tensor, "B"]) -> Float[Tensor, "B 3 S S"]:
    """Blur each image with its own σ in px.

    Publications do not tell what lies beyond the edge; here weights that would fall outside are
    shared among those inside, so that a plain image stays plain.
    """
    matrix = gaussian_matrix(sigma, images.shape[-1])
    matrix = (matrix / matrix.sum(2, keepdim=True))[:, None]
    return matrix @ (images @ matrix.mT)


def elastic_displacement(
    alpha: Float[Tensor, "B"], sigma: Float[Tensor, "B"], *, side: int, source: torch.Generator
) -> tuple[Float[Tensor, "B S S"], Float[Tensor, "B S S"]]:
    """Draw smooth random displacements: α times Gaussian-smoothed uniform(−1, 1).

    After Simard et al. (ICDAR 2003). Inside, their standard deviation is α/σ · √(1/12π), or
    1.6 px at α = 100 and σ = 10. Publications do not tell how the field is smoothed at the
    edges; as in common code it is zero outside, so that displacements shrink by up to a half
    towards the corners.

    Parameters
    ----------
    alpha, sigma : float32 tensor (B,)
        Strength and smoothness in px.
    side : int
        Side S of the field in px.
    source : torch.Generator
        On the device of ``alpha``.

    Returns
    -------
    tuple of float32 tensors (B, S, S)
        Displacements in x and in y, px.
    """
    matrix = gaussian_matrix(sigma, side)
    shape = (len(alpha), side, 2 * side)
    field = torch.rand(shape, generator=source, device=alpha.device).mul_(2).sub_(1)
    # Rows, then columns: between them lies x or y, so that neither product needs a copy.
    field = torch.bmm(matrix * alpha[:, None, None], field).view(len(alpha), side * 2, side)
    x, y = torch.bmm(field, matrix).view(len(alpha), side, 2, side).unbind(2)
    return x, y
