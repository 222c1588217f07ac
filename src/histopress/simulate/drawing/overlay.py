"""Laying artefacts over a block as it is drawn."""

import cv2
import numpy as np
from jaxtyping import Float32

from histopress.simulate.drawing.fields import SPAN, Fields
from histopress.simulate.drawing.marks import Artefacts, cover

Plane = Float32[np.ndarray, "side side"]


def thicken(artefacts: Artefacts, fields: Fields, dyes: tuple[Plane, ...], pad: int) -> None:
    """Lay tissue double where it is folded, in place; the fold's edges are darkest."""
    for mark in artefacts.of("fold"):
        mask = cover(mark, fields)
        edge = 4 * mask * (1 - mask)
        times = fields.magnify(1 + mark.density[0] * mask + 0.35 * edge, pad)
        for dye in dyes:
            dye *= times


def overlay(
    artefacts: Artefacts, fields: Fields, light: Float32[np.ndarray, "side side 3"], pad: int
) -> Float32[np.ndarray, "side side 3"]:
    """Blur what is out of focus, then take away what ink and dust take up."""
    for mark in artefacts.of("blur"):
        sigma = min(mark.density[0] / fields.lie.spacing_um, pad / 2.5)
        share = fields.magnify(cover(mark, fields), pad)[..., None]
        light += (cv2.GaussianBlur(light, (0, 0), sigma) - light) * share
    above = (*artefacts.of("pen"), *artefacts.of("dust"))
    if not above:
        return light
    taken = np.zeros((SPAN, SPAN, 3), np.float32)
    for mark in above:
        mask = cover(mark, fields)
        if mark.kind == "pen":
            # Ink runs unevenly and gathers at the stroke's edge.
            mask = mask * (0.8 + 0.12 * fields.noise(26, 3.0)) + 0.6 * mask * (1 - mask)
        taken -= mask[..., None] * np.array(mark.density, np.float32)
    passed = cv2.exp(fields.magnify(taken, pad))
    return np.asarray(cv2.multiply(light, passed, dst=light))
