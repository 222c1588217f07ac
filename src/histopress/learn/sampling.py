"""Batches of training crops: classes balanced, views and places drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float16, Int64
from torch import Tensor

from histopress.compress.slide import CompressedSlide
from histopress.learn.crops import draw_corner, take_crop
from histopress.learn.settings import NetworkSettings, NicCnnSettings
from histopress.slide.views import VIEWS, orient


@dataclass(frozen=True)
class Batch:
    """Crops ready for the network.

    Attributes
    ----------
    crops : float16 tensor (batch, C, crop, crop)
        Embeddings, oriented by their view; 0 on background.
    kept : bool tensor (batch, 1, crop, crop)
        Cells that hold an embedding.
    """

    crops: Tensor
    kept: Tensor


def oriented_crop(
    slide: CompressedSlide, *, entry: int, corner: tuple[int, int], size: int
) -> tuple[Float16[np.ndarray, "C size size"], Bool[np.ndarray, "1 size size"]]:
    """Cut a window from one stored view and turn it as the view is turned.

    The same cells as cutting from the turned grid, without turning the whole grid.

    Parameters
    ----------
    slide : CompressedSlide
        Where to cut.
    entry : int
        Index into the stored views.
    corner : tuple of int
        The window's corner on the upright grid, in cells.
    size : int
        Side of the window in cells.
    """
    view = slide.views[entry]
    crop = orient(take_crop(slide.grid[entry], corner, size), view)
    return crop, orient(take_crop(slide.kept[None], corner, size), view)


def stack(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Batch:
    """Join crops and masks into a batch."""
    crops, kept = zip(*pairs, strict=True)
    return Batch(torch.from_numpy(np.stack(crops)), torch.from_numpy(np.stack(kept)))


def balanced_order(
    labels: Int64[np.ndarray, " slides"], count: int, rng: np.random.Generator
) -> Int64[np.ndarray, " count"]:
    """Order slides so that classes take turns and, within a class, slides do.

    Each run of K successive entries holds every one of the K classes once; of a class no slide
    comes again before all others have come. So a batch is balanced, however skewed the cohort,
    and every slide is used.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> order = balanced_order(np.array([0, 0, 0, 1]), 6, rng)
    >>> sorted(order[np.array([0, 0, 0, 1])[order] == 0].tolist()), (order == 3).sum().item()
    ([0, 1, 2], 3)
    """
    classes = np.unique(labels)
    rounds = -(-count // classes.size)
    columns = []
    for each in classes:
        members = np.flatnonzero(labels == each)
        repeats = -(-rounds // members.size)
        columns.append(np.concatenate([rng.permutation(members) for _ in range(repeats)])[:rounds])
    return rng.permuted(np.stack(columns, 1), axis=1).ravel()[:count]


def even_order(units: int, count: int, rng: np.random.Generator) -> Int64[np.ndarray, " count"]:
    """Order units so that none comes again before all others have come.

    Examples
    --------
    >>> order = even_order(3, 6, np.random.default_rng(0))
    >>> sorted(order[:3].tolist()), sorted(order[3:].tolist())
    ([0, 1, 2], [0, 1, 2])
    """
    rounds = -(-count // units)
    return np.concatenate([rng.permutation(units) for _ in range(rounds)])[:count]


def steps_of(units: int, settings: NetworkSettings) -> int:
    """Count the batches of an epoch: ``epoch_crops`` entries, or one a unit where that is more."""
    return -(-max(settings.epoch_crops, units) // settings.batch)


def draw_crop(
    slide: CompressedSlide, settings: NicCnnSettings, rng: np.random.Generator
) -> tuple[Float16[np.ndarray, "C size size"], Bool[np.ndarray, "1 size size"]]:
    """Draw one training crop of a slide, and its mask.

    A crop takes one of the slide's first ``settings.views`` stored views at random and a place
    from the distance map.

    The publication turns patches and grid together. Where a slide stores one view only,
    ``settings.turn_crops`` turns the grid alone: the place of patches is then seen in eight
    ways, what is inside them in one. A few slides would else be learnt by heart.
    """
    stored = min(settings.views, len(slide.views))
    entry = int(rng.integers(stored))
    corner = draw_corner(slide.distance, settings.crop, rng)
    crop, kept = oriented_crop(slide, entry=entry, corner=corner, size=settings.crop)
    if stored > 1 or not settings.turn_crops:
        return crop, kept
    turn = int(rng.integers(VIEWS))
    return orient(crop, turn), orient(kept, turn)
