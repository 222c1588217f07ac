"""``histopress simulate phantom``: a whole phantom cohort, without the workflow."""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.progress import progress_bar
from histopress.study import names

if TYPE_CHECKING:
    from histopress.simulate.phantom_settings import PhantomSettings

FOLDER = str(Path(names.PHANTOM).parent)
TRUTH = {"classes": ".classes.png", "nuclei": ".nuclei.h5", "regions": ".regions.geojson"}
"""Files beside a slide, by what they tell."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="YAML",
        help="of a study: its manifest, phantom.slides and seed are taken in place of the options",
    )
    parser.add_argument("--manifest", type=Path, metavar="CSV", help="to write")
    parser.add_argument(
        "--folder",
        metavar="DIR",
        help="of the slides, as the manifest says (default: data/phantom)",
    )
    parser.add_argument("--settings", metavar="JSON", help="as under phantom.slides, or a file")
    parser.add_argument(
        "--survival",
        metavar="JSON",
        help="design 'tumour': also tell tumour fraction, survival, age and grade, see "
        "SurvivalSettings ({} takes the defaults); design 'growth': see GrowthSurvivalSettings; or "
        "a file of it",
    )
    parser.add_argument(
        "--latents",
        type=Path,
        metavar="CSV",
        help="to write: the causes that no stage may read, in the designs 'growth' and 'node'",
    )
    parser.add_argument(
        "--oracle",
        type=Path,
        metavar="JSON",
        help="to write: the best scores that knowing these causes reaches",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the cohort; 1 without")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="blocks drawn at the same time"
    )
    parser.add_argument(
        "--manifest-only", action="store_true", help="leave drawing the slides to the workflow"
    )


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What is drawn, and where its manifest is written."""

    manifest: Path
    settings: "PhantomSettings"
    seed: int
    folder: str


def run(options: argparse.Namespace) -> int:
    """Write the manifest and, unless left to the workflow, the slides and what is true of them."""
    from histopress.cli.phantom_tables import make_tables, write_tables
    from histopress.simulate.phantom import draw_slide
    from histopress.simulate.phantom_slides import draw_cohort
    from histopress.simulate.truth_files import TruthFiles
    from histopress.store import atomic, write_json

    chosen = choose(options)
    settings, seed = chosen.settings, chosen.seed
    cohort = draw_cohort(settings, seed=seed)
    # Before the slides, so that a wrong option does not show after an hour.
    tables = make_tables(
        settings,
        seed=seed,
        survival=options.survival,
        folder=chosen.folder,
        latents=options.latents is not None,
        oracle=options.oracle is not None,
    )
    progress = progress_bar("draw slides")
    for done, slide in enumerate(() if options.manifest_only else cohort, start=1):
        place = Path(chosen.folder) / f"{slide.slide_id}.tif"
        with ExitStack() as stack:
            temporary, table, *beside = (
                stack.enter_context(atomic(place.with_suffix(suffix)))
                for suffix in (place.suffix, ".truth.json", *TRUTH.values())
            )
            truth = draw_slide(
                temporary,
                slide,
                settings=settings,
                seed=seed,
                threads=options.threads,
                beside=TruthFiles(**dict(zip(TRUTH, beside, strict=True))),
            )
            write_json(table, truth.as_json())
        progress(done, len(cohort))
    write_tables(tables, chosen.manifest, latents=options.latents, oracle=options.oracle)
    print(f"{chosen.manifest}: {len(cohort)} slides")
    return 0


def choose(options: argparse.Namespace) -> Chosen:
    """Take the cohort from the options, or from a study's configuration.

    Raises
    ------
    ConfigError
        No manifest is named, the configuration draws no slides, or both were given.
    """
    from histopress.cli.settings import read_settings
    from histopress.errors import ConfigError
    from histopress.simulate.phantom_settings import PhantomSettings

    if options.config is None:
        if options.manifest is None:
            raise ConfigError("--manifest: is missing; name the table to write, or give --config")
        settings = read_settings(PhantomSettings, options.settings, verb="simulate phantom")
        seed = 1 if options.seed is None else options.seed
        folder = FOLDER if options.folder is None else options.folder
        return Chosen(manifest=options.manifest, settings=settings, seed=seed, folder=folder)
    for name in ("manifest", "settings", "seed", "folder"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name}: is also in {options.config}; give one of the two")
    from histopress.config import load_config
    from histopress.study import read_values

    config = load_config(read_values(options.config))
    if config.phantom is None or config.manifest is None:
        raise ConfigError(
            f"{options.config}: phantom, manifest: one is missing; a phantom cohort needs both"
        )
    return Chosen(
        manifest=Path(config.manifest),
        settings=config.phantom.slides,
        seed=config.seed,
        folder=FOLDER,
    )


def write_manifest(
    path: Path, settings: "PhantomSettings", *, seed: int, survival: str | None, folder: str
) -> None:
    """Write the table of slides alone; see :func:`histopress.cli.phantom_tables.make_tables`."""
    from histopress.cli.phantom_tables import make_tables, write_tables

    write_tables(make_tables(settings, seed=seed, survival=survival, folder=folder), path)
