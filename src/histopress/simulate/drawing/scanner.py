"""The scanner: its sharpness, contrast, noise and compression."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

NOISE_SPARE_PX = 256


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """What a centre's scanner does to light.

    Attributes
    ----------
    blur_um : float
        Standard deviation of its optics' blur in µm.
    sharpening : float
        Strength of its unsharp mask; 0 does nothing.
    gamma : float
        Exponent on light relative to white: above 1 deepens the contrast.
    quality : int
        JPEG quality of the scanner's own file.
    """

    blur_um: float = 0.2
    sharpening: float = 0.0
    gamma: float = 1.0
    quality: int = 95


def draw_scanner(center: np.random.Generator, *, center_sd: float) -> Scanner:
    """Draw a centre's scanner; the wider centres differ, the wider scanners do.

    Examples
    --------
    >>> draw_scanner(np.random.default_rng(1), center_sd=0.0)
    Scanner(blur_um=0.2, sharpening=0.5, gamma=1.0, quality=90)
    """
    spread = center_sd / 0.12
    blur, sharpening, gamma, quality = center.uniform(-1, 1, 4)
    return Scanner(
        blur_um=float(np.clip(0.2 + 0.08 * spread * blur, 0.08, 0.4)),
        sharpening=float(np.clip(0.5 + 0.4 * spread * sharpening, 0.0, 1.0)),
        gamma=float(np.clip(np.exp(0.1 * spread * gamma), 0.75, 1.35)),
        quality=int(np.clip(round(90 + 6 * spread * quality), 70, 98)),
    )


class Camera:
    """A scanner with its noise, ready for any number of blocks.

    Parameters
    ----------
    scanner : Scanner
        The centre's.
    white : float32 ndarray (3,)
        Grey level of empty glass.
    noise : float
        Standard deviation of sensor noise in grey levels.
    block_px, spacing_um
        Side of a block, and µm/px.
    rng : Generator
        The slide's own.
    """

    def __init__(
        self,
        scanner: Scanner,
        *,
        white: Float32[np.ndarray, "3"],
        noise: float,
        block_px: int,
        spacing_um: float,
        rng: np.random.Generator,
    ) -> None:
        self.scanner, self.block_px = scanner, block_px
        # A pixel gathers light over its own width besides.
        self.sigma = float(np.hypot(scanner.blur_um / spacing_um, 0.4))
        bright = float(white.mean())
        curve = bright * (np.arange(256) / bright) ** scanner.gamma
        self.curve = np.round(curve).clip(0, 255).astype(np.uint8)
        side = block_px + NOISE_SPARE_PX
        self.noise = rng.standard_normal((side, side, 3), np.float32)
        self.noise *= np.float32(noise)
        glass = np.empty_like(self.noise)
        glass[:] = white
        self.glass = self._develop(glass + self.noise)

    def shoot(
        self, light: Float32[np.ndarray, "side side 3"], pad: int, shift: tuple[int, int]
    ) -> UInt8[np.ndarray, "block block 3"]:
        """Turn a block's light, with ``pad`` pixels around, into the pixels of a file.

        Parameters
        ----------
        light : float32 ndarray (side, side, 3)
            Overwritten.
        pad : int
            Cut off at the end.
        shift : tuple of int
            Where in the bank of noise the block's begins; differs between blocks.
        """
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), self.sigma))
        top, left = (part % (NOISE_SPARE_PX - 2 * pad) for part in shift)
        light += self.noise[top : top + light.shape[0], left : left + light.shape[1]]
        picture = self._develop(light)[pad : pad + self.block_px, pad : pad + self.block_px]
        return self._compress(np.ascontiguousarray(picture))

    def blank(self, shift: tuple[int, int]) -> UInt8[np.ndarray, "block block 3"]:
        """Give a block of empty glass."""
        top, left = (part % NOISE_SPARE_PX for part in shift)
        return self.glass[top : top + self.block_px, left : left + self.block_px]

    def _develop(self, light: Float32[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
        picture = cv2.convertScaleAbs(np.maximum(light, 0, out=light))
        if self.scanner.sharpening:
            soft = cv2.GaussianBlur(picture, (5, 5), 1.2)
            amount = self.scanner.sharpening
            picture = cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)
        return np.asarray(cv2.LUT(picture, self.curve))

    def _compress(self, picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
        quality = [cv2.IMWRITE_JPEG_QUALITY, self.scanner.quality]
        # A block's side is a multiple of 16 pixels, so the format's own squares join.
        _, file = cv2.imencode(".jpg", picture[..., ::-1], quality)
        return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR_RGB))
