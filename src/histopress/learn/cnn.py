"""The slide-level CNN as a model: trained on crops, predicting slides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Float64

from histopress.compress.slide import CompressedSlide
from histopress.errors import StoreError
from histopress.learn.crops import TestCrops, covered_share, place_test_crops
from histopress.learn.data import check_usable
from histopress.learn.interface import Coverage, Row
from histopress.learn.network import NicCnn
from histopress.learn.sampling import oriented_crop, stack
from histopress.learn.settings import NicCnnSettings
from histopress.seeds import derive_seed, generator

PREDICTED_AT_ONCE = 32
"""Crops in one forward pass; bounds memory and never joins two slides."""

CROP_SEED = "crop_seed"
"""Key of the state's entry that the places of test crops follow from."""

SMALLEST_SCALE = 1e-6
"""A channel that varies less than this over all tissue cells is left unscaled."""


def tissue_statistics(
    slides: Sequence[CompressedSlide], views: int
) -> tuple[Float32[np.ndarray, " C"], Float32[np.ndarray, " C"]]:
    """Mean and standard deviation of each channel over the kept cells of all slides.

    Each slide weighs alike, so that a large one does not set the scale; float64 inside.
    """
    first, second = [], []
    for slide in slides:
        cells = slide.grid[:views, :, slide.kept].astype(np.float64)
        first.append(cells.mean((0, 2)))
        second.append((cells**2).mean((0, 2)))
    mean = np.mean(first, 0)
    scale = np.sqrt(np.maximum(np.mean(second, 0) - mean**2, 0))
    scale[scale < SMALLEST_SCALE] = 1
    return mean.astype(np.float32), scale.astype(np.float32)


@dataclass(frozen=True)
class FittedCnn:
    """A trained network; see :class:`histopress.learn.interface.Fitted`.

    Test crops follow from the slide's id and ``crop_seed``, not from the order or company of
    slides; the seed is part of the state, so that predictions are the same after loading.
    """

    network: NicCnn
    settings: NicCnnSettings
    crop_seed: int
    history: tuple[Row, ...] = ()

    @classmethod
    def load(
        cls, settings: NicCnnSettings, state: Mapping[str, np.ndarray], *, classes: int
    ) -> "FittedCnn":
        """Rebuild from :attr:`state`; the settings must be those of training.

        Raises
        ------
        StoreError
            The arrays are not those of a network with these settings.
        """
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in state.items()}
        try:
            crop_seed = int(tensors.pop(CROP_SEED).item())
            network = build(settings, tensors["mean"].numel(), classes=classes, seed=0)
            network.load_state_dict(tensors)
        except (KeyError, RuntimeError) as error:
            raise StoreError(
                f"the stored model does not fit its settings (crop {settings.crop}, width "
                f"{settings.width}, {classes} classes); train it anew ({error})"
            ) from error
        return cls(network.eval(), settings, crop_seed)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Weights, statistics and the seed of the test crops."""
        arrays = {
            name: tensor.cpu().numpy().copy() for name, tensor in self.network.state_dict().items()
        }
        return {**arrays, CROP_SEED: np.array([self.crop_seed], np.int64)}

    def test_crops(self, slide: CompressedSlide) -> TestCrops:
        """Places of the windows that a prediction averages, on the upright grid."""
        return place_test_crops(
            slide.distance,
            self.settings.crop,
            crops=self.settings.test_crops,
            min_coverage=self.settings.min_coverage,
            rng=generator(self.crop_seed, "test crops", slide.slide_id),
        )

    def coverage(self, slide: CompressedSlide) -> Coverage:
        """Tell how much of ``slide`` a prediction sees."""
        placed = self.test_crops(slide)
        return Coverage(
            drawn=placed.drawn_coverage,
            used=covered_share(slide.kept, placed.corners, self.settings.crop),
            crops=len(placed.corners),
            tiled=placed.tiled,
        )

    def predict(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides classes"]:
        """Average the class probabilities of all test crops and views of each slide."""
        check_usable(slides, self.network.mean.numel())
        return np.stack([self._average(slide, self._pairs(slide)) for slide in slides])

    def validate(self, slides: Sequence[CompressedSlide]) -> Float64[np.ndarray, "slides classes"]:
        """Predict more cheaply: the test crops, each seen in one view only, in turn."""
        return np.stack([self._average(slide, self._fewer_pairs(slide)) for slide in slides])

    def _views(self, slide: CompressedSlide) -> int:
        return min(self.settings.views, len(slide.views))

    def _pairs(self, slide: CompressedSlide) -> list[tuple[int, tuple[int, int]]]:
        corners = self.test_crops(slide).corners.tolist()
        return [(entry, (r, c)) for entry in range(self._views(slide)) for r, c in corners]

    def _fewer_pairs(self, slide: CompressedSlide) -> list[tuple[int, tuple[int, int]]]:
        corners, views = self.test_crops(slide).corners.tolist(), self._views(slide)
        turns = max(len(corners), min(views, self.settings.test_crops))
        return [(turn % views, tuple(corners[turn % len(corners)])) for turn in range(turns)]

    def _average(
        self, slide: CompressedSlide, pairs: Sequence[tuple[int, tuple[int, int]]]
    ) -> Float64[np.ndarray, " classes"]:
        device = self.network.mean.device
        found = []
        self.network.eval()
        for start in range(0, len(pairs), PREDICTED_AT_ONCE):
            batch = stack(
                [
                    oriented_crop(slide, entry=entry, corner=corner, size=self.settings.crop)
                    for entry, corner in pairs[start : start + PREDICTED_AT_ONCE]
                ]
            )
            with torch.inference_mode():
                logits = self.network(batch.crops.to(device), batch.kept.to(device))
            found.append(torch.softmax(logits.double(), 1).cpu().numpy())
        return np.concatenate(found).mean(0)


def build(settings: NicCnnSettings, channels: int, *, classes: int, seed: int) -> NicCnn:
    """Make the network with its initial weights."""
    return NicCnn(
        channels,
        crop=settings.crop,
        classes=classes,
        width=settings.width,
        dropout=settings.dropout,
        generator=torch.Generator().manual_seed(derive_seed(seed, "network")),
    )
