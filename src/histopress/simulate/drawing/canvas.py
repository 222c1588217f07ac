"""From the coarse anatomy of a phantom slide to its pixels and nuclei, block by block."""

import numpy as np
from jaxtyping import Float32, UInt8

from histopress.simulate.anatomy.tissue import CELL_UM, Anatomy, Tissue
from histopress.simulate.drawing import cells
from histopress.simulate.drawing.fibres import Fibres
from histopress.simulate.drawing.fields import BLOCK_CELLS, Fields, Lie
from histopress.simulate.drawing.glands import Glands
from histopress.simulate.drawing.ground import paint_ground
from histopress.simulate.drawing.kinds import Nuclei
from histopress.simulate.drawing.marks import Artefacts
from histopress.simulate.drawing.nuclei import Pictures
from histopress.simulate.drawing.overlay import overlay, thicken
from histopress.simulate.drawing.scanner import Camera, Scanner
from histopress.simulate.drawing.scatter import (
    CROWD_UM,
    POPULATIONS,
    Box,
    Points,
    join,
    scatter,
    thin,
)
from histopress.simulate.drawing.site import Site, Textures
from histopress.simulate.drawing.stain import Stain, transmit
from histopress.simulate.drawing.tiles import Tiles

PAD_PX = 6
"""A block is drawn with so much around it, so that it can be blurred and sharpened."""
BLURRED_PAD_PX = 16
"""The same where it is out of focus."""

Plane = Float32[np.ndarray, "H W"]


def cell_pixels(spacing_um: float) -> int:
    """Side of a cell of the class map in level-0 pixels.

    Examples
    --------
    >>> cell_pixels(0.5), cell_pixels(0.97)
    (32, 16)
    """
    return max(round(CELL_UM / spacing_um), 1)


class Canvas:
    """Draws any block of a slide; equal arguments give equal pixels, in whatever order.

    Parameters
    ----------
    anatomy : Anatomy
        What lies where.
    stain : Stain
        How it is coloured.
    size_px : int
        Side of the slide in level-0 pixels.
    spacing_um : float
        µm/px.
    noise : float
        Standard deviation of sensor noise in grey levels.
    root : int
        Seeds everything that is drawn.
    dark : Dark
        Densities of mitoses and look-alikes in tumour.
    scanner : Scanner
        What the slide is scanned with.
    artefacts : Artefacts
        What lies over it.

    Notes
    -----
    Memory: the class map, a byte a cell (a thousandth of the slide's pixels), the slide's stamps
    and textures (about 40 MB) and one block.
    """

    def __init__(
        self,
        anatomy: Anatomy,
        stain: Stain,
        *,
        size_px: int,
        spacing_um: float,
        noise: float,
        root: int,
        dark: cells.Dark | None = None,
        scanner: Scanner | None = None,
        artefacts: Artefacts | None = None,
    ) -> None:
        self.stain, self.size_px, self.spacing_um = stain, size_px, spacing_um
        self.root, self.dark = root, dark or cells.Dark()
        self.artefacts = artefacts or Artefacts()
        self.cell_px = cell_pixels(spacing_um)
        self.block_px = BLOCK_CELLS * self.cell_px
        self.blocks = -(-size_px // self.block_px)
        self.classes = anatomy.classes
        places = anatomy.glands * np.array([self.cell_px] * 3 + [1, 1])
        self.glands = Glands(places, spacing_um, root)
        rng = np.random.default_rng([root, 0])
        self.slant = float(rng.uniform(0, np.pi))
        self.pictures = Pictures(rng, spacing_um)
        self.textures = Textures(fibres=Fibres(rng, spacing_um), tiles=Tiles(root, spacing_um))
        self.camera = Camera(
            scanner or Scanner(),
            white=stain.white,
            noise=noise,
            block_px=self.block_px,
            spacing_um=spacing_um,
            rng=rng,
        )

    def block(self, row: int, col: int) -> UInt8[np.ndarray, "height width 3"]:
        """Draw one block; blocks at the slide's end are cut to its size."""
        height, width = (min(self.block_px, self.size_px - n * self.block_px) for n in (row, col))
        shift = tuple(np.random.default_rng([self.root, 1, row, col]).integers(0, 1 << 30, 2))
        fields = self._fields(row, col)
        marks = self.artefacts.near(fields)
        if fields.empty and not marks.marks:
            return self.camera.blank(shift)[:height, :width]
        pad = min(BLURRED_PAD_PX if marks.of("blur") else PAD_PX, self.cell_px - 2)
        box = self._box(row, col).grow(pad)
        haematoxylin, eosin, blood = self._dyes(fields, box, pad)
        thicken(marks, fields, (haematoxylin, eosin), pad)
        light = transmit(haematoxylin, eosin, self.stain, blood)
        light = overlay(marks, fields, light, pad)
        return self.camera.shoot(light, pad, shift)[:height, :width]

    def nuclei_of(self, row: int, col: int) -> Nuclei:
        """List the nuclei whose middles lie in a block: every nucleus of the slide is in one."""
        fields = self._fields(row, col)
        points = self._points(fields, self._box(row, col))
        at = np.round(points.at).astype(np.int64)
        inside = ((at >= 0) & (at < self.size_px)).all(axis=1)
        return Nuclei(at=at[inside], kind=points.kind[inside])

    def _box(self, row: int, col: int) -> Box:
        side = self.block_px
        return Box(left=col * side, top=row * side, right=(col + 1) * side, bottom=(row + 1) * side)

    def _fields(self, row: int, col: int) -> Fields:
        lie = Lie(
            root=self.root,
            row=row,
            col=col,
            cell_px=self.cell_px,
            spacing_um=self.spacing_um,
            slant=self.slant,
            period_um=self.textures.fibres.period_um,
        )
        return Fields(self.classes, lie)

    def _dyes(self, fields: Fields, box: Box, pad: int) -> tuple[Plane, Plane, Plane | None]:
        """Haematoxylin, eosin and haemoglobin of a box."""
        haematoxylin, eosin, blood = paint_ground(Site(fields, self.textures, box=box, pad=pad))
        if not fields.empty:
            grain = self.textures.tiles.grain.window(box.left, box.top, haematoxylin.shape)
            self.glands.lay(box, grain, haematoxylin, eosin)
            points = self._points(fields, box.grow(self.pictures.reach_px))
            self.pictures.lay(points, box, haematoxylin, eosin)
        return haematoxylin, eosin, blood

    def _points(self, fields: Fields, box: Box) -> Points:
        """Nuclei whose nearest pixel lies in a box, of whatever kind."""
        if fields.empty:
            return join([])
        wide = box.grow(int(np.ceil(CROWD_UM / self.spacing_um)) + 1)
        kinds = set(fields.kinds)
        groups = [
            scatter(population, fields, wide, stream=100 + number)
            for number, population in enumerate(POPULATIONS)
            if kinds.intersection(population.tissues)
        ]
        if Tissue.TUMOUR in kinds or Tissue.TUMOUR in fields.window:
            groups.append(cells.tumour_nuclei(fields, wide, self.dark))
        if Tissue.PARENCHYMA in kinds:
            groups.append(cells.liver_nuclei(fields, wide))
        if Tissue.FAT in kinds:
            groups.append(cells.fat_nuclei(fields, wide))
        around = join(groups)
        around = around.keep(~self.glands.holds(around.at, wide))
        return thin(join([around, self.glands.nuclei(wide)]), self.spacing_um).within(box)
