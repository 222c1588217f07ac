"""Grounds without direction: periodic textures, each drawn when a slide first needs it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64, UInt8

from histopress.simulate.drawing.fibres import periodic_noise

PERIOD_UM = 288.0
"""Side of a period in µm, before rounding to whole pixels."""

Plane = Float32[np.ndarray, "H W"]


@dataclass(frozen=True)
class Tile:
    """One period of a texture; values are ``low`` + ``scale`` × the bytes."""

    pixels: UInt8[np.ndarray, "P P"]
    low: float
    scale: float

    @classmethod
    def pack(cls, plane: Plane) -> "Tile":
        """Keep a plane in a byte a pixel."""
        low, high = float(plane.min()), float(plane.max())
        scale = max(high - low, 1e-6) / 255
        return cls(np.round((plane - low) / scale).astype(np.uint8), low, scale)

    def window(self, left: int, top: int, shape: tuple[int, int]) -> Plane:
        """Values of any window of the endless plane that the tile paves."""
        side = len(self.pixels)
        top, left = top % side, left % side
        rows, cols = top + shape[0], left + shape[1]
        pixels = self.pixels
        if rows > side or cols > side:
            repeat = (-(-rows // side), -(-cols // side))
            pixels = np.tile(pixels, repeat)
        window = pixels[top:rows, left:cols].astype(np.float32)
        window *= np.float32(self.scale)
        window += np.float32(self.low)
        return window


class Tiles:
    """Textures without direction, each drawn when it is first asked for.

    Parameters
    ----------
    root : int
        Seeds each texture's own generator.
    spacing_um : float
        Of the slide.
    """

    def __init__(self, root: int, spacing_um: float) -> None:
        self.root, self.spacing_um = root, spacing_um
        self.side = round(PERIOD_UM / spacing_um)

    @cached_property
    def grain(self) -> Tile:
        """Cytoplasm's fine grain: mean 0, standard deviation 1."""
        rng = self._rng(0)
        grain = np.zeros((self.side, self.side), np.float32)
        for um, strength in ((0.3, 0.8), (0.7, 1.0), (2.2, 0.8)):
            grain += strength * periodic_noise(rng, self.side, (um / self.spacing_um,) * 2)
        return Tile.pack((grain / grain.std()).clip(-3, 3))

    @cached_property
    def cells(self) -> Tile:
        """Red cells, packed: how much haemoglobin, 0 to about 1.2."""
        rng = self._rng(1)
        plane = np.zeros((self.side, self.side), np.float32)
        rows = 2 * round(PERIOD_UM / 6.0 / np.sqrt(0.75) / 2)
        cols = round(PERIOD_UM / 6.0)
        for row in range(rows):
            for col in range(cols):
                if rng.random() < 0.06:
                    continue
                x, y = (col + 0.5 * (row % 2)) / cols, row / rows
                jitter = rng.normal(0, 1.0, 2) / PERIOD_UM
                at = (np.array([x, y]) + jitter) * self.side
                _lay(plane, _red_cell(rng, self.spacing_um), at)
        return Tile.pack(plane)

    @cached_property
    def debris(self) -> tuple[Tile, Tile]:
        """Necrosis: eosin of granular ghosts, and haematoxylin of nuclear dust."""
        rng = self._rng(2)
        ghosts = periodic_noise(rng, self.side, (3.0 / self.spacing_um,) * 2)
        grain = periodic_noise(rng, self.side, (0.6 / self.spacing_um,) * 2)
        middle = periodic_noise(rng, self.side, (1.2 / self.spacing_um,) * 2)
        eosin = 0.5 + 0.12 * ghosts + 0.09 * grain + 0.09 * middle
        dust = np.zeros_like(eosin)
        density = periodic_noise(rng, self.side, (18 / self.spacing_um,) * 2)
        for _ in range(round(2.5e-3 * PERIOD_UM**2 * 4)):
            at = rng.uniform(0, self.side, 2)
            if density[int(at[1]) % self.side, int(at[0]) % self.side] > rng.normal(0.7, 0.6):
                _lay(dust, _speck(rng, self.spacing_um), at)
        haematoxylin = 0.1 + 0.04 * ghosts + 0.03 * middle + dust
        return Tile.pack(eosin.clip(0.03, 1.1)), Tile.pack(haematoxylin.clip(0, 2))

    def _rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng([self.root, 7, number])


def _red_cell(rng: np.random.Generator, spacing_um: float) -> Plane:
    radius = rng.uniform(2.9, 3.5)
    half = int(np.ceil(4 / spacing_um))
    line = np.arange(-half, half + 1) * spacing_um
    stretch, angle = rng.uniform(1.0, 1.18), rng.uniform(0, np.pi)
    x = line[None, :] * np.cos(angle) + line[:, None] * np.sin(angle)
    y = line[:, None] * np.cos(angle) - line[None, :] * np.sin(angle)
    far = np.hypot(x * stretch, y / stretch)
    hollow = 1 - rng.uniform(0.1, 0.45) * np.exp(-((far / 1.3) ** 2))
    edge = max(0.8, spacing_um)
    return np.asarray(rng.uniform(0.75, 1.15) * hollow * np.clip((radius - far) / edge + 0.5, 0, 1))


def _speck(rng: np.random.Generator, spacing_um: float) -> Plane:
    radius = rng.uniform(0.4, 1.2)
    half = int(np.ceil(2 / spacing_um))
    line = np.arange(-half, half + 1) * spacing_um
    far = np.hypot(line[None, :], line[:, None])
    return np.asarray(
        rng.uniform(0.4, 1.3) * np.clip((radius - far) / max(0.8, spacing_um) + 0.5, 0, 1)
    )


def _lay(plane: Plane, spot: Plane, at: Float64[np.ndarray, "2"]) -> None:
    """Put a spot on a periodic plane; the darker shows."""
    half, side = spot.shape[0] // 2, len(plane)
    rows = (int(at[1]) + np.arange(-half, half + 1)) % side
    cols = (int(at[0]) + np.arange(-half, half + 1)) % side
    window = np.ix_(rows, cols)
    plane[window] = np.maximum(plane[window], spot)
