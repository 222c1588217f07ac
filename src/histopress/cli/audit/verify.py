"""``histopress audit verify``: whether every byte still is what its record says."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from histopress.audit.findings import Finding, State
from histopress.audit.paint import GREEN, Paint
from histopress.cli.audit.kept import kept_records
from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    width,
)
from histopress.errors import ConfigError
from histopress.types import Progress

CLEAR = "\r\x1b[K"
"""Takes a progress bar off its line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "results",
        nargs="*",
        type=Path,
        metavar="RESULT",
        help="files or folders to check, with all that they come from; without any, all there is",
    )
    parser.add_argument("--all", action="store_true", help="check all there is, as without RESULT")
    parser.add_argument(
        "--pack",
        type=Path,
        metavar="FILE.zip",
        help="hold the files against the records of this pack, which was kept elsewhere",
    )
    parser.add_argument(
        "--counts",
        type=Path,
        metavar="PATH",
        help="also write to this file, as JSON, how many files are in which state",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is not as it was recorded, and how much is; 1 if anything is not."""
    if options.all and options.results:
        raise ConfigError("--all: checks everything; leave out the RESULTs, or leave out --all")
    with open_project(options) as project, kept_records(options.pack) as kept:
        found = findings(options, project, kept)
        counts = print_findings(found) if options.json else tell_findings(found, project)
    if options.counts is not None:
        write_counts(counts, options.counts)
    return FINDINGS if any(state.is_fault for state in counts) else FINE


def findings(options: argparse.Namespace, project: Project, kept: Path | None) -> Iterator[Finding]:
    """Check what was asked for, against the project's records or against kept ones."""
    from histopress.audit.history.graph import Graph
    from histopress.audit.history.verify import verify_all, verify_results
    from histopress.audit.records import read_records
    from histopress.audit.seal.pack import changes_since
    from histopress.cli.audit.asked import files_of

    if not options.results:
        found = verify_all(project.present, records=kept, progress=_progress())
        return chain(found, changes_since(kept, project.folder)) if kept else found
    paths = files_of(options.results, project.folder)
    graph = Graph(read_records(kept)) if kept else project.graph
    return verify_results(paths, project.present, graph, records=kept, progress=_progress())


def tell_findings(found: Iterator[Finding], project: Project) -> Counter[State]:
    """Write faults as they come, then counts and what to do."""
    from histopress.audit.history.listing import render_finding
    from histopress.audit.history.remedies import Remedies

    counts: Counter[State] = Counter()
    repeated: Counter[tuple[State, str]] = Counter()
    remedies = Remedies(project.registry.made)
    for each in found:
        remedies.add(each)
        if each.state is not State.VERIFIED:
            repeated[each.state, each.path] += 1
            if repeated[each.state, each.path] > 1:
                continue
            _clear()
            print(render_finding(each, colour=colour(), width=width()), flush=True)
        counts[each.state] += 1
    _clear()
    for (state, path), number in repeated.items():
        if number > 1:
            more = Finding(state=state, path=path, detail=f"the same {number - 1} times more")
            print(render_finding(more, colour=colour(), width=width()))
    if repeated:
        print()
    print(_summary(counts))
    for line in remedies.lines(width()):
        print(line)
    return counts


def _summary(counts: Counter[State]) -> str:
    from histopress.audit.history.listing import render_counts

    if any(state is not State.VERIFIED for state in counts):
        return render_counts(counts, colour=colour())
    number = counts[State.VERIFIED]
    if not number:
        return "nothing is recorded, and nothing is there"
    return Paint(colour())(f"{number} files verified: every byte is as it was recorded", GREEN)


def print_findings(found: Iterator[Finding]) -> Counter[State]:
    """Write one JSON object, its findings one by one as they come, however many there are."""
    from histopress.audit.history.plain import finding_values
    from histopress.store import canonical_json

    counts: Counter[State] = Counter()
    print('{"findings": [', end="")
    for each in found:
        print(",\n" if counts else "\n", canonical_json(finding_values(each)), end="", sep="")
        counts[each.state] += 1
    totals = json.dumps({str(state): number for state, number in sorted(counts.items())})
    print(f'\n], "counts": {totals}}}')
    return counts


def write_counts(counts: Counter[State], path: Path) -> None:
    """Write how many files are in which state, each state with a number."""
    from histopress.store import atomic, write_json

    with atomic(path) as temporary:
        write_json(temporary, {str(state): counts[state] for state in State})


def _progress() -> Progress | None:
    """Show a bar where somebody watches; a log needs none."""
    if not sys.stderr.isatty():
        return None
    from histopress.cli.progress import progress_bar

    return progress_bar("verify")


def _clear() -> None:
    if sys.stderr.isatty():
        print(CLEAR, end="", file=sys.stderr, flush=True)
