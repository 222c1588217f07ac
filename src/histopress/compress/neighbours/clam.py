"""CLAM: ``h5_files/{slide}.h5`` with ``features`` and ``coords``.

``extract_features_fp.py`` of mahmoodlab/CLAM writes float32 ``features`` (N, D) and int32
``coords`` (N, 2), level-0 px, and no attribute; the files of patches carry ``patch_size``,
``patch_level``, ``downsample`` and ``level_dim`` on ``coords`` (``process_contour`` in
``wsi_core/WholeSlideImage.py``), which are read here where a copy of them is present.
``process_contour`` starts the patches of each contour at that contour's bounding box: a slide with
two pieces of tissue has two lattices.
"""

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
    pair,
    store,
    written_shape,
)
from histopress.compress.neighbours.foreign import (
    ForeignFeatures,
    checked,
    in_unit,
    plain_coords,
    plain_vectors,
)


def read_clam(path: Path, slide_id: str) -> ForeignFeatures:
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
    shrink = _downsample(attributes)
    patch = number(attributes, "patch_size")
    level, extent = pair(attributes, "level_dim"), None
    if level is not None and shrink is not None:
        extent = (level[0] * shrink, level[1] * shrink)
    return checked(
        ForeignFeatures(
            slide_id=slide_id,
            vectors=vectors,
            coords=coords,
            unit="px",
            convention="clam",
            stride=number(attributes, STRIDE),
            patch=patch * shrink if patch is not None and shrink is not None else None,
            extent=extent,
            shape=written_shape(attributes),
            several_lattices=STRIDE not in attributes,
        )
    )


def _downsample(attributes: Mapping[str, Any]) -> float | None:
    """Level-0 px to one px of the level that patches were cut at."""
    if number(attributes, "patch_level") == 0:
        return 1.0
    return number(attributes, "downsample")


def write_clam(path: Path, features: ForeignFeatures) -> None:
    """Write one slide as CLAM's ``h5_files`` are.

    Patch size and slide size stand on ``coords`` under the names of CLAM's files of patches.

    Raises
    ------
    SlideFault
        Places in level-0 px cannot be told.
    """
    features = in_unit(features, "px")
    with create_foreign(path) as file:
        store(file, "features", features.vectors.astype(np.float32))
        coords = store(file, "coords", np.rint(features.coords).astype(np.int32))
        described: dict[str, Any] = {
            "name": features.slide_id,
            STRIDE: features.stride,
            SHAPE: features.shape,
        }
        if features.patch is not None:
            described |= {"patch_size": round(features.patch), "patch_level": 0}
        if features.extent is not None:
            described["level_dim"] = np.rint(features.extent).astype(np.int64)
        describe(coords, described)
