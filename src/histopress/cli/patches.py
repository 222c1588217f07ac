"""``histopress patches``: a task's patches, fitted to one encoder input and divided."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.config import Seed
from histopress.patches.settings import TaskSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.patches.source import Source


@settings
class PatchesSettings:
    """What decides the patches of a task and their parts."""

    seed: Seed = 1
    task: TaskSettings
    input_px: Annotated[int, Field(ge=8, le=1024, description="Side of what the encoder sees.")]
    input_spacing_um: Annotated[float, Field(gt=0, description="µm/px that the encoder sees.")]


def gather(job: Job) -> None:
    """Read, fit and divide the patches of one task."""
    import sys

    from histopress.cohort.people import load_key
    from histopress.patches.gather import gather_patches
    from histopress.patches.table import write_patches

    chosen, name = job.settings, job.wildcard("task")
    table = gather_patches(
        _open(job),
        chosen.task,
        name=name,
        input_px=chosen.input_px,
        input_spacing_um=chosen.input_spacing_um,
        seed=chosen.seed,
        key=load_key(),
        progress=job.progress(f"read {name}"),
    )
    write_patches(job.output("patches"), table)
    for warning in table.facts["warnings"]:
        print(f"task '{name}': {warning}", file=sys.stderr, flush=True)
    told = ("patches", "counts", "groups", "grouping", "near_duplicates", "dropped", "warnings")
    job.facts.update({key: table.facts[key] for key in told}, classes=list(table.classes))


def _open(job: Job) -> "Source":
    """Open the task's source; all its files enter the record."""
    from histopress.patches.opening import open_source, source_files
    from histopress.patches.settings import CohortSource

    chosen = job.settings
    if isinstance(chosen.task.source, CohortSource):
        return _open_cohort(job)
    source = open_source(
        chosen.task,
        name=job.wildcard("task"),
        root=job.project,
        input_px=chosen.input_px,
        input_spacing_um=chosen.input_spacing_um,
        seed=chosen.seed,
    )
    place, files = source_files(chosen.task, source, root=job.project)
    job.reads("source", place, files, hold=True)
    return source


def _open_cohort(job: Job) -> "Source":
    """Open the study's own slides by their tiles."""
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest
    from histopress.errors import ConfigError
    from histopress.patches.cohort_tiles import open_cohort
    from histopress.slide.files import slide_files
    from histopress.slide.tiles import read_tiles

    chosen = job.settings
    missing = [f"--{port}" for port in ("manifest", "tiles") if not job.has(port)]
    if missing:
        raise ConfigError(
            f"task '{job.wildcard('task')}': its source is the study's own slides; "
            f"give {' and '.join(missing)}"
        )
    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest, ordered=True)
    slides = []
    for row in manifest:
        tiles = job.reads("tiles", job.request.paths["tiles"] / f"{row.slide_id}.h5")
        slide = job.project / row.path
        if not read_tiles(tiles).excluded:
            job.reads("slide", slide, slide_files(slide), hold=True)
        slides.append((row.slide_id, row.patient_id, row.center or "", slide, tiles))
    return open_cohort(
        chosen.task.source,
        slides=slides,
        input_px=chosen.input_px,
        margin_px=chosen.task.margin_px,
        seed=chosen.seed,
    )


VERB = Verb(
    name="patches",
    environment="slide",
    settings=PatchesSettings,
    inputs=(
        Port(name="manifest", help="table of the slides, for source 'cohort'", optional=True),
        Port(name="tiles", help="folder of the slides' tiles, for source 'cohort'", optional=True),
    ),
    outputs=(Port(name="patches", help="HDF5 table of labelled patches"),),
    wildcards=("task", "input"),
    run=gather,
)
