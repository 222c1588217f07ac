"""``histopress simulate patches``: labelled patches of phantom patients outside the cohort."""

from dataclasses import field

from histopress.cli.job import Job, Port, Verb
from histopress.config import Seed
from histopress.patches.settings import PhantomPatchSettings
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.types import settings


@settings
class SimulatePatchesSettings:
    """What decides the patches."""

    seed: Seed = 1
    slides: PhantomSettings = field(default_factory=PhantomSettings)
    patches: PhantomPatchSettings = field(default_factory=PhantomPatchSettings)


def simulate_patches(job: Job) -> None:
    """Draw patches of each class of a task."""
    from histopress.patches.phantom import draw_patches
    from histopress.patches.table import write_patches

    chosen = job.settings
    table = draw_patches(chosen.slides, chosen.patches, name=job.wildcard("task"), seed=chosen.seed)
    write_patches(job.output("patches"), table)
    job.facts.update(
        patches=len(table.labels), classes=list(table.classes), note=table.facts["note"]
    )


VERB = Verb(
    name="simulate patches",
    environment="slide",
    settings=SimulatePatchesSettings,
    outputs=(Port(name="patches", help="HDF5 table of labelled patches"),),
    wildcards=("task",),
    run=simulate_patches,
)
