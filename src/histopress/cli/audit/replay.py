"""``histopress audit replay``: a result made anew from its record, and compared.

Exit code 0: every output reaches ``tolerance`` or better. 1: an output reaches ``metric`` only, or
differs, or was changed since, or it was another recipe that ran. 2: the replay could not be made.
"""

import argparse
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.audit.paint import printable
from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    print_json,
)
from histopress.cli.audit.workshop import Workshop, open_workshop
from histopress.errors import ConfigError, HistopressError, StoreError

if TYPE_CHECKING:
    from histopress.audit.replay.outcome import Outcome

FAULT = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "result", type=Path, nargs="?", metavar="RESULT", help="any file that a job made"
    )
    parser.add_argument(
        "--deep", action="store_true", help="rebuild an input first that is absent or changed"
    )
    parser.add_argument(
        "--from-sources",
        action="store_true",
        help="rebuild all inputs first, down to slides and tables, whatever is there",
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="replay N random results in place of a named one"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="which ones; told if left out")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="leave what was rebuilt in a new folder"
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Replay, print, and write down what came of it."""
    if (options.result is None) == (options.sample is None):
        raise ConfigError("replay: give either RESULT or --sample N")
    if options.seed is None:
        options.seed = secrets.randbelow(1 << 31)
    told = []
    with open_project(options) as project, open_workshop(project, keep=options.keep) as workshop:
        for number, place in enumerate(_places(project, options)):
            folder = workshop.folder / f"{number:04}"
            told.append(_told(project, options, workshop, place=place, folder=folder))
    if options.json:
        alone = options.sample is None
        print_json(told[0] if alone else {"seed": options.seed, "replays": told})
    elif options.sample is not None:
        print(_summed(told, options.seed))
    return max(_status(each) for each in told)


def _told(
    project: Project, options: argparse.Namespace, workshop: Workshop, *, place: str, folder: Path
) -> dict[str, Any]:
    """Replay one job; what came of it as plain values, printed as lines if asked for."""
    from histopress.audit.replay.outcome import outcome_values, write_outcome

    try:
        found = _replay(options, workshop, place=place, folder=folder)
    except HistopressError as error:
        if options.sample is None:
            raise
        _say(options, [printable(f"{place}: not replayed: {error}"), ""])
        return {"record": place, "fault": str(error)}
    values = outcome_values(found)
    written = write_outcome(project.folder, values).relative_to(project.folder).as_posix()
    _say(options, [*_lines(found), f"  written to {written}", ""])
    return {**values, "written": written, "fine": found.is_fine}


def _replay(
    options: argparse.Namespace, workshop: Workshop, *, place: str, folder: Path
) -> "Outcome":
    from histopress.audit.replay.replay import Replayer
    from histopress.cli.progress import progress_bar

    replayer = Replayer(
        supplies=workshop.supplies,
        code_of=workshop.checkouts.code_of,
        folder=folder,
        deep=options.deep,
        from_sources=options.from_sources,
    )
    several = options.deep or options.from_sources
    try:
        return replayer.replay(place, progress=progress_bar("replay") if several else None)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _places(project: Project, options: argparse.Namespace) -> Iterator[str]:
    """Give the records whose jobs are to be replayed."""
    from histopress.cli.progress import progress_bar
    from histopress.seeds import generator

    if options.sample is None:
        yield place_of(project, options.result)
        return
    graph = project.graph
    known = [place for number, place in enumerate(graph.places) if not graph.is_faulty(number)]
    if options.sample < 1 or not known:
        raise ConfigError(f"--sample={options.sample}: give 1 to {len(known)} results")
    count = min(options.sample, len(known))
    progress = progress_bar("replay")
    chosen = generator(options.seed, "replay").choice(len(known), size=count, replace=False)
    for number, index in enumerate(chosen):
        progress(number, count)
        yield known[int(index)]
    progress(count, count)


def place_of(project: Project, path: Path) -> str:
    """Find the record of the job that made a file, also of one that was changed or is gone.

    Raises
    ------
    StoreError
        No job made it.
    """
    from histopress.audit.history.trace import project_name
    from histopress.audit.record import FileEntry
    from histopress.cli.audit.asked import digest_of

    name, graph = project_name(path, project.folder), project.graph
    if graph.number(name) is not None:
        return name
    writers = graph.writers(name)
    if writers and not (project.folder / path).is_file():
        return graph.places[writers[-1]]
    digest = digest_of(project, path)
    number = graph.maker(digest, name)
    if number is not None:
        return graph.places[number]
    if writers:
        return graph.places[writers[-1]]
    asked = FileEntry(role="result", path=name, sha256=digest, bytes=0)
    origin = project.registry.origin(asked)
    if origin is not None:
        raise StoreError(f"{path}: is a source ({origin}); no job made it, so none can be replayed")
    raise StoreError(f"{path}: no record made it; 'histopress audit verify {path}' says more")


def _lines(found: "Outcome") -> list[str]:
    from histopress.audit.replay.outcome_lines import level_line, outcome_lines

    lines = list(outcome_lines(found, colour=colour()))
    if found.is_another:
        return [*lines, "  it was another recipe that ran: its level shows nothing"]
    return [*lines, f"  {level_line(found.level, colour=colour())}"]


def _status(told: dict[str, Any]) -> int:
    if "fault" in told:
        return FAULT
    return FINE if told["fine"] else FINDINGS


def _summed(told: Sequence[dict[str, Any]], seed: int) -> str:
    counts = Counter(each.get("level", "not replayed") for each in told)
    reached = ", ".join(f"{count} {word}" for word, count in counts.items())
    return f"{len(told)} jobs replayed (seed {seed}): {reached}"


def _say(options: argparse.Namespace, lines: list[str]) -> None:
    if not options.json:
        print("\n".join(lines), flush=True)
