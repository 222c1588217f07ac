"""A compressed slide as a list of vectors and places, as other tools want it."""

from typing import Any

import numpy as np

from histopress.compress.neighbours.foreign import ForeignFeatures
from histopress.compress.slide import CompressedSlide
from histopress.errors import SlideFault, StoreError
from histopress.slide.tiles import Tiles


def gather(
    slide: CompressedSlide, tiles: Tiles | None = None, *, spacing0_um: float | None = None
) -> ForeignFeatures:
    """List the upright embeddings of the cells that are kept, row by row.

    Parameters
    ----------
    slide : CompressedSlide
        Ours, or one that came from another tool.
    tiles : Tiles or None
        Where the cells lie on the slide; must be given for ours.
    spacing0_um : float or None
        µm per level-0 px, where nothing else tells.

    Raises
    ------
    SlideFault
        The slide is excluded.
    StoreError
        The places of the cells are unknown, or the tiles are of another grid.
    """
    if slide.excluded:
        raise SlideFault(
            f"slide '{slide.slide_id}': is excluded ({slide.reason}); there is nothing to write"
        )
    row, column = np.nonzero(slide.kept)
    common: dict[str, Any] = {
        "slide_id": slide.slide_id,
        "vectors": slide.grid[slide.views.index(0)][:, row, column].T,
        "convention": "trident",
        "encoder": slide.attributes.get("encoder"),
        "shape": slide.kept.shape,
    }
    if tiles is not None:
        return ForeignFeatures(**common, **_from_tiles(slide, tiles))
    return ForeignFeatures(**common, **_from_attributes(slide, spacing0_um))


def _from_tiles(slide: CompressedSlide, tiles: Tiles) -> dict[str, Any]:
    geometry = tiles.geometry
    if geometry is None or not np.array_equal(tiles.tile_index >= 0, slide.kept):
        raise StoreError(
            f"slide '{slide.slide_id}': the tiles are not those that it was compressed from; give "
            "the tiles file of the encoder's grid"
        )
    return {
        "coords": tiles.coords[tiles.tile_index[slide.kept]].astype(np.float64),
        "unit": "px",
        "stride": geometry.stride_px0,
        "patch": geometry.tile_px0,
        "extent": (float(geometry.width), float(geometry.height)),
        "spacing_um": geometry.read_um,
        "spacing0_um": geometry.spacing_um,
        "attributes": {"tile_px": geometry.tile_px, "stride_px": geometry.stride_px},
    }


def _from_attributes(slide: CompressedSlide, spacing0_um: float | None) -> dict[str, Any]:
    known = slide.attributes
    if "origin" not in known:
        raise StoreError(
            f"slide '{slide.slide_id}': the file does not say where its cells lie; give --tiles"
        )
    row, column = np.nonzero(slide.kept)
    cells = np.stack([column, row], axis=1)
    extent = known.get("extent")
    return {
        "coords": np.asarray(known["origin"]) + cells * float(known["stride"]),
        "unit": str(known["unit"]),
        "stride": float(known["stride"]),
        "patch": _number(known.get("patch")),
        "extent": None if extent is None else (float(extent[0]), float(extent[1])),
        "spacing_um": _number(known.get("spacing_um")),
        "spacing0_um": spacing0_um or _number(known.get("spacing0_um")),
        "attributes": {key: int(known[key]) for key in ("tile_px", "stride_px") if key in known},
    }


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
