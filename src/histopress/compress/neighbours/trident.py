"""TRIDENT: ``{slide}.h5`` with ``features``, ``coords`` and the patch geometry on ``coords``.

mahmoodlab/TRIDENT writes ``features`` (N, D), and in some versions (1, N, D), and ``coords``
(N, 2) int64 in level-0 px; on ``coords`` stand ``patch_size`` and ``overlap`` in px at the target
magnification, ``patch_size_level0``, ``level0_magnification``, ``target_magnification``,
``level0_width``, ``level0_height`` (``coords_to_h5`` in ``trident/IO.py``; the sizes are missing
in older files). Coordinates made by CLAM keep CLAM's attributes.

With an overlap, ``WSIPatcher._colrow_to_xy`` puts the first column one whole patch, not one
stride, before the second, so that patches at the slide's left and upper border lie off the lattice
of the rest. Our own features files have this layout too.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from histopress.compress.neighbours.contents import (
    SHAPE,
    STRIDE,
    array,
    create_foreign,
    describe,
    number,
    open_foreign,
    store,
    text,
    written_shape,
)
from histopress.compress.neighbours.foreign import (
    ForeignFeatures,
    checked,
    in_unit,
    plain_coords,
    plain_vectors,
)


def read_trident(path: Path, slide_id: str) -> ForeignFeatures:
    """Read one slide.

    Raises
    ------
    SlideFault
        The file is damaged or its contents do not fit together.
    """
    with open_foreign(path, slide_id) as file:
        vectors = plain_vectors(array(file, "features", slide_id))
        coords = plain_coords(array(file, "coords", slide_id))
        attributes = dict(file["coords"].attrs)
        encoder = text(file.attrs, "encoder") or text(file["features"].attrs, "encoder")
    geometry = patch_geometry(attributes)
    return checked(
        ForeignFeatures(
            slide_id=slide_id,
            vectors=vectors,
            coords=coords,
            unit="px",
            convention="trident",
            encoder=encoder,
            several_lattices=bool(number(attributes, "overlap")) and STRIDE not in attributes,
            **geometry,
        )
    )


def patch_geometry(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Stride, patch, extent and spacing from TRIDENT's attributes; None where they are missing.

    Magnifications are nominal: 10 µm/px at 1×.
    """
    side, side0 = number(attributes, "patch_size"), number(attributes, "patch_size_level0")
    level0, target = (
        number(attributes, "level0_magnification"),
        number(attributes, "target_magnification"),
    )
    if side0 is None and side and level0 and target:
        side0 = side * level0 / target
    # Our own features files have a negative overlap where steps are wider than tiles.
    overlap = number(attributes, "overlap", least=-math.inf)
    found: dict[str, Any] = {
        "patch": side0 or None,
        "stride": number(attributes, STRIDE),
        "shape": written_shape(attributes),
        "spacing_um": 10 / target if target else None,
        "spacing0_um": 10 / level0 if level0 else None,
    }
    if side and overlap is not None and overlap < side:
        found["attributes"] = {"tile_px": round(side), "stride_px": round(side - overlap)}
        if side0 and found["stride"] is None:
            found["stride"] = side0 * (side - overlap) / side
    width, height = number(attributes, "level0_width"), number(attributes, "level0_height")
    if width and height:
        found["extent"] = (width, height)
    return found


def geometry_attributes(features: ForeignFeatures) -> dict[str, Any]:
    """Give TRIDENT's attributes of what is known; lengths must be in level-0 px."""
    found: dict[str, Any] = {
        STRIDE: features.stride,
        SHAPE: features.shape,
        "name": features.slide_id,
    }
    seen, level0 = features.spacing_um, features.spacing0_um
    if features.patch is not None:
        found["patch_size_level0"] = round(features.patch)
    if "tile_px" in features.attributes:
        side, stride = (int(features.attributes[name]) for name in ("tile_px", "stride_px"))
        found |= {"patch_size": side, "overlap": max(0, side - stride)}
    if seen and level0:
        found |= {"level0_magnification": 10 / level0, "target_magnification": 10 / seen}
    if features.extent is not None:
        width, height = features.extent
        found |= {"level0_width": round(width), "level0_height": round(height)}
    return found


def write_trident(path: Path, features: ForeignFeatures) -> None:
    """Write one slide; attributes that are unknown are left out.

    Raises
    ------
    SlideFault
        Places in level-0 px cannot be told.
    """
    features = in_unit(features, "px")
    with create_foreign(path) as file:
        vectors = store(file, "features", features.vectors.astype(np.float32))
        coords = store(file, "coords", np.rint(features.coords).astype(np.int64))
        describe(vectors, {"name": features.slide_id, "encoder": features.encoder})
        describe(coords, geometry_attributes(features))
