"""The truth of a drawn slide as files: class map, nuclei, regions."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from histopress.simulate.anatomy.outlines import as_geojson, class_polygons
from histopress.simulate.anatomy.tissue import Anatomy
from histopress.simulate.drawing.canvas import Canvas
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.store import create_h5, put, write_json

SCHEMA = "nuclei/1"


@dataclass(frozen=True, kw_only=True)
class TruthFiles:
    """Where a slide's truth is written.

    Attributes
    ----------
    classes : Path or None
        PNG, a grey level a cell of the map: the code of its
        :class:`~histopress.simulate.anatomy.tissue.Tissue`.
    nuclei : Path or None
        HDF5: ``at`` (N, 2) int32, x and y in level-0 pixels; ``kind`` (N,) uint8. Mitoses are
        those whose kind is the attribute ``MITOSIS``.
    regions : Path or None
        GeoJSON that QuPath opens: an annotation a connected region.
    """

    classes: Path | None = None
    nuclei: Path | None = None
    regions: Path | None = None


def write_truth(files: TruthFiles, anatomy: Anatomy, canvas: Canvas) -> None:
    """Write those files that are asked for."""
    if files.classes is not None:
        write_class_map(files.classes, anatomy.classes)
    if files.nuclei is not None:
        write_nuclei(files.nuclei, canvas)
    if files.regions is not None:
        polygons = class_polygons(anatomy.classes, canvas.cell_px)
        write_json(files.regions, as_geojson(polygons))


def write_class_map(path: Path, classes: UInt8[np.ndarray, "rows cols"]) -> None:
    """Write the map as a grey PNG; a pixel is a cell."""
    done, data = cv2.imencode(".png", classes)
    if not done:
        raise ValueError(f"a class map of shape {classes.shape} could not be written as PNG")
    path.write_bytes(data.tobytes())


def write_nuclei(path: Path, canvas: Canvas) -> None:
    """Write every nucleus that is drawn, block by block.

    Memory: nine bytes a nucleus; a slide of 50 mm² of tissue has some 300,000.
    """
    lists = [
        canvas.nuclei_of(row, col) for row in range(canvas.blocks) for col in range(canvas.blocks)
    ]
    at = np.concatenate([own.at for own in lists]).astype(np.int32)
    kind = np.concatenate([own.kind for own in lists]).astype(np.uint8)
    attributes = {each.name: each.value for each in NucleusKind}
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        for name, values in (("at", at), ("kind", kind)):
            put(file, name, values, compression="gzip", compression_opts=4, shuffle=True)
