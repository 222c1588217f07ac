"""``histopress simulate cohort``: a simulated cohort, compressed in one process or a few.

The workflow starts a process a job, which costs seconds; two hundred small slides would spend
most of an hour on that. Here the same verbs run one after the other, with the same settings,
files and records, so that the workflow finds them done and goes on from there. Encoders that read
the same grid share one reading of each slide. It remembers nothing of jobs that it did not run:
after a change of settings or code, call this verb again; it makes anew what would come out
otherwise.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.in_process import Performer, Step, encoder_files, slide_steps
from histopress.cli.progress import progress_bar
from histopress.study import names

if TYPE_CHECKING:
    from histopress.cli.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument(
        "--survival",
        metavar="JSON",
        help="write the manifest first: in the design 'tumour' with SurvivalSettings, in 'growth' "
        "with GrowthSurvivalSettings ({} takes the defaults; or a file); not in 'node'",
    )


def run(options: argparse.Namespace) -> int:
    """Draw, tile, encode and compress all slides; what is there and still holds is left alone."""
    from histopress.cli.runner import set_threads
    from histopress.study import read_values

    set_threads(1)
    values = read_values(options.config)
    plan = load_plan(values, options.survival)
    slides = plan.study.slide_ids
    performer = Performer(plan)
    for step in encoder_steps(plan):
        performer.perform(step)
    progress = progress_bar("compress slides")
    for done, _ in enumerate(compress_slides(options.config, slides, options.jobs), start=1):
        progress(done, len(slides))
    print(f"{plan.study.config.manifest}: {len(slides)} slides drawn and compressed")
    return 0


def compress_slides(config: Path, slides: Sequence[str], jobs: int) -> Iterator[str]:
    """Give each slide's id when all its steps are done, by so many processes."""
    if jobs <= 1:
        _begin(config)
        yield from map(_compress, slides)
        return
    # A fresh interpreter each: threads of libraries do not survive a fork.
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(config,)
    ) as pool:
        for place in as_completed([pool.submit(_compress, slide) for slide in slides]):
            yield place.result()


_workers: dict[str, "tuple[Plan, Performer]"] = {}


def _begin(config: Path) -> None:
    """Load the study once a process."""
    from histopress.cli.plan import Plan
    from histopress.cli.runner import set_threads
    from histopress.slide.memory import TileMemory
    from histopress.study import read_values

    set_threads(1)
    plan = Plan.load(read_values(config), Path.cwd(), check_files=True)
    _workers["own"] = (plan, Performer(plan, TileMemory()))


def _compress(slide: str) -> str:
    plan, performer = _workers["own"]
    for step in slide_steps(plan, slide):
        performer.perform(step)
    return slide


def load_plan(values: Mapping[str, object], survival: str | None) -> "Plan":
    """Check the study, after writing its manifest where survival is asked for.

    Raises
    ------
    ConfigError
        The study has no slides, or an encoder that cannot be had at once.
    """
    from histopress.cli.plan import Plan
    from histopress.config import load_config
    from histopress.encoder.settings import MeanRgbSettings
    from histopress.errors import ConfigError

    config = load_config(values)
    if config.manifest is None or (survival is not None and config.phantom is None):
        raise ConfigError(
            "config: phantom, manifest: one is missing; 'simulate cohort' compresses the slides of "
            "a manifest, and writes it for the slides of a phantom cohort"
        )
    for name, encoder in config.encoders.items():
        card = Path(names.ENCODER.format(encoder=name), "card.json")
        if not isinstance(encoder, MeanRgbSettings) and not card.exists():
            raise ConfigError(
                f"config: encoders.{name}: is not there yet ({card}); let the workflow make it "
                f"first: snakemake {card}"
            )
    if survival is not None and config.phantom is not None:
        from histopress.cli.simulate_phantom import write_manifest

        write_manifest(
            Path(config.manifest),
            config.phantom.slides,
            seed=config.seed,
            survival=survival,
            folder=str(Path(names.PHANTOM).parent),
        )
    return Plan.load(values, Path.cwd(), check_files=True)


def encoder_steps(plan: "Plan") -> Iterator[Step]:
    """Define the encoders that need no weights."""
    from histopress.encoder.settings import MeanRgbSettings

    for name, encoder in plan.study.config.encoders.items():
        if isinstance(encoder, MeanRgbSettings):
            yield Step(
                verb="encoder define", wildcards={"encoder": name}, paths=encoder_files(name)
            )
