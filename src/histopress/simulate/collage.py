"""Slides built from labelled real tiles: real texture under a truth that is known by counting.

A patient's survival follows the tumour fraction by the law of
:mod:`histopress.simulate.follow_up`; the centre is drawn for each patient and means nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8
from scipy import ndimage

from histopress.errors import ConfigError
from histopress.seeds import generator
from histopress.simulate.collage_patients import CollagePatient, draw_patients
from histopress.simulate.dealing import PURPOSE, Demand, deal_tiles, draw_demands
from histopress.simulate.follow_up import COLUMNS as FOLLOW_UP_COLUMNS
from histopress.simulate.pyramid import write_pyramid
from histopress.simulate.settings import CollageSettings
from histopress.simulate.tiles import TileFile, read_picture

MANIFEST_COLUMNS = (
    *("slide_id", "patient_id", "path", "center", "contains_tumour", "tumour_fraction"),
    *FOLLOW_UP_COLUMNS,
)
TILE_COLUMNS = ("slide_id", "patient_id", "file", "sha256", "class", "positive", "row", "col")
GLASS = 244.0
GLASS_NOISE = 1.5
FILL = 0.55
"""Share of a slide's lattice that is covered with tiles, before the margin."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A tile file and the cell of the lattice that it lies on; ``positive`` is its class's."""

    file: str
    sha256: str
    class_name: str
    positive: bool
    row: int
    col: int


@dataclass(frozen=True, kw_only=True)
class CollageSlide:
    """One slide to write: a square lattice of ``cells`` × ``cells``, tiles on some of them."""

    slide_id: str
    patient_id: str
    cells: int
    placements: tuple[Placement, ...]

    @property
    def tumour_fraction(self) -> float:
        """Positive tiles / placed tiles: the slide's truth."""
        return sum(placement.positive for placement in self.placements) / len(self.placements)

    @property
    def contains_tumour(self) -> int:
        """1 if any placed tile is positive, else 0."""
        return int(self.tumour_fraction > 0)


@dataclass(frozen=True, kw_only=True)
class CollagePlan:
    """Slides of a cohort; no tile file serves twice, no near-duplicate serves two patients.

    ``patients`` holds every patient by id.
    """

    slides: tuple[CollageSlide, ...]
    patients: Mapping[str, CollagePatient]


def plan_collage(tiles: Sequence[TileFile], settings: CollageSettings, *, seed: int) -> CollagePlan:
    """Deal tiles to patients and lay them on slides.

    All slides of a positive patient hold positive tiles. More patients change no slide of the
    earlier ones; other tiles or another seed do. See
    :func:`histopress.simulate.dealing.deal_tiles`.

    Parameters
    ----------
    tiles : sequence of TileFile
        Of :func:`histopress.simulate.tiles.gather_tiles`.
    settings : CollageSettings
        Classes, numbers, fractions.
    seed : int
        The run's seed.

    Raises
    ------
    ConfigError
        The tiles are of another size, or too few; the message gives the numbers.
    """
    for tile in tiles:
        if tile.side_px != settings.tile_px:
            raise ConfigError(
                f"tile '{tile.file}': is {tile.side_px} px wide, 'tile_px' is "
                f"{settings.tile_px}; set it to the tiles' own size"
            )
    demands = draw_demands(settings, seed=seed)
    slides = tuple(
        _lay_out(
            demand,
            positives,
            negatives,
            rng=generator(seed, PURPOSE, demand.slide_id, "layout"),
        )
        for demand, positives, negatives in deal_tiles(tiles, demands, settings, seed=seed)
    )
    fractions: dict[str, list[float]] = {}
    for slide in slides:
        fractions.setdefault(slide.patient_id, []).append(slide.tumour_fraction)
    return CollagePlan(slides=slides, patients=draw_patients(fractions, settings, seed=seed))


def manifest_rows(plan: CollagePlan, *, folder: str = "data/collage") -> list[dict[str, Any]]:
    """Rows of the manifest with :data:`MANIFEST_COLUMNS`; the files declare their spacing."""
    return [
        {
            "slide_id": slide.slide_id,
            "patient_id": slide.patient_id,
            "path": f"{folder}/{slide.slide_id}.tif",
            "center": plan.patients[slide.patient_id].center,
            "contains_tumour": slide.contains_tumour,
            "tumour_fraction": slide.tumour_fraction,
            **asdict(plan.patients[slide.patient_id].follow_up),
        }
        for slide in plan.slides
    ]


