"""Cells that lie side by side: every place belongs to the nearest middle."""

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int32, Int64

from histopress.simulate.drawing.scatter import Box

Plane = Float32[np.ndarray, "H W"]


class Mosaic:
    """Cells side by side: each sample of a box belongs to the nearest seed.

    Samples are about 1 µm apart. The distance is OpenCV's approximation, whose error of 2 % only
    bends borders a little.

    Parameters
    ----------
    seeds : float64 ndarray (N, 2)
        x, y in level-0 pixels; at least those up to ``reach_px`` beyond the box.
    box : Box
        What to fill.
    reach_px : int
        No cell's middle lies farther from its border.
    spacing_um : float
        µm/px.
    """

    def __init__(
        self, seeds: Float64[np.ndarray, "N 2"], box: Box, *, reach_px: int, spacing_um: float
    ) -> None:
        self.box, self.step = box, max(round(1.0 / spacing_um), 1)
        margin = reach_px // self.step + 2
        first = np.array([box.left // self.step - 2, box.top // self.step - 2])
        last = np.array([box.right // self.step + 3, box.bottom // self.step + 3])
        self.first = first
        width, height = (last - first + 2 * margin).tolist()
        places = np.floor(seeds / self.step).astype(np.int64) - first + margin
        here = np.flatnonzero(((places >= 0) & (places < (width, height))).all(axis=1))
        free = np.full((height, width), 255, np.uint8)
        col, row = places[here].T
        free[row, col] = 0
        owners = np.zeros(len(here) + 2, np.int32)
        if len(here):
            _, labels = cv2.distanceTransformWithLabels(
                free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
            )
            owners[labels[row, col]] = here
        else:
            labels = np.zeros((height, width), np.int32)
        inner = slice(margin, -margin)
        self.owners: Int32[np.ndarray, "rows cols"] = owners[labels[inner, inner]]

    def spread(self, plane: Plane) -> Plane:
        """Magnify a plane of samples to the box's pixels."""
        side, box = self.step, self.box
        if side > 1:
            size = (plane.shape[1] * side, plane.shape[0] * side)
            plane = np.asarray(cv2.resize(plane, size), np.float32)
        left, top = box.left - self.first[0] * side, box.top - self.first[1] * side
        return plane[top : top + box.bottom - box.top, left : left + box.right - box.left]

    def values(self, values: Float64[np.ndarray, "N"]) -> Plane:
        """Each pixel's cell's own value."""
        table = np.asarray(values if len(values) else np.ones(1), np.float32)
        return self.spread(table[self.owners])

    def lines(self, groups: Int64[np.ndarray, "N"] | None = None, *, grow: int = 0) -> Plane:
        """Draw lines of about 1 µm between cells or groups of cells, ``grow`` µm broader."""
        labels = self.owners
        if groups is not None:
            labels = (groups if len(groups) else np.zeros(1, np.int64))[labels].astype(np.int32)
        lines = np.zeros(labels.shape, np.float32)
        lines[:, 1:] += labels[:, 1:] != labels[:, :-1]
        lines[1:] += labels[1:] != labels[:-1]
        np.minimum(lines, 1, out=lines)
        if grow:
            size = (grow + 1,) * 2
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
            lines = np.asarray(cv2.dilate(lines, kernel), np.float32)
        return self.spread(np.asarray(cv2.GaussianBlur(lines, (0, 0), 0.6)))
