"""Grad-CAM of the slide-level CNN.

Selvaraju et al. (ICCV 2017), equations 1 and 2, at the first convolution as for neural image
compression: α_k is the gradient of the output with respect to map k, averaged over the map's
places, and a place's heat is Σ_k α_k A_k. The maps A are what the first block (convolution,
normalisation, LeakyReLU) hands on.

Where this differs, or where the publications are silent:

- of classes, the output is the log-odds, z_c − log Σ_{j≠c} exp z_j, not the logit z_c alone,
  which may rise together with all others and then says nothing about the class. A number is
  explained in standard deviations of the training fold, survival as the log-hazard;
- heat is signed unless rectified; it is rectified after averaging, so that crops may disagree;
- a cell of a crop takes the mean heat of the first convolution's 3×3 windows that hold it, and
  a cell of the slide the mean over all test crops and views that cover it, turned back upright.
  Cells in no test crop take theirs from a lattice of windows over the tissue.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Float64, Int64
from torch import Tensor
from torch.nn import functional

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.explain.models import kind_of, unreduced
from histopress.learn.cnn import FittedCnn
from histopress.learn.crops import tile_corners
from histopress.learn.data import check_usable
from histopress.learn.interface import Fitted
from histopress.learn.network import STRIDES, NicCnn
from histopress.learn.sampling import oriented_crop, stack
from histopress.learn.whole import whole_corners

VALUES_AT_ONCE = 2**25
"""Values of the first maps in one pass: 128 MiB, and a few times that with their gradients."""

FIELD = 3
"""Side of the first convolution's window in cells."""


def grad_cam(
    fitted: Fitted, slide: CompressedSlide, *, output: int = 0, rectify: bool = False
) -> Float32[np.ndarray, "H W"]:
    """Map the evidence for one output of a trained CNN onto a slide's grid.

    Heat shows what the gradient reaches, not what would happen without the tissue; compare it
    within a slide and model, not between models.

    Parameters
    ----------
    fitted : Fitted
        A trained ``nic-cnn``, also behind a reduction of channels. One that was trained on
        whole patients is shown this slide alone.
    slide : CompressedSlide
        Compressed by the model's encoder.
    output : int
        Class, counted from 0; 0 for a number or a log-hazard.
    rectify : bool
        Set negative heat to 0.

    Returns
    -------
    float32 ndarray (H, W)
        Positive where a cell speaks for the output; exactly 0 on background.

    Raises
    ------
    ConfigError
        The model is no CNN or has no such output.
    SlideError, EncoderError
        The slide is excluded, or has another number of channels.
    """
    check_usable([slide])
    fitted, slide = unreduced(fitted, slide)
    if not isinstance(fitted, FittedCnn):
        raise ConfigError(
            f"a model of kind '{kind_of(fitted)}' has no convolutions; Grad-CAM is for 'nic-cnn'"
        )
    outputs = fitted.network.logits.out_features
    if not 0 <= output < outputs:
        raise ConfigError(f"output {output}: the model has {outputs}, counted from 0")
    check_usable([slide], fitted.network.mean.numel())
    fitted.network.eval()
    total, votes = _collect(fitted, slide, predicted_corners(fitted, slide), output)
    missed = slide.kept & (votes == 0)
    if missed.any():
        corners = tile_corners(slide.kept, fitted.settings.crop)
        more, seen = _collect(fitted, slide, corners, output)
        total, votes = np.where(missed, more, total), np.where(missed, seen, votes)
    heat = np.where(slide.kept, total / np.maximum(votes, 1), 0.0)
    return (np.maximum(heat, 0.0) if rectify else heat).astype(np.float32)


def predicted_corners(fitted: FittedCnn, slide: CompressedSlide) -> Int64[np.ndarray, "crops 2"]:
    """Corners of the windows that the model's prediction averages, on the upright grid."""
    if fitted.coverage(slide).whole:
        return whole_corners(slide.kept, fitted.settings.crop, fitted.network.step)
    return fitted.test_crops(slide).corners


