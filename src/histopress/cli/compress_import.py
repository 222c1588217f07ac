"""``histopress compress import``: embeddings of another tool laid on the slide's grid."""

from typing import Annotated, Any

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.config import OnBadSlide
from histopress.encoder.features_settings import FeaturesSettings
from histopress.types import settings


@settings
class CompressImportSettings:
    """How another tool's file is read; ``encoder.path`` is not, the option names the file."""

    encoder: FeaturesSettings
    spacing_um: Annotated[
        float | None, Field(gt=0, description="µm per level-0 px, where the manifest says it.")
    ] = None
    on_bad_slide: OnBadSlide = "fail"


def compress_import(job: Job) -> None:
    """Make one slide's grid and distance map of another tool's file."""
    import numpy as np

    from histopress.compress.slide import CompressedSlide, write_compressed
    from histopress.errors import SlideFault

    try:
        slide = _lay(job)
    except SlideFault as fault:
        if job.settings.on_bad_slide == "fail":
            raise
        slide = CompressedSlide(
            slide_id=job.wildcard("slide-id"),
            grid=np.zeros((1, 1, 0, 0), np.float16),
            tissue=np.zeros((0, 0), np.float32),
            distance=np.zeros((0, 0), np.float32),
            reason=str(fault),
            attributes={"encoder": job.wildcard("encoder")},
        )
        job.facts["reason"] = slide.reason
    write_compressed(job.output("compressed"), slide)
    job.facts.update(status="excluded" if slide.excluded else "ok", shape=list(slide.grid.shape))
    told = ("convention", "stride", "unit", "patches", "patches_left_out", "moved_most")
    job.facts.update({key: slide.attributes[key] for key in told if key in slide.attributes})


def _lay(job: Job) -> Any:
    from dataclasses import replace

    from histopress.compress.neighbours.lay import Laying, lay_foreign
    from histopress.compress.neighbours.recognise import read_foreign
    from histopress.errors import SlideFault
    from histopress.store import file_digest

    chosen: FeaturesSettings = job.settings.encoder
    slide_id = job.wildcard("slide-id")
    if not job.has("features"):
        raise SlideFault(f"slide '{slide_id}': there is no features file")
    path = job.input("features")
    foreign = read_foreign(
        path,
        slide_id,
        convention=None if chosen.convention == "auto" else chosen.convention,
        dataset=chosen.dataset,
        transpose=chosen.transpose,
    )
    if job.settings.spacing_um is not None:
        foreign = replace(foreign, spacing0_um=job.settings.spacing_um)
    laying = Laying(stride=chosen.stride, tolerance=chosen.tolerance, scale=chosen.scale)
    slide = lay_foreign(foreign, laying)
    named = {"encoder": job.wildcard("encoder"), "source_sha256": file_digest(path)}
    return replace(slide, attributes={**slide.attributes, **named})


VERB = Verb(
    name="compress import",
    environment="slide",
    settings=CompressImportSettings,
    inputs=(
        Port(
            name="features",
            help="file of CLAM, TRIDENT, AtlasPatch or STAMP (HDF5), or NIC's grid (.npy)",
            optional=True,
        ),
    ),
    outputs=(Port(name="compressed", help="HDF5: grid, tissue, distance map"),),
    wildcards=("slide-id", "encoder"),
    run=compress_import,
)
