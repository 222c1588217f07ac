"""``histopress audit stale``: which results would come out otherwise today, and why."""

import argparse

from histopress.audit.paint import printable
from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    add_common,
    colour,
    open_project,
    print_json,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is stale, why, and how long a rerun takes."""
    from histopress.audit.recipes.acceptance import read_acceptances
    from histopress.audit.recipes.lines import stale_json, stale_lines
    from histopress.cli.audit.judging import judge

    with open_project(options) as project:
        known = read_acceptances(project.folder)
        found = judge(project, accepted=known.covers)
    if options.json:
        print_json(stale_json(found) | {"faults": dict(known.faults)})
    else:
        print("\n".join(stale_lines(found, colour=colour())))
        for path, fault in known.faults.items():
            print(printable(f"not believed: {path}: {fault}"))
    return FINDINGS if found.of("stale") else FINE
