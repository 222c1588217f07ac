"""``histopress simulate slide``: one phantom slide of the cohort."""

from dataclasses import field

from histopress.cli.job import Job, Port, Verb
from histopress.config import Seed
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.types import settings


@settings
class SlideSettings:
    """What decides the slide's pixels."""

    seed: Seed = 1
    slides: PhantomSettings = field(default_factory=PhantomSettings)


def simulate_slide(job: Job) -> None:
    """Draw the slide and write what is true of it."""
    from histopress.errors import ConfigError
    from histopress.simulate.phantom import draw_slide
    from histopress.simulate.phantom_slides import draw_cohort
    from histopress.simulate.truth_files import TruthFiles
    from histopress.store import write_json

    chosen, slide_id = job.settings, job.wildcard("slide-id")
    cohort = {slide.slide_id: slide for slide in draw_cohort(chosen.slides, seed=chosen.seed)}
    if slide_id not in cohort:
        raise ConfigError(
            f"slide '{slide_id}': is not in the phantom cohort of "
            f"{chosen.slides.n_patients} patients; raise n_patients"
        )
    names = ("classes", "nuclei", "regions")
    truth = draw_slide(
        job.output("slide"),
        cohort[slide_id],
        settings=chosen.slides,
        seed=chosen.seed,
        threads=job.threads,
        beside=TruthFiles(**{name: job.output(name) for name in names if job.has(name)}),
    )
    write_json(job.output("truth"), truth.as_json())


VERB = Verb(
    name="simulate slide",
    environment="slide",
    settings=SlideSettings,
    outputs=(
        Port(name="slide", help="pyramidal TIFF"),
        Port(name="truth", help="JSON: what is drawn, and how much of it"),
        Port(name="classes", help="PNG: the class map, a pixel a cell", optional=True),
        Port(name="nuclei", help="HDF5: place and kind of every nucleus", optional=True),
        Port(name="regions", help="GeoJSON: outlines of all regions", optional=True),
    ),
    wildcards=("slide-id",),
    run=simulate_slide,
)
