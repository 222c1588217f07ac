"""``histopress split rebalance``: everybody assigned anew, as a new version."""

import argparse

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.split import SplitSettings
from histopress.cli.split_study import add_study_options, find_split, run_on_split


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_study_options(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="only say how many patients would move"
    )


def run(options: argparse.Namespace) -> int:
    """Write the new version, and keep the old one beside it."""
    from histopress.cohort.splitting.protocols import table_of
    from histopress.cohort.splitting.rebalance import rebalance_split
    from histopress.cohort.splitting.splits import split_version
    from histopress.errors import StoreError

    split = find_split(options)
    rows = split.rows()
    old = split.path.with_suffix(f".v{split_version(rows)}.csv")
    if old.exists():
        raise StoreError(f"{old}: is there already and would be overwritten; move it away")
    if options.dry_run:
        protocol = split.study.config.protocol
        found = rebalance_split(
            split.study.manifest,
            split.labels,
            rows,
            settings=protocol,
            key=split.key,
            table=table_of(protocol),
        )
        print(
            f"{split.path}: {found.moved} of {found.patients} patients move, and all models of it "
            "would train anew; nothing was written"
        )
        return 0
    facts = run_on_split(VERB, split, paths={"kept": old}, record=old.stem)
    print(
        f"{split.path}: version {facts['version']}; {facts['moved']} of {facts['patients']} "
        "patients move, and all models of it train anew at the next run; the old version is kept "
        f"as {old}"
    )
    return 0


def rebalance(job: Job) -> None:
    """Assign everybody anew."""
    from histopress.cli.cohort import load_labels, load_manifest, load_table
    from histopress.cohort.splitting.protocols import split_key
    from histopress.cohort.splitting.rebalance import rebalance_split
    from histopress.cohort.splitting.splits import read_split, split_version, write_split

    chosen, name = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, name, chosen.target)
    former = job.reads("former split", job.request.paths["split"])
    found = rebalance_split(
        manifest,
        labels,
        read_split(former),
        settings=chosen.protocol,
        key=split_key(chosen.seed, name),
        table=load_table(job),
    )
    job.output("kept").write_bytes(former.read_bytes())
    write_split(job.output("split"), found.rows)
    job.facts.update(version=split_version(found.rows), moved=found.moved, patients=found.patients)


VERB = Verb(
    name="split rebalance",
    environment="slide",
    settings=SplitSettings,
    inputs=COHORT_PORTS,
    outputs=(
        Port(name="split", help="CSV: the new version"),
        Port(name="kept", help="CSV: the old version"),
    ),
    wildcards=("target",),
    run=rebalance,
)
