"""Glands of a phantom slide: a ring of epithelium around an empty lumen."""

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64

from histopress.simulate.drawing.nuclei import GLAND, Points, choose_stamp, gather_points

EPITHELIUM_UM = 19.0
BASE_UM = 5.5
"""Mean distance of the nuclei from the gland's outline in µm."""
EDGE_UM = 0.8
REACH_UM = 20.0
"""A gland's nuclei and soft edge stay within this of its outline."""


class Glands:
    """All glands of a slide.

    Parameters
    ----------
    places : float64 ndarray (N, 5)
        x, y, mean radius (level-0 pixels), axis ratio, angle (radians).
    spacing_um : float
        µm/px.
    root : int
        Seeds each gland's own generators.
    """

    def __init__(self, places: Float64[np.ndarray, "N 5"], spacing_um: float, root: int) -> None:
        self.places, self.spacing_um, self.root = places, spacing_um, root

    def cover(
        self, corner: Int64[np.ndarray, "2"], side: int
    ) -> tuple[Float32[np.ndarray, "side side"], Float32[np.ndarray, "side side"]]:
        """Draw how far each pixel of a square lies in a gland, and in its lumen (0 to 1)."""
        margin = round(8 / self.spacing_um)
        masks = np.zeros((2, side + 2 * margin, side + 2 * margin), np.uint8)
        for index in self._near(corner, side):
            for mask, outline in zip(masks, self._outlines(index), strict=True):
                fixed = np.round((outline - corner + margin) * 8).astype(np.int32)
                cv2.fillPoly(mask, [fixed], 255, lineType=cv2.LINE_AA, shift=3)
        edge = slice(margin, side + margin)
        whole, lumen = (
            cv2.GaussianBlur(mask, (0, 0), EDGE_UM / self.spacing_um)[edge, edge] for mask in masks
        )
        return whole.astype(np.float32) / 255, lumen.astype(np.float32) / 255

    def nuclei(self, corner: Int64[np.ndarray, "2"], side: int) -> Points:
        """Nuclei at the base of the epithelium, each pointing to its gland's middle."""
        places, which = [], []
        for index in self._near(corner, side):
            radius_um = self.places[index, 2] * self.spacing_um
            count = max(round(2 * np.pi * radius_um / GLAND.pitch_um), 3)
            outline = self._outlines(index, vertices=count)[0]
            inward = self.places[index, :2] - outline
            rng = np.random.default_rng([self.root, 3, index])
            places.append(outline + inward * rng.normal(BASE_UM, 0.9, (count, 1)) / radius_um)
            which.append(choose_stamp(rng, np.arctan2(inward[:, 1], inward[:, 0])))
        return gather_points(places, which)

    def _near(self, corner: Int64[np.ndarray, "2"], side: int) -> list[int]:
        """Glands that may reach into a square."""
        far = np.abs(self.places[:, :2] - (corner + side / 2)).max(axis=1, initial=0)
        reach = side / 2 + REACH_UM / self.spacing_um
        return np.flatnonzero(far < reach + 1.5 * self.places[:, 2]).tolist()

    def _outlines(
        self, index: int, *, vertices: int = 48
    ) -> tuple[Float64[np.ndarray, "V 2"], Float64[np.ndarray, "V 2"]]:
        """Polygons around a gland and around its lumen in level-0 pixels."""
        radius, ratio, angle = self.places[index, 2:]
        rng = np.random.default_rng([self.root, 2, index])
        turn = np.arange(vertices) * 2 * np.pi / vertices
        uneven, folds = np.ones(vertices), np.ones(vertices)
        for order in (3, 4, 7):
            uneven += 0.03 * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
            folds += 0.09 * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
        cosine, sine = np.cos(angle), np.sin(angle)
        ellipse = np.stack([np.cos(turn) * ratio, np.sin(turn) / ratio], axis=1) * radius
        outer = ellipse @ np.array([[cosine, sine], [-sine, cosine]]) * uneven[:, None]
        hollow = max(1 - EPITHELIUM_UM / (radius * self.spacing_um), 0.1)
        middle = self.places[index, :2]
        return middle + outer, middle + outer * (hollow * folds)[:, None]
