"""The slide-level CNN of neural image compression as a model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from histopress.compress.slide import CompressedSlide
from histopress.learn.crops import TestCrops, covered_share, place_test_crops
from histopress.learn.fitted import FittedNetwork, Seen, evenly
from histopress.learn.interface import Coverage
from histopress.learn.network import NicCnn
from histopress.learn.sampling import draw_crop, oriented_crop, stack
from histopress.learn.settings import NicCnnSettings
from histopress.learn.whole import fits_whole, look_at_whole, whole_corners
from histopress.seeds import derive_seed, generator

PREDICTED_AT_ONCE = 32
"""Crops in one forward pass; bounds memory and never joins two slides."""

Place = tuple[int, tuple[int, int]]
"""Index of a stored view, and a crop's corner on the upright grid."""


@dataclass(frozen=True, kw_only=True)
class FittedCnn(FittedNetwork):
    """A trained CNN: predictions average test crops, or all windows of the whole grid."""

    network: NicCnn
    settings: NicCnnSettings

    @staticmethod
    def build(settings: NicCnnSettings, channels: int, *, outputs: int, seed: int) -> NicCnn:
        """Make the network with its initial weights."""
        return NicCnn(
            channels,
            crop=settings.crop,
            outputs=outputs,
            width=settings.width,
            dropout=settings.dropout,
            generator=torch.Generator().manual_seed(derive_seed(seed, "network")),
        )

    def forward(self, slides: Sequence[CompressedSlide], rng: np.random.Generator) -> Tensor:
        """Draw a crop of each slide; return outputs (slides, K)."""
        batch = stack([draw_crop(slide, self.settings, rng) for slide in slides])
        found: Tensor = self.network(batch.crops.to(self.device), batch.kept.to(self.device))
        return found

    def look(self, slide: CompressedSlide, *, quick: bool) -> Seen:
        """Show all test crops in all views, or ``quick`` each in one view only, in turn."""
        if self._whole(slide):
            views = 1 if quick else self.views(slide)
            return look_at_whole(self.network, slide, views=views)
        places = self._fewer_places(slide) if quick else self._places(slide)
        return evenly(
            [
                self._pass(slide, places[start : start + PREDICTED_AT_ONCE])
                for start in range(0, len(places), PREDICTED_AT_ONCE)
            ]
        )

    def test_crops(self, slide: CompressedSlide) -> TestCrops:
        """Places of the windows that a prediction averages, on the upright grid."""
        return place_test_crops(
            slide.distance,
            self.settings.crop,
            crops=self.settings.test_crops,
            min_coverage=self.settings.min_coverage,
            rng=generator(self.seed, "test crops", slide.slide_id),
        )

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Tell how much of ``slide`` a prediction sees, and whether at once."""
        if self._whole(slide):
            count = len(whole_corners(slide.kept, self.settings.crop, self.network.step))
            return Coverage(drawn=1.0, used=1.0, crops=count, tiled=False, whole=True)
        placed = self.test_crops(slide)
        return Coverage(
            drawn=placed.drawn_coverage,
            used=covered_share(slide.kept, placed.corners, self.settings.crop),
            crops=len(placed.corners),
            tiled=placed.tiled,
        )

    def _whole(self, slide: CompressedSlide) -> bool:
        crop, step = self.settings.crop, self.network.step
        return self.settings.predict == "whole" and fits_whole(slide, crop, step)

    def _places(self, slide: CompressedSlide) -> list[Place]:
        corners = self.test_crops(slide).corners.tolist()
        return [(entry, (r, c)) for entry in range(self.views(slide)) for r, c in corners]

    def _fewer_places(self, slide: CompressedSlide) -> list[Place]:
        corners, views = self.test_crops(slide).corners.tolist(), self.views(slide)
        turns = max(len(corners), min(views, self.settings.test_crops))
        return [(turn % views, tuple(corners[turn % len(corners)])) for turn in range(turns)]

    def _pass(self, slide: CompressedSlide, places: Sequence[Place]) -> Tensor:
        size = self.settings.crop
        batch = stack(
            [
                oriented_crop(slide, entry=entry, corner=corner, size=size)
                for entry, corner in places
            ]
        )
        found: Tensor = self.network(batch.crops.to(self.device), batch.kept.to(self.device))
        return found
