"""``histopress simulate collage``: a cohort of slides built from labelled real tiles."""

import argparse
from pathlib import Path

from histopress.cli.progress import progress_bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--tiles", type=Path, required=True, metavar="DIR", help="folder of tiles, a folder a class"
    )
    parser.add_argument("--manifest", type=Path, required=True, metavar="CSV", help="to write")
    parser.add_argument("--folder", default="data/collage", metavar="DIR", help="of the slides")
    parser.add_argument("--settings", metavar="JSON", help="see CollageSettings; or a file of it")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--exclude",
        type=Path,
        metavar="FILE",
        help="sha256 digests of tiles that an encoder was trained on, one a line; kept out",
    )


def run(options: argparse.Namespace) -> int:
    """Write slides, manifest and the table of tiles used."""
    from dataclasses import replace

    from histopress.cli.settings import read_settings
    from histopress.simulate.collage import (
        MANIFEST_COLUMNS,
        TILE_COLUMNS,
        manifest_rows,
        plan_collage,
        tile_rows,
        write_collage_slide,
    )
    from histopress.simulate.settings import CollageSettings
    from histopress.simulate.tiles import gather_tiles
    from histopress.store import atomic, file_digest, write_csv

    settings = read_settings(CollageSettings, options.settings, verb="simulate collage")
    if options.exclude:
        digests = tuple(options.exclude.read_text(encoding="utf-8").split())
        settings = replace(settings, exclude=(*settings.exclude, *digests))
    classes = (*settings.positive_classes, *settings.negative_classes)
    tiles = gather_tiles(
        options.tiles, classes, exclude=settings.exclude, duplicate_bits=settings.duplicate_bits
    )
    plan = plan_collage(tiles, settings, seed=options.seed)
    digests_by_slide = {}
    progress = progress_bar("write slides")
    for done, slide in enumerate(plan.slides, start=1):
        place = Path(options.folder) / f"{slide.slide_id}.tif"
        with atomic(place) as temporary:
            write_collage_slide(
                temporary, slide, folder=options.tiles, settings=settings, seed=options.seed
            )
        digests_by_slide[slide.slide_id] = file_digest(place)
        progress(done, len(plan.slides))
    rows = [
        {**row, "sha256": digests_by_slide[row["slide_id"]]}
        for row in manifest_rows(plan, folder=options.folder)
    ]
    with atomic(options.manifest) as temporary:
        write_csv(temporary, rows, (*MANIFEST_COLUMNS, "sha256"))
    with atomic(Path(options.folder) / "tiles.csv") as temporary:
        write_csv(temporary, tile_rows(plan), TILE_COLUMNS)
    used = sum(len(slide.placements) for slide in plan.slides)
    print(f"{options.manifest}: {len(plan.slides)} slides of {used} tiles out of {len(tiles)}")
    return 0