def crop_heat(
    network: NicCnn,
    crops: Float[Tensor, "batch C crop crop"],
    kept: Bool[Tensor, "batch 1 crop crop"],
    output: int,
) -> Float32[np.ndarray, "batch crop crop"]:
    """Give the signed heat of each cell of crops, as the network sees them."""
    with torch.no_grad():
        first = network.blocks[0](network.standardised(crops, kept))
    maps = first.detach().requires_grad_()
    logits = network.logits(network.dense(network.blocks[1:](maps).flatten(1)))
    # Crops of a batch do not mix in evaluation mode: the sum's gradient is each crop's own.
    (gradient,) = torch.autograd.grad(_score(logits, output).sum(), maps)
    heat = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).detach()
    return spread(heat, crop=network.crop).cpu().numpy()


def spread(
    heat: Float[Tensor, "batch 1 places places"], *, crop: int
) -> Float[Tensor, "batch crop crop"]:
    """Give each cell the mean heat of the first convolution's windows that hold it.

    An even crop's last row and column lie in no window; they take their neighbours'.
    """
    stride = STRIDES[crop][0]
    ones = torch.ones((1, 1, FIELD, FIELD), device=heat.device)
    total = functional.conv_transpose2d(heat, ones, stride=stride)
    windows = functional.conv_transpose2d(torch.ones_like(heat[:1]), ones, stride=stride)
    rest = crop - total.shape[-1]
    return functional.pad(total / windows, (0, rest, 0, rest), mode="replicate")[:, 0]


def upright(array: np.ndarray, view: int) -> np.ndarray:
    """Undo :func:`histopress.slide.views.orient` on the last two axes.

    Examples
    --------
    >>> from histopress.slide.views import orient
    >>> turned = orient(np.array([[1, 2], [3, 4]]), 5)
    >>> upright(turned, 5).tolist()
    [[1, 2], [3, 4]]
    """
    plain = np.flip(array, axis=-1) if view >= 4 else array
    return np.rot90(plain, -(view % 4), axes=(-2, -1))


def _score(logits: Float[Tensor, "batch K"], output: int) -> Float[Tensor, " batch"]:
    """Log-odds of a class; the output itself where there is only one."""
    if logits.shape[1] == 1:
        return logits[:, 0]
    others = [index for index in range(logits.shape[1]) if index != output]
    return logits[:, output] - torch.logsumexp(logits[:, others], 1)


def _collect(
    fitted: FittedCnn, slide: CompressedSlide, corners: Int64[np.ndarray, "crops 2"], output: int
) -> tuple[Float64[np.ndarray, "H W"], Int64[np.ndarray, "H W"]]:
    """Add up the heat of windows in all used views; count how often each cell was in one."""
    size, network = fitted.settings.crop, fitted.network
    total, votes = np.zeros(slide.kept.shape), np.zeros(slide.kept.shape, np.int64)
    places = (size - FIELD) // STRIDES[size][0] + 1
    at_once = max(1, VALUES_AT_ONCE // (fitted.settings.width * places**2))
    for entry in range(fitted.views(slide)):
        for some in _portions(corners.tolist(), at_once):
            batch = stack(
                [oriented_crop(slide, entry=entry, corner=(r, c), size=size) for r, c in some]
            )
            device = fitted.device
            heat = crop_heat(network, batch.crops.to(device), batch.kept.to(device), output)
            for corner, each in zip(some, upright(heat, slide.views[entry]), strict=True):
                _add(each, corner, total, votes)
    return total, votes


def _portions(corners: Sequence[Sequence[int]], size: int) -> Iterable[Sequence[Sequence[int]]]:
    return (corners[start : start + size] for start in range(0, len(corners), size))


def _add(
    heat: Float32[np.ndarray, "crop crop"],
    corner: Sequence[int],
    total: Float64[np.ndarray, "H W"],
    votes: Int64[np.ndarray, "H W"],
) -> None:
    """Add one window's heat where it lies on the grid."""
    grid, window = [], []
    for start, side, length in zip(corner, heat.shape, total.shape, strict=True):
        first, last = max(start, 0), max(min(start + side, length), 0)
        grid.append(slice(first, last))
        window.append(slice(first - start, last - start))
    total[tuple(grid)] += heat[tuple(window)]
    votes[tuple(grid)] += 1
