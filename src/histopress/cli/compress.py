"""``histopress compress``: embeddings laid on the slide's grid."""

from typing import Any

import numpy as np

from histopress.cli.job import Job, Port, Verb
from histopress.types import settings


@settings
class CompressSettings:
    """Compression has nothing to choose: tiles and features decide it."""


def compress(job: Job) -> None:
    """Make one slide's grid and distance map."""
    from histopress.compress.distance import distance_map
    from histopress.compress.grid import lay_on_grid
    from histopress.compress.slide import CompressedSlide, write_compressed
    from histopress.encoder.features import read_features
    from histopress.errors import StoreError
    from histopress.slide.tiles import read_tiles

    tiles = read_tiles(job.input("tiles"))
    features = read_features(job.input("features"))
    index, tissue = tiles.tile_index, tiles.tissue
    if features.reason is not None:
        index, tissue = np.full((0, 0), -1, np.int32), np.zeros((0, 0), np.float32)
    elif not np.array_equal(features.coords, tiles.coords):
        raise StoreError(
            f"slide '{tiles.slide_id}': features and tiles name different tiles; "
            "remove the features file and run again"
        )
    grid = lay_on_grid(features.vectors, index)
    attributes = dict(features.attributes)
    slide = CompressedSlide(
        slide_id=tiles.slide_id,
        grid=grid,
        tissue=tissue,
        distance=distance_map(index >= 0),
        views=features.views,
        reason=features.reason,
        attributes={
            "encoder": attributes["encoder"],
            "weights_sha256": attributes["weights_sha256"],
            **({} if features.reason else _ratios(tiles, grid, attributes)),
        },
    )
    write_compressed(job.output("compressed"), slide)
    job.facts.update(status="excluded" if slide.excluded else "ok", shape=list(grid.shape))
    job.facts.update({key: value for key, value in slide.attributes.items() if "ratio" in key})


def _ratios(tiles: Any, grid: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    from histopress.compress.grid import element_ratio

    geometry = tiles.geometry
    view_bytes = grid.nbytes // grid.shape[0]
    shrink = geometry.factor * geometry.downsample
    raw_bytes = 3 * round(geometry.width / shrink) * round(geometry.height / shrink)
    return {
        "spacing_um": geometry.read_um,
        "tile_px": geometry.tile_px,
        "stride_px": geometry.stride_px,
        "element_ratio": element_ratio(stride_px=geometry.stride_px, channels=grid.shape[1]),
        "bytes_ratio_raw": round(raw_bytes / view_bytes, 3),
        "bytes_ratio_file": round(int(attributes["slide_bytes"]) / view_bytes, 3),
    }


VERB = Verb(
    name="compress",
    environment="slide",
    settings=CompressSettings,
    inputs=(
        Port(name="tiles", help="HDF5 of 'histopress tile'"),
        Port(name="features", help="HDF5 of 'histopress encode'"),
    ),
    outputs=(Port(name="compressed", help="HDF5: grid, tissue, distance map"),),
    wildcards=("slide-id", "encoder"),
    run=compress,
)
