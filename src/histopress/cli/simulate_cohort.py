"""``histopress simulate cohort``: a configuration's phantom cohort, compressed in one process.

The workflow starts a process a job, which costs seconds; two hundred small slides would spend
most of an hour on that. Here the same verbs run one after the other, with the same settings,
files and records, so that the workflow finds them done and goes on from there. It remembers
nothing of jobs that it did not run: after a change of settings or code, call this verb again.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from histopress.cli.progress import progress_bar
from histopress.study import names

if TYPE_CHECKING:
    from histopress.cli.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of a verb: its name, the job's wildcards, its files."""

    verb: str
    wildcards: Mapping[str, str]
    paths: Mapping[str, str]

    @property
    def record(self) -> Path:
        """Where the workflow puts the record."""
        parts = [self.verb.replace(" ", "_"), *(self.wildcards[key] for key in self.wildcards)]
        return Path(names.RECORD, *parts[:-1], f"{parts[-1]}.json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument(
        "--survival",
        metavar="JSON",
        help="write the manifest first, with tumour fraction, survival, age and grade: see "
        "SurvivalSettings ({} takes the defaults); or a file of it",
    )


def run(options: argparse.Namespace) -> int:
    """Draw, tile, encode and compress all slides; what was there before is made anew."""
    from histopress.cli.runner import set_threads
    from histopress.study import read_values

    set_threads(1)
    values = read_values(options.config)
    plan = load_plan(values, options.survival)
    slides = plan.study.slide_ids
    for step in encoder_steps(plan):
        perform(step, plan)
    progress = progress_bar("compress slides")
    for done, slide in enumerate(slides, start=1):
        for step in slide_steps(plan, slide):
            perform(step, plan)
        progress(done, len(slides))
    print(f"{plan.study.config.manifest}: {len(slides)} slides drawn and compressed")
    return 0


def load_plan(values: Mapping[str, object], survival: str | None) -> "Plan":
    """Check the study, after writing its manifest where survival is asked for.

    Raises
    ------
    ConfigError
        The study draws no phantom slides, or has an encoder that cannot be had at once.
    """
    from histopress.cli.plan import Plan
    from histopress.config import load_config
    from histopress.encoder.settings import MeanRgbSettings
    from histopress.errors import ConfigError

    config = load_config(values)
    if config.phantom is None or config.manifest is None:
        raise ConfigError(
            "config: phantom, manifest: one is missing; 'simulate cohort' draws the slides of a "
            "phantom cohort and needs both"
        )
    for name, encoder in config.encoders.items():
        card = Path(names.ENCODER.format(encoder=name), "card.json")
        if not isinstance(encoder, MeanRgbSettings) and not card.exists():
            raise ConfigError(
                f"config: encoders.{name}: is not there yet ({card}); let the workflow make it "
                f"first: snakemake {card}"
            )
    if survival is not None:
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
                verb="encoder define", wildcards={"encoder": name}, paths=_encoder_files(name)
            )


def slide_steps(plan: "Plan", slide: str) -> Iterator[Step]:
    """Draw a slide, tile it on every grid in use, encode and compress it by every encoder."""
    row = plan.study.manifest[slide]
    if plan.study.is_drawn(row):
        truth = str(Path(row.path).with_suffix(".truth.json"))
        paths = {"slide": row.path, "truth": truth}
        yield Step(verb="simulate slide", wildcards={"slide": slide}, paths=paths)
    encoders = plan.study.config.encoders
    for grid in dict.fromkeys(plan.grid(encoder) for encoder in encoders):
        places = {"grid": grid, "slide": slide}
        paths = {"slide": row.path, "tiles": names.TILES.format(**places)}
        paths["overlay"] = names.OVERLAY.format(**places)
        yield Step(verb="tile", wildcards=places, paths=paths)
    for encoder in encoders:
        places = {"encoder": encoder, "slide": slide}
        tiles = names.TILES.format(grid=plan.grid(encoder), slide=slide)
        features = names.FEATURES.format(**places)
        paths = {"slide": row.path, "tiles": tiles, "features": features}
        yield Step(verb="encode", wildcards=places, paths=paths | _encoder_files(encoder))
        compressed = names.COMPRESSED.format(**places)
        paths = {"tiles": tiles, "features": features, "compressed": compressed}
        yield Step(verb="compress", wildcards=places, paths=paths)


def perform(step: Step, plan: "Plan") -> None:
    """Run one verb as the workflow would."""
    import importlib

    from histopress.cli.job import Request
    from histopress.cli.main import JOBS
    from histopress.cli.runner import execute
    from histopress.cli.settings import read_settings

    verb = importlib.import_module(f"histopress.cli.{JOBS[step.verb][0]}").VERB
    chosen = plan.settings(step.verb, SimpleNamespace(**step.wildcards))
    given = {"slide-id": step.wildcards.get("slide", ""), **step.wildcards}
    execute(
        Request(
            verb=verb,
            settings=read_settings(verb.settings, chosen, verb=step.verb),
            paths={port: Path(path) for port, path in step.paths.items()},
            wildcards={name: given[name] for name in verb.wildcards},
            record=step.record,
            code=plan.code(step.verb),
        )
    )


def _encoder_files(encoder: str) -> dict[str, str]:
    folder = names.ENCODER.format(encoder=encoder)
    return {"card": f"{folder}/card.json", "weights": f"{folder}/weights.safetensors"}
