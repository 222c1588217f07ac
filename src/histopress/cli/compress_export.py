"""``histopress compress export``: one slide's embeddings as another tool keeps them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.types import settings


@settings
class CompressExportSettings:
    """Which tool is written for."""

    convention: Annotated[
        Literal["clam", "trident", "atlaspatch", "stamp", "nic"],
        Field(description="Whose layout is written."),
    ] = "trident"
    spacing_um: Annotated[
        float | None,
        Field(gt=0, description="µm per level-0 px, where neither file nor tiles say it."),
    ] = None


def compress_export(job: Job) -> None:
    """Write one slide's upright embeddings."""
    from histopress.compress.slide import read_compressed
    from histopress.errors import SlideFault

    slide = read_compressed(job.input("compressed"))
    if slide.excluded:
        raise SlideFault(
            f"slide '{slide.slide_id}': is excluded ({slide.reason}); there is nothing to write"
        )
    convention = job.settings.convention
    job.facts.update(convention=convention, patches=int(slide.kept.sum()))
    if convention == "nic":
        _write_grid(job, slide)
    else:
        _write_patches(job, slide)


def _write_grid(job: Job, slide: Any) -> None:
    from histopress.compress.neighbours.nic import write_nic, write_nic_distance

    job.facts["zero_cells"] = write_nic(job.output("exported"), slide)
    if "distance" in job.request.paths:
        write_nic_distance(job.output("distance"), slide)


def _write_patches(job: Job, slide: Any) -> None:
    from histopress.compress.neighbours.atlaspatch import write_atlaspatch
    from histopress.compress.neighbours.clam import write_clam
    from histopress.compress.neighbours.gather import gather
    from histopress.compress.neighbours.stamp import write_stamp
    from histopress.compress.neighbours.trident import write_trident
    from histopress.slide.tiles import read_tiles

    tiles = read_tiles(job.input("tiles")) if job.has("tiles") else None
    writers = {
        "clam": write_clam,
        "trident": write_trident,
        "atlaspatch": write_atlaspatch,
        "stamp": write_stamp,
    }
    features = gather(slide, tiles, spacing0_um=job.settings.spacing_um)
    writers[job.settings.convention](job.output("exported"), features)


VERB = Verb(
    name="compress export",
    environment="slide",
    settings=CompressExportSettings,
    inputs=(
        Port(name="compressed", help="HDF5 of 'histopress compress'"),
        Port(
            name="tiles",
            help="HDF5 of 'histopress tile', which says where the cells lie; not needed for "
            "embeddings that came from another tool",
            optional=True,
        ),
    ),
    outputs=(
        Port(name="exported", help="HDF5, or .npy for NIC"),
        Port(
            name="distance",
            help="NIC's distance map, which its code seeks as NAME_distance_map.npy",
            optional=True,
        ),
    ),
    wildcards=("slide-id",),
    run=compress_export,
    subject="compressed",
)
