"""``histopress split import``: begin a split with the folds of another tool."""

import argparse
from pathlib import Path

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.split import SplitSettings
from histopress.cli.split_study import add_study_options, find_split, run_on_split


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
    from histopress.errors import StoreError

    split = find_split(options)
    if split.path.exists():
        raise StoreError(f"{split.path}: there is a split already; remove it to begin another")
    facts = run_on_split(VERB, split, paths={"table": options.table}, record=split.path.stem)
    print(
        f"{split.path}: {facts['imported']} slides as {options.table} has them, "
        f"{facts['added']} added"
    )
    if facts["unknown"]:
        print(f"{facts['unknown']} names are no labelled slide, such as '{facts['example']}'")
    if not facts["same"]:
        print("the table validates with other slides than the rotation does: with the next fold")
    return 0


def import_split(job: Job) -> None:
    """Begin a split with the folds of a table."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cohort.splitting.files import read_divisions, split_files
    from histopress.cohort.splitting.imports import import_folds
    from histopress.cohort.splitting.protocols import split_key
    from histopress.cohort.splitting.splits import write_split

    chosen, name = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, name, chosen.target)
    table = job.request.paths["table"]
    job.reads("table", table, split_files(table))
    found = import_folds(
        read_divisions(table),
        manifest,
        labels,
        settings=chosen.protocol,
        key=split_key(chosen.seed, name),
        where=str(table),
    )
    write_split(job.output("split"), found.rows)
    job.facts.update(
        imported=found.imported,
        added=found.added,
        unknown=len(found.unknown),
        example=found.unknown[0] if found.unknown else None,
        same=found.same,
    )


VERB = Verb(
    name="split import",
    environment="slide",
    settings=SplitSettings,
    inputs=(*COHORT_PORTS, Port(name="table", help="folds of another tool")),
    outputs=(Port(name="split", help="CSV: slide, repeat, group, fold, stratum, version"),),
    wildcards=("target",),
    run=import_split,
)
