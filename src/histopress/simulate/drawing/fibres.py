"""Fibres: a periodic texture, drawn once a slide, to be bent as tissue runs."""

import cv2
import numpy as np
from jaxtyping import Float32

FIBRE_PX = 768
"""Side of the fibres' period in pixels of the texture."""

Plane = Float32[np.ndarray, "H W"]


class Fibres:
    """Wavy bundles along the first coordinate, and the fibrils in them.

    Parameters
    ----------
    rng : Generator
        The slide's own.
    spacing_um : float
        Of the slide; the texture's own is alike, so that it is neither coarse nor aliased.
    """

    def __init__(self, rng: np.random.Generator, spacing_um: float) -> None:
        self.um = float(np.clip(spacing_um, 0.3, 1.0))
        side = FIBRE_PX
        bend = periodic_noise(rng, side, (14 / self.um, 10 / self.um)) * 2.6 / self.um
        bend += periodic_noise(rng, side, (5 / self.um, 5 / self.um)) * 1.0 / self.um
        broad = periodic_noise(rng, side, (1.8 / self.um, 14 / self.um))
        broad += 0.8 * periodic_noise(rng, side, (4.0 / self.um, 26 / self.um))
        fine = periodic_noise(rng, side, (0.35 / self.um, 5 / self.um))
        fine += 0.8 * periodic_noise(rng, side, (0.7 / self.um, 2.2 / self.um))
        fine += 0.5 * periodic_noise(rng, side, (0.5 / self.um, 0.5 / self.um))
        crossing = periodic_noise(rng, side, (1.5 / self.um, 9 / self.um))
        crossing += 0.7 * periodic_noise(rng, side, (3.2 / self.um, 20 / self.um))
        # Bundles part where a smooth field crosses zero: slits around each of them.
        slits = np.exp(-((crossing / 0.26) ** 2)) * (
            1 + 0.5 * periodic_noise(rng, side, (6 / self.um,) * 2)
        )
        pad = ((0, 2),) * 2
        self.layers = [
            np.pad(_shift_rows(layer, bend), pad, mode="wrap")
            for layer in (broad / broad.std(), fine / fine.std(), slits.clip(0, 1.3))
        ]

    @property
    def period_um(self) -> float:
        """After this the texture repeats in both directions."""
        return FIBRE_PX * self.um

    def sample(self, along_um: Plane, across_um: Plane) -> tuple[Plane, Plane, Plane]:
        """Bundles, fibrils and slits at coordinates in µm.

        The first two have mean 0 and standard deviation 1; slits are 1 in their middle, else 0.
        """
        x, y = (self._fold(part) for part in (along_um, across_um))
        bundles, fibrils, slits = (
            cv2.remap(layer, x, y, cv2.INTER_LINEAR) for layer in self.layers
        )
        return bundles, fibrils, slits

    def _fold(self, um: Plane) -> Plane:
        turns = um * np.float32(1 / self.period_um)
        turns -= np.floor(turns)
        turns *= FIBRE_PX
        return turns


def periodic_noise(rng: np.random.Generator, side: int, sigmas: tuple[float, float]) -> Plane:
    """Periodic noise blurred by (down, across) pixels: mean 0, standard deviation 1."""
    spectrum = np.fft.rfft2(rng.standard_normal((side, side), np.float32))
    down, across = np.fft.fftfreq(side), np.fft.rfftfreq(side)
    spectrum *= np.exp(-2 * np.pi**2 * (sigmas[0] * down[:, None]) ** 2)
    spectrum *= np.exp(-2 * np.pi**2 * (sigmas[1] * across[None, :]) ** 2)
    spectrum[0, 0] = 0
    plane = np.fft.irfft2(spectrum, (side, side)).astype(np.float32)
    return np.asarray(plane / plane.std())


def _shift_rows(layer: Plane, bend: Plane) -> Plane:
    """Move every pixel up or down by ``bend`` pixels, round the edge."""
    pad = int(np.ceil(np.abs(bend).max())) + 1
    grid = np.indices(layer.shape, np.float32)
    wide = np.pad(layer, ((pad, pad), (0, 0)), mode="wrap")
    moved = np.asarray(grid[0] + pad + bend, np.float32)
    return np.asarray(cv2.remap(wide, grid[1], moved, cv2.INTER_LINEAR))
