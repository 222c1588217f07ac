"""``histopress audit trace``: from a file's bytes to all that they come from."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    print_json,
    width,
)

if TYPE_CHECKING:
    from histopress.audit.history.trace import Trace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "result",
        type=Path,
        metavar="RESULT",
        help="any file, a renamed copy too: its bytes tell where it is from",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print the history of one file; 1 if it is not whole."""
    from histopress.audit.history.plain import trace_values
    from histopress.cli.audit.asked import follow

    with open_project(options) as project:
        found = follow(project, options.result)
        if options.json:
            print_json(trace_values(found))
        else:
            print(_told(found, project), end="")
    return FINE if found.is_whole else FINDINGS


def _told(found: "Trace", project: Project) -> str:
    from histopress.audit.history.checks import trace_faults
    from histopress.audit.history.remedies import Remedies
    from histopress.audit.history.tree import render_trace
    from histopress.cli.audit.chosen import chosen_settings

    remedies = Remedies(project.registry.made)
    for fault in trace_faults(found):
        remedies.add(fault)
    tree = render_trace(found, colour=colour(), width=width(), chosen=chosen_settings)
    return tree + "".join(f"{line}\n" for line in remedies.lines(width()))
