"""``histopress simulate phantom``: a whole phantom cohort, without the workflow."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.progress import progress_bar

if TYPE_CHECKING:
    from histopress.simulate.phantom_settings import PhantomSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--manifest", type=Path, required=True, metavar="CSV", help="to write")
    parser.add_argument(
        "--folder",
        default="data/phantom",
        metavar="DIR",
        help="of the slides, as the manifest says",
    )
    parser.add_argument("--settings", metavar="JSON", help="as under phantom.slides, or a file")
    parser.add_argument(
        "--survival",
        metavar="JSON",
        help="also tell tumour fraction, survival, age and grade: see SurvivalSettings ({} takes "
        "the defaults); or a file of it",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--manifest-only", action="store_true", help="leave drawing the slides to the workflow"
    )


def run(options: argparse.Namespace) -> int:
    """Write the manifest and, unless left to the workflow, the slides."""
    from histopress.cli.settings import read_settings
    from histopress.simulate.phantom import draw_cohort, draw_slide
    from histopress.simulate.phantom_settings import PhantomSettings
    from histopress.store import atomic, write_json

    settings = read_settings(PhantomSettings, options.settings, verb="simulate phantom")
    cohort = draw_cohort(settings, seed=options.seed)
    progress = progress_bar("draw slides")
    for done, slide in enumerate(() if options.manifest_only else cohort, start=1):
        place = Path(options.folder) / f"{slide.slide_id}.tif"
        with atomic(place) as temporary:
            truth = draw_slide(temporary, slide, settings=settings, seed=options.seed)
        with atomic(place.with_suffix(".truth.json")) as temporary:
            write_json(temporary, truth.as_json())
        progress(done, len(cohort))
    write_manifest(
        options.manifest,
        settings,
        seed=options.seed,
        survival=options.survival,
        folder=options.folder,
    )
    print(f"{options.manifest}: {len(cohort)} slides")
    return 0


def write_manifest(
    path: Path, settings: "PhantomSettings", *, seed: int, survival: str | None, folder: str
) -> None:
    """Write the table of slides, with their whole truth where ``survival`` (JSON) is given."""
    from histopress.cli.settings import read_settings
    from histopress.simulate.phantom import MANIFEST_COLUMNS, draw_cohort, manifest_rows
    from histopress.simulate.phantom_truth import COLUMNS, measure_fractions, truth_rows
    from histopress.simulate.settings import SurvivalSettings
    from histopress.store import atomic, write_csv

    cohort = draw_cohort(settings, seed=seed)
    rows, columns = manifest_rows(cohort, folder=folder), list(MANIFEST_COLUMNS)
    if survival is not None:
        law = read_settings(SurvivalSettings, survival, verb="simulate phantom")
        fractions = measure_fractions(cohort, settings=settings, seed=seed)
        columns = list(COLUMNS)
        rows = truth_rows(
            cohort, fractions, settings=settings, survival=law, seed=seed, folder=folder
        )
    with atomic(path) as temporary:
        write_csv(temporary, rows, columns)
