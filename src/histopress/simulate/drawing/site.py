"""Where a block is drawn: its fields and textures, and the rectangles that tissues take of it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Float64

from histopress.simulate.drawing.fibres import Fibres
from histopress.simulate.drawing.fields import MARGIN_CELLS, PER_CELL, Fields
from histopress.simulate.drawing.mosaic import Mosaic
from histopress.simulate.drawing.scatter import Box
from histopress.simulate.drawing.tiles import Tiles

Plane = Float32[np.ndarray, "H W"]


@dataclass(frozen=True, kw_only=True)
class Textures:
    """What a slide's grounds are made from."""

    fibres: Fibres
    tiles: Tiles


class Site:
    """One block with its margin.

    Parameters
    ----------
    fields : Fields
        What lies where.
    textures : Textures
        The slide's.
    box : Box
        The block with its margin of ``pad`` pixels.
    pad : int
        Less than a cell of the map.
    """

    def __init__(self, fields: Fields, textures: Textures, *, box: Box, pad: int) -> None:
        self.fields, self.textures, self.box, self.pad = fields, textures, box, pad
        self.side = box.right - box.left
        self.spacing_um = fields.lie.spacing_um

    @cached_property
    def woven(self) -> tuple[Plane, Plane, Plane]:
        """Bundles, fibrils and slits of the whole block."""
        along, across = (self.fields.magnify(part, self.pad) for part in self.fields.bundle_um)
        return self.textures.fibres.sample(along, across)

    def bounds(self, mask: Plane) -> tuple[slice, slice]:
        """Find a rectangle of pixels that holds all of a mask of samples."""
        scale = self.fields.lie.cell_px / PER_CELL
        shift = self.pad - MARGIN_CELLS * self.fields.lie.cell_px
        parts = []
        for axis in (1, 0):
            found = np.flatnonzero(mask.max(axis=axis) > 1e-3)
            low, high = (found[0] - 1, found[-1] + 2) if len(found) else (0, 0)
            edges = (int(scale * low + shift), int(np.ceil(scale * high + shift)))
            parts.append(slice(*(min(max(edge, 0), self.side) for edge in edges)))
        return parts[0], parts[1]


class Part:
    """A rectangle of a block that one tissue touches."""

    def __init__(self, site: Site, rows: slice, cols: slice) -> None:
        self.site, self.rows, self.cols = site, rows, cols
        self.shape = (rows.stop - rows.start, cols.stop - cols.start)
        self.left, self.top = site.box.left + cols.start, site.box.top + rows.start
        self.px = 1 / site.spacing_um

    @property
    def box(self) -> Box:
        """Its place in level-0 pixels."""
        return Box(
            left=self.left,
            top=self.top,
            right=self.left + self.shape[1],
            bottom=self.top + self.shape[0],
        )

    @property
    def fields(self) -> Fields:
        """What lies where."""
        return self.site.fields

    def mosaic(self, seeds: Float64[np.ndarray, "N 2"], reach_px: int) -> Mosaic:
        """Cells around seeds."""
        return Mosaic(seeds, self.box, reach_px=reach_px, spacing_um=self.site.spacing_um)

    def woven(self) -> tuple[Plane, Plane, Plane]:
        """Bundles, fibrils and slits."""
        bundles, fibrils, slits = (layer[self.rows, self.cols] for layer in self.site.woven)
        return bundles, fibrils, slits

    def grain(self, shift: int = 0) -> Plane:
        """Fine grain: mean 0, standard deviation 1."""
        tiles = self.site.textures.tiles
        return tiles.grain.window(self.left + shift, self.top + shift, self.shape)

    def noise(self, stream: int, pitch: float) -> Plane:
        """Smooth noise, its knots ``pitch`` cells apart."""
        return self.whole(self.fields.noise(stream, pitch))

    def whole(self, plane: Plane) -> Plane:
        """Magnify a field of samples."""
        return self.fields.magnify(plane, self.site.pad)[self.rows, self.cols]
