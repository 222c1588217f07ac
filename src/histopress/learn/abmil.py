"""Gated attention over a slide's cells as a model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from histopress.compress.slide import CompressedSlide
from histopress.learn.attention import Abmil
from histopress.learn.data import check_usable
from histopress.learn.fitted import FittedNetwork, Seen, evenly
from histopress.learn.interface import WHOLE, Coverage
from histopress.learn.settings import AbmilSettings
from histopress.seeds import derive_seed


@dataclass(frozen=True, kw_only=True)
class FittedAbmil(FittedNetwork):
    """Trained attention: predictions take all cells of a slide, in each view; see :class:`Abmil`.

    In training a slide gives cells of one view, at most ``cells_max`` drawn without
    replacement.
    """

    network: Abmil
    settings: AbmilSettings

    @staticmethod
    def build(settings: AbmilSettings, channels: int, *, outputs: int, seed: int) -> Abmil:
        """Make the network with its initial weights."""
        return Abmil(
            channels,
            outputs=outputs,
            width=settings.width,
            gates=settings.gates,
            dropout=settings.dropout,
            generator=torch.Generator().manual_seed(derive_seed(seed, "network")),
        )

    def forward(self, slides: Sequence[CompressedSlide], rng: np.random.Generator) -> Tensor:
        """Draw cells of each slide; return outputs (slides, K)."""
        bags = [self._draw(slide, rng).to(self.device) for slide in slides]
        return torch.stack([self.network.attend(cells)[0] for cells in bags])

    def look(self, slide: CompressedSlide, *, quick: bool) -> Seen:
        """Show all cells in all views, or ``quick`` in the first only."""
        views = 1 if quick else self.views(slide)
        return evenly([self._attend(slide, entry)[0][None] for entry in range(views)])

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Attention sees every kept cell of ``slide``."""
        check_usable([slide])
        return WHOLE

    def attention(self, slide: CompressedSlide) -> Float32[np.ndarray, "H W"]:
        """Give the weight of each cell, averaged over views.

        Sums to 1; exactly 0 where no cell was kept. Upright, as the grid is stored.
        """
        check_usable([slide], self.network.mean.numel())
        self.network.eval()
        views = range(self.views(slide))
        with torch.inference_mode():
            weights = [self._attend(slide, entry)[1].double().cpu().numpy() for entry in views]
        found = np.zeros(slide.kept.shape, np.float32)
        found[slide.kept] = np.mean(weights, 0)
        return found

    def _attend(self, slide: CompressedSlide, entry: int) -> tuple[Tensor, Tensor]:
        cells = torch.from_numpy(np.ascontiguousarray(slide.grid[entry][:, slide.kept].T))
        return self.network.attend(cells.to(self.device))

    def _draw(self, slide: CompressedSlide, rng: np.random.Generator) -> Tensor:
        entry = int(rng.integers(self.views(slide)))
        places = np.flatnonzero(slide.kept)
        if places.size > self.settings.cells_max:
            places = np.sort(rng.choice(places, self.settings.cells_max, replace=False))
        grid = slide.grid[entry]
        return torch.from_numpy(np.ascontiguousarray(grid.reshape(len(grid), -1)[:, places].T))
