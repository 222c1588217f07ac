"""STAMP: ``{slide}.h5`` with ``feats`` and ``coords`` in micrometres.

KatherLab/STAMP writes float16 ``feats`` (N, D), float32 ``coords`` (N, 2), and on the file
``unit = "um"``, ``tile_size_um``, ``tile_size_px``, ``extractor``, ``stamp_version``
(``src/stamp/preprocessing/__init__.py``). ``get_coords`` in ``src/stamp/modeling/data.py`` tells
the generations apart: ``tile_size`` with the unit (2.0), ``tile_size_um`` (since 2.1), and neither
with a stride of 224, which are pixels of tiles of 224 px and 256 µm (before 2.0). Tiles do not
overlap.
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
from histopress.compress.neighbours.lattice import infer_stride
from histopress.errors import SlideFault

_OLD_PX, _OLD_UM = 224, 256.0
_LAYOUT = "2.1.0"
"""Version that this layout is of; STAMP refuses files newer than itself."""


def read_stamp(path: Path, slide_id: str) -> ForeignFeatures:
    """Read one slide.

    Raises
    ------
    SlideFault
        The file is damaged, holds no tile features, or its unit cannot be told.
    """
    with open_foreign(path, slide_id) as file:
        attributes = dict(file.attrs)
        kind = text(attributes, "feat_type") or "tile"
        if kind != "tile":
            raise SlideFault(
                f"slide '{slide_id}': {path} holds features of a whole {kind}; give those of tiles"
            )
        vectors = plain_vectors(array(file, "feats", slide_id))
        coords = plain_coords(array(file, "coords", slide_id))
    factor, side_um, side_px = _scale(coords, attributes, slide_id)
    tile = {"tile_px": side_px, "stride_px": side_px} if side_px else {}
    return checked(
        ForeignFeatures(
            slide_id=slide_id,
            vectors=vectors,
            coords=coords * factor,
            unit="um",
            convention="stamp",
            stride=number(attributes, STRIDE) or side_um,
            patch=side_um,
            shape=written_shape(attributes),
            encoder=text(attributes, "extractor"),
            spacing_um=side_um / side_px if side_px else None,
            attributes=tile,
        )
    )


def _scale(
    coords: np.ndarray, attributes: Mapping[str, Any], slide_id: str
) -> tuple[float, float, int | None]:
    """Factor to µm, side of a tile in µm and, if known, in px."""
    size, size_um = number(attributes, "tile_size"), number(attributes, "tile_size_um")
    px = number(attributes, "tile_size_px")
    side_px = round(px) if px else None
    if size and text(attributes, "unit") == "um":
        return 1.0, size, side_px
    if size_um:
        return 1.0, size_um, side_px
    apart = size or infer_stride(coords, slide_id=slide_id, unit="px")
    if round(apart) == _OLD_PX:
        return _OLD_UM / _OLD_PX, _OLD_UM, _OLD_PX
    raise SlideFault(
        f"slide '{slide_id}': coordinates have no unit and tiles lie {apart:g} apart; files "
        f"without unit are read where that is {_OLD_PX}; run 'stamp preprocess' again"
    )


def write_stamp(path: Path, features: ForeignFeatures) -> None:
    """Write one slide.

    Raises
    ------
    SlideFault
        Places in micrometres, or the side of a tile, cannot be told.
    """
    features = in_unit(features, "um")
    if features.patch is None:
        raise SlideFault(
            f"slide '{features.slide_id}': STAMP needs the side of a tile, which is unknown; give "
            "--tiles"
        )
    with create_foreign(path) as file:
        store(file, "coords", features.coords.astype(np.float32))
        store(file, "feats", features.vectors.astype(np.float16))
        describe(
            file,
            {
                "stamp_version": _LAYOUT,
                "extractor": features.encoder or "histopress",
                "unit": "um",
                "tile_size_um": features.patch,
                "tile_size_px": features.attributes.get("tile_px"),
                "feat_type": "tile",
                STRIDE: features.stride,
                SHAPE: features.shape,
            },
        )
