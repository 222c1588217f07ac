"""From the coarse anatomy of a phantom slide to its pixels, block by block."""

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8
from scipy import ndimage

from histopress.simulate.anatomy.growing import smooth_noise
from histopress.simulate.anatomy.tissue import CELL_UM, Anatomy, Tissue
from histopress.simulate.drawing import nuclei
from histopress.simulate.drawing.glands import Glands
from histopress.simulate.drawing.nuclei import Points, gather_points
from histopress.simulate.drawing.stain import Stain, expose, transmit

BLOCK_CELLS = 16
TEXTURE_PX = 512
TEXTURE_UM = 0.5
MARGIN_UM = 34.0
"""Nuclei up to half of this beyond a block reach into it."""

Plane = Float32[np.ndarray, "H W"]
KINDS = (nuclei.STROMA, nuclei.LYMPHOCYTE, nuclei.STRAY, nuclei.GLAND, nuclei.TUMOUR)


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
        Seeds every block's own generator.

    Notes
    -----
    Memory: the class map and its few fields (a thousandth of the slide's pixels) and one block.
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
    ) -> None:
        self.stain, self.size_px, self.spacing_um, self.noise = stain, size_px, spacing_um, noise
        self.root = root
        self.cell_px = cell_pixels(spacing_um)
        self.block_px = BLOCK_CELLS * self.cell_px
        self.blocks = -(-size_px // self.block_px)
        self.glands = Glands(
            anatomy.glands * np.array([self.cell_px] * 3 + [1, 1]), spacing_um, root
        )
        rng = np.random.default_rng([root, 0])
        self.stamps: list[nuclei.Stamp] = []
        for kind in KINDS:
            self.stamps += nuclei.draw_stamps(rng, kind, spacing_um)
        self.texture = draw_texture(rng)
        self.fields = self._lay_fields(rng, anatomy)
        self._points = lru_cache(maxsize=3 * (self.blocks + 2))(self._scatter)

    def bands(self) -> Iterator[UInt8[np.ndarray, "rows width 3"]]:
        """Yield the slide from top to bottom, one row of blocks at a time."""
        for row in range(self.blocks):
            yield np.concatenate([self.block(row, col) for col in range(self.blocks)], axis=1)

    def block(self, row: int, col: int) -> UInt8[np.ndarray, "height width 3"]:
        """Draw one block; blocks at the slide's end are cut to its size."""
        haematoxylin, eosin = self._ground(row, col)
        np.maximum(haematoxylin, self._nuclei(row, col), out=haematoxylin)
        height, width = (min(self.block_px, self.size_px - n * self.block_px) for n in (row, col))
        light = transmit(haematoxylin[:height, :width], eosin[:height, :width], self.stain)
        rng = np.random.default_rng([self.root, 1, row, col])
        light += self.noise * rng.standard_normal(light.shape, np.float32)
        return expose(light)

    def _corner(self, row: int, col: int) -> Int64[np.ndarray, "2"]:
        """Top-left pixel (x, y) of a block."""
        return np.array([col, row], np.int64) * self.block_px

    def _lay_fields(self, rng: np.random.Generator, anatomy: Anatomy) -> dict[str, Plane]:
        """Coarse fields that blocks magnify, padded by a cell on the far and near sides."""
        cells = self.blocks * BLOCK_CELLS
        classes = anatomy.classes
        padding = ((1, cells - len(classes) + 1),) * 2
        size = classes.shape
        fields = {
            "tissue": classes > 0,
            "gland": classes == Tissue.GLAND,
            "lymphocytes": classes == Tissue.LYMPHOCYTES,
            "tumour": classes == Tissue.TUMOUR,
        }
        soft = {
            name: cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.6)
            for name, mask in fields.items()
        }
        reach = 9.0 * self.cell_px
        soft["warp_x"] = reach * smooth_noise(rng, size, 6.0)
        soft["warp_y"] = reach * smooth_noise(rng, size, 6.0)
        soft["thickness"] = 1 + 0.1 * smooth_noise(rng, size, 3.0)
        down, right = np.gradient(soft["warp_y"] / self.cell_px)
        # Fibres follow the lines on which the texture's second coordinate is constant.
        soft["angle"] = np.arctan2(-right, self.spacing_um / TEXTURE_UM + down)
        return {
            name: np.pad(field.astype(np.float32), padding, mode="edge")
            for name, field in soft.items()
        }

    def _magnify(self, name: str, row: int, col: int) -> Plane:
        """One block of a field, interpolated bilinearly between the middles of its cells."""
        top, left, span = row * BLOCK_CELLS, col * BLOCK_CELLS, BLOCK_CELLS + 2
        window = self.fields[name][top : top + span, left : left + span]
        side, edge = span * self.cell_px, self.cell_px
        return np.asarray(cv2.resize(window, (side, side))[edge:-edge, edge:-edge])

    def _sample(self, name: str, at: Float64[np.ndarray, "N 2"]) -> Float32[np.ndarray, "N"]:
        """Interpolate a field bilinearly at points (x, y) in level-0 pixels."""
        places = at[:, ::-1].T / self.cell_px + 0.5
        return ndimage.map_coordinates(self.fields[name], places, order=1, mode="nearest")

    def _ground(self, row: int, col: int) -> tuple[Plane, Plane]:
        """Haematoxylin and eosin of a block without its nuclei."""
        fibre, grain = self._weave(row, col)
        ragged = 0.07 * fibre
        tissue = _sharpen(self._magnify("tissue", row, col) + ragged, 5)
        tumour = _sharpen(self._magnify("tumour", row, col) + ragged, 5)
        rich = _sharpen(self._magnify("lymphocytes", row, col) + ragged, 2)
        gland, lumen = self.glands.cover(self._corner(row, col), self.block_px)
        stroma = np.clip(0.55 + 0.2 * fibre, 0.04, 1.1)
        eosin = _blend(stroma, 0.34 + 0.06 * grain, rich)
        eosin = _blend(eosin, 0.42 + 0.06 * grain, tumour)
        eosin = _blend(eosin, 0.62 + 0.06 * grain, gland)
        haematoxylin = _blend(0.07 + 0.015 * grain, 0.22, rich)
        haematoxylin = _blend(haematoxylin, 0.16 + 0.04 * grain, tumour)
        haematoxylin = _blend(haematoxylin, 0.2 + 0.04 * grain, gland)
        cover = tissue * self._magnify("thickness", row, col) * (1 - 0.95 * lumen)
        return haematoxylin * cover, eosin * cover

    def _weave(self, row: int, col: int) -> tuple[Plane, Plane]:
        """Fibres and fine grain, bent along the warp."""
        step = self.spacing_um / TEXTURE_UM
        ramp = np.arange(self.block_px, dtype=np.float32) * np.float32(step)
        start = [float(n * self.block_px * step % TEXTURE_PX) for n in (row, col)]
        x = self._magnify("warp_x", row, col) + (ramp + start[1])[None, :]
        y = self._magnify("warp_y", row, col) + (ramp + start[0])[:, None]
        woven = cv2.remap(self.texture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return woven[..., 0], woven[..., 1]

    def _scatter(self, row: int, col: int) -> Points:
        """Nuclei whose lattice points lie in a block, except those of glands."""
        rng = np.random.default_rng([self.root, 4, row, col])
        corner = self._corner(row, col)
        places, which = [], []
        for number, kind in enumerate(KINDS):
            at = nuclei.scatter(rng, self.block_px * self.spacing_um, kind.pitch_um)
            at = at / self.spacing_um + corner
            chance = rng.uniform(0, np.pi, len(at))
            if kind is nuclei.STROMA:
                chance = self._sample("angle", at) + 0.15 * (chance - np.pi / 2)
            stamps = nuclei.choose_stamp(rng, chance) + self._first(number)
            here = self._belongs(kind, at)
            places.append(at[here])
            which.append(stamps[here])
        return gather_points(places, which)

    def _belongs(self, kind: nuclei.Kind, at: Float64[np.ndarray, "N 2"]) -> Bool[np.ndarray, "N"]:
        """Which points lie where nuclei of a kind live."""
        if kind is nuclei.GLAND:
            return np.zeros(len(at), bool)
        if kind is nuclei.TUMOUR:
            return self._sample("tumour", at) > 0.5
        rich = self._sample("lymphocytes", at) > 0.4
        if kind is nuclei.LYMPHOCYTE:
            return rich
        busy = self._sample("tumour", at) + self._sample("gland", at) > 0.3
        return (self._sample("tissue", at) > 0.6) & ~rich & ~busy

    @staticmethod
    def _first(number: int) -> int:
        """Index of a kind's first stamp."""
        return number * nuclei.ORIENTATIONS * nuclei.VARIANTS

    def _nuclei(self, row: int, col: int) -> Plane:
        """Haematoxylin of the nuclei that reach into a block."""
        margin = round(MARGIN_UM / self.spacing_um)
        side = self.block_px + 2 * margin
        corner = self._corner(row, col) - margin
        plane = np.zeros((side, side), np.float32)
        glands = self.glands.nuclei(self._corner(row, col), self.block_px)
        groups = [Points(at=glands.at, which=glands.which + self._first(KINDS.index(nuclei.GLAND)))]
        for near_row in range(max(row - 1, 0), min(row + 2, self.blocks)):
            for near_col in range(max(col - 1, 0), min(col + 2, self.blocks)):
                groups.append(self._points(near_row, near_col))
        for group in groups:
            at = group.at - corner
            near = ((at > margin // 2) & (at < side - margin // 2)).all(axis=1)
            nuclei.press(plane, self.stamps, at=at[near], which=group.which[near])
        return plane[margin : side - margin, margin : side - margin]


def draw_texture(rng: np.random.Generator) -> Float32[np.ndarray, "512 512 2"]:
    """Make a periodic texture of fibres along the first coordinate, and one of fine grain."""
    layers = []
    for sigmas in (((1.3, 16), (4, 40)), ((0.9, 0.9), (2.5, 2.5))):
        layer = np.zeros((TEXTURE_PX, TEXTURE_PX))
        for sigma in sigmas:
            noise = rng.standard_normal(layer.shape)
            smooth = ndimage.gaussian_filter(noise, sigma, mode="wrap")
            layer += smooth / smooth.std()
        layers.append(layer / layer.std())
    return np.stack(layers, axis=-1).astype(np.float32)


def _sharpen(mask: Plane, slope: float) -> Plane:
    """Steepen a soft mask around one half."""
    return np.clip((mask - 0.5) * slope + 0.5, 0, 1)


def _blend(below: Plane, above: Plane | float, mask: Plane) -> Plane:
    """Lay ``above`` over ``below`` where ``mask`` is 1."""
    return below + (above - below) * mask
