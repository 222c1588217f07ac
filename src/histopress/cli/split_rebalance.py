"""``histopress split rebalance``: everybody assigned anew, as a new version."""

import argparse

from histopress.cli.split_study import add_study_options, find_split


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
    from histopress.cohort.splitting.splits import split_version, write_split
    from histopress.errors import StoreError
    from histopress.store import atomic

    split = find_split(options)
    rows = split.rows()
    old = split.path.with_suffix(f".v{split_version(rows)}.csv")
    if old.exists():
        raise StoreError(f"{old}: is there already and would be overwritten; move it away")
    protocol = split.study.config.protocol
    found = rebalance_split(
        split.study.manifest,
        split.labels,
        rows,
        settings=protocol,
        key=split.key,
        table=table_of(protocol),
    )
    moves = f"{found.moved} of {found.patients} patients move"
    if options.dry_run:
        print(f"{split.path}: {moves}, and all models of it would train anew; nothing was written")
        return 0
    with atomic(old) as temporary:
        temporary.write_bytes(split.path.read_bytes())
    with atomic(split.path) as temporary:
        write_split(temporary, found.rows)
    print(
        f"{split.path}: version {split_version(found.rows)}; {moves}, and all models of it train "
        f"anew at the next run; the old version is kept as {old}"
    )
    return 0
