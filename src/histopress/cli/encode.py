"""``histopress encode``: each kept tile read once and embedded."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import numpy as np

from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.cli.slide import SlideDigest, read_slide
from histopress.config import OnBadSlide
from histopress.types import settings


@settings
class EncodeSettings:
    """What decides the embeddings of one slide."""

    views: Literal[1, 8] = 1
    on_bad_slide: OnBadSlide = "fail"
    sha256: SlideDigest = None


def encode(job: Job) -> None:
    """Embed one slide's tiles."""
    from histopress.encoder.card import read_card
    from histopress.encoder.features import FeaturesHeader, write_features
    from histopress.errors import SlideFault
    from histopress.slide.tiles import read_tiles

    tiles = read_tiles(job.input("tiles"))
    card = read_card(job.input("card"))
    views = tuple(range(job.settings.views))
    header: dict[str, Any] = {
        "slide_id": tiles.slide_id,
        "channels": card.channels,
        "views": views,
        "coords": tiles.coords,
        "reason": tiles.reason,
        "attributes": {"encoder": job.wildcard("encoder"), "weights_sha256": card.weights_sha256},
    }
    if tiles.excluded:
        write_features(job.output("features"), FeaturesHeader(**header), ())
        job.facts.update(status="excluded", reason=tiles.reason, tiles=0)
        return
    try:
        _embed(job, tiles, card, header)
        job.facts.update(status="ok", tiles=len(tiles.coords))
    except SlideFault as fault:
        if job.settings.on_bad_slide == "fail":
            raise
        header |= {"coords": np.zeros((0, 2), np.int64), "reason": str(fault)}
        write_features(job.output("features"), FeaturesHeader(**header), ())
        job.facts.update(status="excluded", reason=str(fault), tiles=0)


def _embed(job: Job, tiles: Any, card: Any, header: dict[str, Any]) -> None:
    from histopress.encoder.card import load_network
    from histopress.encoder.encode import BATCH, EncodeTask, encode_tiles
    from histopress.encoder.features import FeaturesHeader, write_features
    from histopress.encoder.fitting import fit_tiles
    from histopress.errors import SlideMissing
    from histopress.slide.files import slide_files
    from histopress.slide.reader import TileReader

    if not job.has("slide"):
        raise SlideMissing(f"slide '{tiles.slide_id}': tiled before, but its file is gone")
    geometry = tiles.geometry
    slide = job.request.paths["slide"]
    files = slide_files(slide)
    read_slide(job, slide, files)
    weights = job.input("weights")
    fix_numerics(job, batch=BATCH)
    fitting = fit_tiles(
        card,
        tile_px=geometry.tile_px,
        spacing_um=geometry.read_um,
        encoder=job.wildcard("encoder"),
    )
    task = EncodeTask(
        coords=tiles.coords,
        open_reader=partial(TileReader, slide, geometry, memory=job.request.memory),
        build_network=partial(load_network, card, weights),
        fitting=fitting,
        views=header["views"],
    )
    header["attributes"] |= {
        "slide_bytes": sum(file.stat().st_size for file in files),
        "spacing_um": geometry.read_um,
        "seen_spacing_um": fitting.spacing_um,
        "seen_px": fitting.input_px,
    }
    header["patch"] = _patch_attributes(geometry, tiles.slide_id)
    batches: Iterator[Any] = encode_tiles(
        task, threads=job.threads, progress=job.progress(f"encode {tiles.slide_id}")
    )
    write_features(job.output("features"), FeaturesHeader(**header), batches)


def _patch_attributes(geometry: Any, slide_id: str) -> dict[str, Any]:
    """Geometry under the names that readers of TRIDENT and CLAM files expect."""
    return {
        "patch_size": geometry.tile_px,
        "patch_size_level0": round(geometry.tile_px0),
        "level0_magnification": 10 / geometry.spacing_um,
        "target_magnification": 10 / geometry.read_um,
        "overlap": geometry.tile_px - geometry.stride_px,
        "level0_width": geometry.width,
        "level0_height": geometry.height,
        "name": slide_id,
    }


VERB = Verb(
    name="encode",
    environment="learn",
    settings=EncodeSettings,
    inputs=(
        Port(name="slide", help="the slide file", optional=True),
        Port(name="tiles", help="HDF5 of 'histopress tile'"),
        Port(name="card", help="the encoder's card.json"),
        Port(name="weights", help="the encoder's weights.safetensors"),
    ),
    outputs=(Port(name="features", help="HDF5: an embedding a tile and view"),),
    guards=("sha256",),
    wildcards=("slide-id", "encoder"),
    run=encode,
)