def tile_rows(plan: CollagePlan) -> list[dict[str, Any]]:
    """Which tile lies where, with :data:`TILE_COLUMNS`; ``positive`` is 0 or 1."""
    return [
        {
            "slide_id": slide.slide_id,
            "patient_id": slide.patient_id,
            "file": placement.file,
            "sha256": placement.sha256,
            "class": placement.class_name,
            "positive": int(placement.positive),
            "row": placement.row,
            "col": placement.col,
        }
        for slide in plan.slides
        for placement in slide.placements
    ]


def write_collage_slide(
    path: Path, slide: CollageSlide, *, folder: Path, settings: CollageSettings, seed: int
) -> None:
    """Write a slide as a pyramidal TIFF: tiles on white, slightly noisy glass.

    The tile of row r and column c has its top-left corner at (c · tile_px, r · tile_px).

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    slide : CollageSlide
        One of the plan.
    folder : Path
        What the tiles were gathered from.
    settings : CollageSettings
        Tile size, spacing and JPEG quality.
    seed : int
        The run's seed (noise of the glass).

    Raises
    ------
    ConfigError
        A tile is missing or is not the one that the plan was made with.
    """
    side = slide.cells * settings.tile_px
    write_pyramid(
        path,
        _bands(slide, folder=folder, tile_px=settings.tile_px, seed=seed),
        shape=(side, side),
        spacing_um=settings.spacing_um,
        quality=settings.quality,
    )


def _bands(
    slide: CollageSlide, *, folder: Path, tile_px: int, seed: int
) -> Iterator[UInt8[np.ndarray, "tile width 3"]]:
    """Yield one row of tiles after the other."""
    rng = generator(seed, PURPOSE, slide.slide_id, "glass")
    by_row: dict[int, list[Placement]] = {}
    for placement in slide.placements:
        by_row.setdefault(placement.row, []).append(placement)
    for row in range(slide.cells):
        noise = rng.standard_normal((tile_px, slide.cells * tile_px, 3), np.float32)
        band = (GLASS + GLASS_NOISE * noise + 0.5).astype(np.uint8)
        for placement in by_row.get(row, ()):
            left = placement.col * tile_px
            band[:, left : left + tile_px] = _read_tile(folder, placement)
        yield band


def _read_tile(folder: Path, placement: Placement) -> UInt8[np.ndarray, "tile tile 3"]:
    """Read a tile and make sure that it is the planned one."""
    try:
        data = (folder / placement.file).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"tile '{placement.file}': cannot be read below {folder} ({error.strerror})"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != placement.sha256:
        raise ConfigError(
            f"tile '{placement.file}': has digest {found[:12]}…, the plan was made with "
            f"{placement.sha256[:12]}…; plan the collage again"
        )
    return read_picture(data, placement.file)


def _lay_out(
    demand: Demand,
    positives: Sequence[TileFile],
    negatives: Sequence[TileFile],
    *,
    rng: np.random.Generator,
) -> CollageSlide:
    """Lay tiles on an uneven blob; the positive ones next to each other, as a tumour grows."""
    cells, blob = _blob(rng, len(positives) + len(negatives))
    heart = blob[rng.integers(len(blob))]
    distance = np.hypot(*(blob - heart).T) + rng.normal(0, 0.5, len(blob))
    nest = blob[np.argsort(distance, kind="stable")]
    tiles = [*((tile, True) for tile in positives), *((tile, False) for tile in negatives)]
    placements = [
        Placement(
            file=tile.file,
            sha256=tile.sha256,
            class_name=tile.class_name,
            positive=positive,
            row=int(row),
            col=int(col),
        )
        for (tile, positive), (row, col) in zip(tiles, nest, strict=True)
    ]
    return CollageSlide(
        slide_id=demand.slide_id,
        patient_id=demand.patient_id,
        cells=cells,
        placements=tuple(sorted(placements, key=lambda placed: (placed.row, placed.col))),
    )


def _blob(rng: np.random.Generator, count: int) -> tuple[int, Int64[np.ndarray, "count 2"]]:
    """Choose ``count`` cells (row, col) that form an uneven blob, one free cell around it."""
    inner = int(np.ceil(np.sqrt(count / FILL)))
    rows, cols = np.indices((inner, inner)) - (inner - 1) / 2
    stretch = np.exp(rng.uniform(-0.2, 0.2))
    rough = ndimage.gaussian_filter(rng.standard_normal((inner, inner)), 1.2)
    score = np.hypot(rows * stretch, cols / stretch) / inner + 0.06 * rough / rough.std()
    chosen = np.argsort(score, axis=None, kind="stable")[:count]
    return inner + 2, np.stack(np.unravel_index(chosen, score.shape), axis=1) + 1
