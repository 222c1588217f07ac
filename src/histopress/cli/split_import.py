"""``histopress split import``: begin a split with the folds of another tool."""

import argparse
from pathlib import Path

from histopress.cli.split_study import add_study_options, find_split


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_study_options(parser)
    parser.add_argument(
        "table",
        type=Path,
        metavar="PATH",
        help="a folder of CLAM's splits_0.csv, splits_1.csv, ..., or Patho-Bench's k=all.tsv",
    )


def run(options: argparse.Namespace) -> int:
    """Write the folds as the target's split, if there is none yet."""
    from histopress.cohort.splitting.files import read_divisions
    from histopress.cohort.splitting.imports import import_folds
    from histopress.cohort.splitting.splits import write_split
    from histopress.errors import StoreError
    from histopress.store import atomic

    split = find_split(options)
    if split.path.exists():
        raise StoreError(f"{split.path}: there is a split already; remove it to begin another")
    found = import_folds(
        read_divisions(options.table),
        split.study.manifest,
        split.labels,
        settings=split.study.config.protocol,
        key=split.key,
        where=str(options.table),
    )
    with atomic(split.path) as temporary:
        write_split(temporary, found.rows)
    print(f"{split.path}: {found.imported} slides as {options.table} has them, {found.added} added")
    if found.unknown:
        print(f"{len(found.unknown)} names are no labelled slide, such as '{found.unknown[0]}'")
    if not found.same:
        print("the table validates with other slides than the rotation does: with the next fold")
    return 0
