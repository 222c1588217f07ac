"""From a slide's file to its tiles."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import openslide
from jaxtyping import Bool, UInt8

from histopress.errors import NoTissue, SlideFault, UnreadableSlide
from histopress.slide.geometry import Geometry, lay_geometry
from histopress.slide.grid import lay_grid
from histopress.slide.overview import Overview, ReadRegion, read_overview
from histopress.slide.settings import GridSettings
from histopress.slide.source import open_slide, read_rgb
from histopress.slide.spacing import settle_spacing
from histopress.slide.stain import doubt_brightfield
from histopress.slide.tiles import Tiles, no_tiles
from histopress.slide.tissue import tissue_mask

THUMBNAIL_PX = 1400
"""Longest side of the thumbnail; slides with fewer px keep their size."""


@dataclass(frozen=True, kw_only=True)
class Tiling:
    """Tiles of a slide, and what is needed to look at them.

    Attributes
    ----------
    tiles : Tiles
        Grid and kept tiles; excluded if ``fault`` is set.
    thumbnail : Overview or None
        The slide in at most :data:`THUMBNAIL_PX` px; None if its pixels cannot be read.
    mask : bool ndarray (h, w) or None
        Tissue, at its own resolution.
    mask_downsample : float
        Level-0 px to one px of the mask.
    fault : SlideFault or None
        Why the slide cannot be used.
    """

    tiles: Tiles
    thumbnail: Overview | None = None
    mask: Bool[np.ndarray, "h w"] | None = None
    mask_downsample: float = 1.0
    fault: SlideFault | None = None


def tile_slide(
    path: Path,
    *,
    slide_id: str,
    declared_spacing_um: float | None = None,
    settings: GridSettings | None = None,
) -> Tiling:
    """Tile a slide that must be usable; see :func:`survey_slide`.

    Raises
    ------
    SlideMissing
        No such file.
    UnreadableSlide, SpacingFault, NoTissue
        Facts of the slide that forbid its use.
    OSError
        The file system failed.
    """
    tiling = survey_slide(
        path, slide_id=slide_id, declared_spacing_um=declared_spacing_um, settings=settings
    )
    if tiling.fault is not None:
        raise tiling.fault
    return tiling


def survey_slide(
    path: Path,
    *,
    slide_id: str,
    declared_spacing_um: float | None = None,
    settings: GridSettings | None = None,
) -> Tiling:
    """Settle the spacing, find the tissue and lay the grid; the slide is opened and read once.

    A fact of the slide that forbids its use is returned, not raised, together with whatever
    could be seen of the slide.

    Parameters
    ----------
    path : Path
        The slide's file.
    slide_id : str
        As in the manifest.
    declared_spacing_um : float, optional
        The manifest's spacing of level 0 in µm/px; wins over the file's.
    settings : GridSettings, optional
        Grid and tissue; defaults if left out.

    Raises
    ------
    SlideMissing
        No such file.
    OSError
        The file system failed: worth another try.

    Notes
    -----
    Time grows with the coarsest level that is fine enough for mask and thumbnail. Memory grows
    with the mask only: some 30 bytes for each 8 × 8 µm.
    """
    settings = settings or GridSettings()
    try:
        slide = open_slide(path, slide_id)
    except SlideFault as fault:
        return _excluded(slide_id, fault)
    with slide:
        return _survey(slide, path, slide_id, declared_spacing_um, settings)


def _survey(
    slide: openslide.OpenSlide,
    path: Path,
    slide_id: str,
    declared_um: float | None,
    settings: GridSettings,
) -> Tiling:
    read = _region_reader(slide, path, slide_id)
    try:
        spacing = settle_spacing(slide.properties, slide_id=slide_id, declared=declared_um)
        geometry = lay_geometry(
            slide_id=slide_id,
            sizes=slide.level_dimensions,
            downsamples=slide.level_downsamples,
            spacing=spacing,
            settings=settings,
        )
    except SlideFault as fault:
        return _excluded(slide_id, fault, thumbnail=_thumbnail_or_none(slide, read))
    try:
        wanted = settings.tissue.spacing_um / geometry.spacing_um
        fine = _overview(slide, read, min(wanted, _thumbnail_downsample(slide)))
    except SlideFault as fault:
        return _excluded(slide_id, fault, geometry)
    thumbnail = fine.fit(THUMBNAIL_PX)
    view = fine.shrink(max(1, int(wanted / fine.downsample + 1e-3)))
    fault_or_none = _doubt(view, slide_id) or _too_small(geometry)
    if fault_or_none is not None:
        return _excluded(slide_id, fault_or_none, geometry, thumbnail=thumbnail)
    return _lay(geometry, view, thumbnail, settings)


def _lay(geometry: Geometry, view: Overview, thumbnail: Overview, settings: GridSettings) -> Tiling:
    """Find the tissue and keep its tiles."""
    mask = tissue_mask(
        view.rgb, spacing_um=geometry.spacing_um * view.downsample, settings=settings.tissue
    )
    grid = lay_grid(geometry, mask, mask_downsample=view.downsample, min_tissue=settings.min_tissue)
    fault = None
    if len(grid.coords) == 0:
        fault = NoTissue(
            f"slide '{geometry.slide_id}': none of {grid.tissue.size:,} tiles holds more than "
            f"{settings.min_tissue:.0%} tissue (the fullest {grid.tissue.max():.0%}; tissue is "
            f"{mask.mean():.1%} of the slide); look at the overlay, then leave the slide out or "
            "lower 'min_tissue'"
        )
    tiles = Tiles(
        slide_id=geometry.slide_id,
        geometry=geometry,
        coords=grid.coords,
        tile_index=grid.tile_index,
        tissue=grid.tissue,
        reason=str(fault) if fault else None,
    )
    return Tiling(
        tiles=tiles,
        thumbnail=thumbnail,
        mask=mask,
        mask_downsample=view.downsample,
        fault=fault,
    )


def _doubt(view: Overview, slide_id: str) -> SlideFault | None:
    doubt = doubt_brightfield(view.rgb)
    if doubt is None:
        return None
    return UnreadableSlide(
        f"slide '{slide_id}': {doubt}; convert it to RGB brightfield or leave it out"
    )


def _too_small(geometry: Geometry) -> SlideFault | None:
    if min(geometry.shape) > 0:
        return None
    return NoTissue(
        f"slide '{geometry.slide_id}': its {geometry.width} × {geometry.height} px at "
        f"{geometry.spacing_um:.4g} µm/px are smaller than one tile of {geometry.tile_px} px at "
        f"{geometry.read_um:.4g} µm/px; leave it out or choose smaller tiles"
    )


def _excluded(
    slide_id: str,
    fault: SlideFault,
    geometry: Geometry | None = None,
    thumbnail: Overview | None = None,
) -> Tiling:
    tiles = no_tiles(slide_id, str(fault), geometry)
    return Tiling(tiles=tiles, thumbnail=thumbnail, fault=fault)


def _region_reader(slide: openslide.OpenSlide, path: Path, slide_id: str) -> ReadRegion:
    read = partial(read_rgb, slide, path=path, slide_id=slide_id)

    def region(
        xy: tuple[int, int], level: int, size: tuple[int, int]
    ) -> UInt8[np.ndarray, "h w 3"]:
        return read(xy=xy, level=level, size=size)

    return region


def _overview(slide: openslide.OpenSlide, read: ReadRegion, wanted: float) -> Overview:
    return read_overview(
        read,
        sizes=slide.level_dimensions,
        downsamples=slide.level_downsamples,
        wanted=wanted,
    )


def _thumbnail_downsample(slide: openslide.OpenSlide) -> float:
    return max(slide.dimensions) / THUMBNAIL_PX


def _thumbnail_or_none(slide: openslide.OpenSlide, read: ReadRegion) -> Overview | None:
    try:
        return _overview(slide, read, _thumbnail_downsample(slide)).fit(THUMBNAIL_PX)
    except SlideFault:
        return None
