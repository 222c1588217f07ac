"""A compressed slide, in memory and on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float16, Float32

from histopress.store import create_h5, open_h5, put

SCHEMA = "compressed/1"
CHUNK_CELLS = 64
"""Side of a stored chunk in cells: a crop reads only the chunks that it touches."""


@dataclass(frozen=True, kw_only=True)
class CompressedSlide:
    """A grid of embeddings, place kept.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    grid : float16 ndarray (V, C, H, W)
        One embedding a cell and view, stored upright (see :mod:`histopress.slide.views`);
        zero where no tile was kept.
    tissue : float32 ndarray (H, W)
        Fraction of each cell that is tissue, 0 to 1.
    distance : float32 ndarray (H, W)
        Distribution of crop centres; sums to 1, zero where no tile was kept.
    views : tuple of int
        The dihedral view of each entry of the first axis.
    reason : str or None
        Why the slide was excluded; None if it was not. An excluded slide has no cells.
    attributes : mapping
        What else stands in the file: ratios, spacing, encoder.
    """

    slide_id: str
    grid: Float16[np.ndarray, "V C H W"]
    tissue: Float32[np.ndarray, "H W"]
    distance: Float32[np.ndarray, "H W"]
    views: tuple[int, ...] = (0,)
    reason: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def excluded(self) -> bool:
        """Whether the slide takes no part in training and evaluation."""
        return self.reason is not None

    @property
    def kept(self) -> Bool[np.ndarray, "H W"]:
        """Cells that hold an embedding."""
        return self.distance > 0


def write_compressed(path: Path, slide: CompressedSlide) -> None:
    """Write one file a slide; background compresses to almost nothing."""
    attributes = {
        **slide.attributes,
        "slide": slide.slide_id,
        "status": "excluded" if slide.excluded else "ok",
        "reason": slide.reason,
        "views": np.asarray(slide.views, np.int64),
    }
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        channels, rows, columns = slide.grid.shape[1:]
        options: dict[str, Any] = {}
        if slide.grid.size:
            chunk = (1, channels, min(CHUNK_CELLS, rows), min(CHUNK_CELLS, columns))
            options = {"chunks": chunk, "compression": "gzip", "compression_opts": 4}
            options["shuffle"] = True
        put(file, "grid", slide.grid, **options)
        put(file, "tissue", slide.tissue)
        put(file, "distance", slide.distance)


def read_compressed(path: Path) -> CompressedSlide:
    """Read a whole compressed slide.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        attributes = dict(file.attrs)
        return CompressedSlide(
            slide_id=str(attributes["slide"]),
            grid=file["grid"][()],
            tissue=file["tissue"][()],
            distance=file["distance"][()],
            views=tuple(int(view) for view in attributes["views"]),
            reason=str(attributes["reason"]) if "reason" in attributes else None,
            attributes=attributes,
        )


def read_header(path: Path) -> dict[str, Any]:
    """Read what stands beside the grid: status, reason, ratios, spacing."""
    with open_h5(path, schema=SCHEMA) as file:
        return dict(file.attrs)
