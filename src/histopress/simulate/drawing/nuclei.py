"""All pictures of a slide's nuclei, and laying them on a block."""

import cv2
import numpy as np
from jaxtyping import Float32

from histopress.simulate.drawing.figures import draw_lookalikes, draw_mitoses, lay_figures
from histopress.simulate.drawing.kinds import LOOKS, NucleusKind
from histopress.simulate.drawing.scatter import Box, Points
from histopress.simulate.drawing.stamps import Stamp, choose_stamps, draw_stamps, press

Plane = Float32[np.ndarray, "H W"]


class Pictures:
    """Every kind's pictures, drawn once a slide.

    Parameters
    ----------
    rng : Generator
        The slide's own.
    spacing_um : float
        µm/px.
    """

    def __init__(self, rng: np.random.Generator, spacing_um: float) -> None:
        self.stamps: list[Stamp] = []
        self.first = np.zeros(len(NucleusKind), np.int64)
        for kind, look in LOOKS.items():
            self.first[kind] = len(self.stamps)
            self.stamps += draw_stamps(rng, look, spacing_um)
        self.figures = {
            NucleusKind.MITOSIS: draw_mitoses(rng, spacing_um),
            NucleusKind.LOOKALIKE: draw_lookalikes(rng, spacing_um),
        }
        largest = max(map(len, self.stamps)), len(self.figures[NucleusKind.MITOSIS][0])
        self.reach_px = max(largest) // 2

    def lay(self, points: Points, box: Box, haematoxylin: Plane, eosin: Plane) -> None:
        """Lay nuclei over the planes of a box, in place: they push its ground aside."""
        at = np.round(points.at).astype(np.int64) - np.array([box.left, box.top])
        plain = ~np.isin(points.kind, list(self.figures))
        chosen = choose_stamps(points.key, points.angle) + self.first[points.kind]
        plane = np.zeros((*haematoxylin.shape, 2), np.float32)
        press(plane, self.stamps, at=at[plain], which=chosen[plain])
        dye, cover = cv2.split(plane)
        haematoxylin *= 1 - 0.8 * cover
        haematoxylin += dye
        eosin *= 1 - 0.5 * cover
        for kind, pictures in self.figures.items():
            here = points.kind == kind
            which = (points.key[here] % np.uint64(len(pictures))).tolist()
            lay_figures(
                (haematoxylin, eosin), [pictures[index] for index in which], at[here].tolist()
            )
