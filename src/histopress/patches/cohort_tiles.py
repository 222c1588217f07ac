"""Patches at known places of slides, and tissue tiles of the study's slides among them."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Int32, Int64, UInt8

from histopress.errors import ConfigError, StoreError
from histopress.patches.settings import CohortSource
from histopress.patches.source import Origin
from histopress.seeds import generator
from histopress.slide.geometry import Geometry
from histopress.slide.reader import TileReader
from histopress.slide.tiles import Tiles, read_tiles

LABEL = "tissue"
MAX_SPREAD = 1.05
"""Largest ratio of two slides' spacings as read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SlidePatches:
    """Patches at known places of slides; read in the order of the origins, each slide opens once.

    Attributes
    ----------
    origins : tuple of Origin
        One a patch.
    slides : tuple of (Path, Geometry)
        Files, and how patches are read from them.
    places : int64 ndarray (N, 3)
        Index into ``slides``, and level-0 px (x, y) of the patch's top left.
    warnings : tuple of str
        What a reader of the table must know.
    """

    origins: tuple[Origin, ...]
    slides: tuple[tuple[Path, Geometry], ...]
    places: Int64[np.ndarray, "N 3"]
    warnings: tuple[str, ...] = ()
    _open: threading.local = field(init=False, repr=False, default_factory=threading.local)

    @property
    def spacing_um(self) -> float:
        """µm/px as read: the median over slides."""
        return float(np.median([geometry.read_um for _, geometry in self.slides]))

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB.

        Raises
        ------
        SlideMissing, UnreadableSlide, StoreError
            As :class:`~histopress.slide.reader.TileReader`.
        """
        slide, x, y = (int(value) for value in self.places[index])
        return self._reader(slide).read((x, y))

    def _reader(self, slide: int) -> TileReader:
        """Keep the slide read last open; every thread has its own handle."""
        if getattr(self._open, "slide", None) != slide:
            if hasattr(self._open, "reader"):
                self._open.reader.close()
            self._open.slide = None
            self._open.reader = TileReader(*self.slides[slide])
            self._open.slide = slide
        return self._open.reader


def open_cohort(
    source: CohortSource,
    *,
    slides: Sequence[tuple[str, str, str, Path, Path]],
    input_px: int,
    margin_px: int,  # noqa: ARG001 — tiles are read whole; every source is opened alike
    seed: int,
) -> SlidePatches:
    """Draw tissue tiles of the study's slides, in pairs that lie side by side.

    Of each slide, ``n_per_slide // 2`` kept tiles are drawn at random, and with each one a kept
    tile beside it (left, right, above or below). No tile is drawn twice, so a slide of few or
    scattered tiles gives fewer. What is drawn of a slide depends on the seed, its id and its tiles
    alone. Excluded slides give none.

    Parameters
    ----------
    source : CohortSource
        Grid and number of tiles.
    slides : sequence of (slide_id, patient_id, center, slide file, tiles file)
        The study's slides; the last is what ``histopress tile`` wrote for the source's grid.
    input_px : int
        Side of the encoder's input; no tile may be smaller.
    margin_px : int
        Not looked at: tiles are read whole, and whoever fits them keeps what margin there is.
    seed : int
        The run's seed.

    Returns
    -------
    SlidePatches
        Ordered as ``slides``, then by row and column; each origin names its neighbour.

    Raises
    ------
    ConfigError
        No slide gives a pair, tiles differ in side, are smaller than the input, or their spacings
        differ by more than 5 %.
    StoreError
        A tiles file is missing, damaged or another slide's.
    """
    origins: list[Origin] = []
    files: list[tuple[Path, Geometry]] = []
    places: list[tuple[int, int, int]] = []
    for slide_id, patient_id, center, slide, tiles_file in slides:
        tiles = _read(tiles_file, slide_id)
        rng = generator(seed, "cohort-tiles", source.grid, slide_id)
        rows = dict(_pairs(tiles, source.n_per_slide // 2, rng))
        if not rows or tiles.geometry is None:
            continue
        here = {row: len(origins) + place for place, row in enumerate(sorted(rows))}
        for row in here:
            x, y = (int(value) for value in tiles.coords[row])
            places.append((len(files), x, y))
            origins.append(
                Origin(
                    name=f"{slide_id}@{x},{y}",
                    label=LABEL,
                    slide_id=slide_id,
                    patient_id=patient_id,
                    center=center,
                    neighbour=here[rows[row]],
                )
            )
        files.append((slide, tiles.geometry))
    _check(source, [geometry for _, geometry in files], input_px, len(slides))
    return SlidePatches(
        origins=tuple(origins), slides=tuple(files), places=np.asarray(places, np.int64)
    )


def check_spacings(geometries: Sequence[Geometry], what: str) -> None:
    """Refuse slides whose patches differ by more than 5 % in spacing.

    Raises
    ------
    ConfigError
        Names the finest and the coarsest.
    """
    finest = min(geometries, key=lambda geometry: geometry.read_um)
    coarsest = max(geometries, key=lambda geometry: geometry.read_um)
    if coarsest.read_um / finest.read_um > MAX_SPREAD:
        raise ConfigError(
            f"{what}: slide '{finest.slide_id}' is read at {finest.read_um:.4g} µm/px and slide "
            f"'{coarsest.slide_id}' at {coarsest.read_um:.4g} µm/px, more than 5 % apart; tile all "
            "slides on one grid"
        )


def _read(path: Path, slide_id: str) -> Tiles:
    tiles = read_tiles(path)
    if tiles.slide_id != slide_id:
        raise StoreError(
            f"{path}: holds the tiles of slide '{tiles.slide_id}', not of '{slide_id}'; remove "
            "the file and run again"
        )
    return tiles


def _pairs(tiles: Tiles, count: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draw disjoint pairs of adjacent tiles; each stands in the list both ways round."""
    cells = np.argwhere(tiles.tile_index >= 0)
    free = np.pad(tiles.tile_index, 1, constant_values=-1)
    pairs: list[tuple[int, int]] = []
    for row, column in rng.permutation(cells) + 1:
        if len(pairs) == 2 * count:
            break
        if free[row, column] < 0:
            continue
        beside = _beside(free, row, column)
        if len(beside):
            other = beside[rng.integers(len(beside))]
            one, two = int(free[row, column]), int(free[tuple(other)])
            free[row, column] = free[tuple(other)] = -1
            pairs += [(one, two), (two, one)]
    return pairs


def _beside(free: Int32[np.ndarray, "H W"], row: int, column: int) -> Int64[np.ndarray, "n 2"]:
    """Cells of the tiles left, right, above and below that are still free."""
    cells = np.array([(row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)])
    return cells[free[cells[:, 0], cells[:, 1]] >= 0]


def _check(
    source: CohortSource, geometries: Sequence[Geometry], input_px: int, n_slides: int
) -> None:
    if not geometries:
        raise ConfigError(
            f"source 'cohort', grid '{source.grid}': none of {n_slides} slides has two kept tiles "
            "side by side; look at the overlays, then lower 'min_tissue' or choose smaller tiles"
        )
    sides = sorted({geometry.tile_px for geometry in geometries})
    if len(sides) > 1:
        raise ConfigError(
            f"source 'cohort', grid '{source.grid}': tiles have {sides} px; tile all slides on "
            "one grid"
        )
    if sides[0] < input_px:
        raise ConfigError(
            f"source 'cohort', grid '{source.grid}': tiles of {sides[0]} px are smaller than the "
            f"encoder's input of {input_px} px; use a grid of larger tiles"
        )
    check_spacings(geometries, f"source 'cohort', grid '{source.grid}'")
