"""``histopress audit diff``: why two results differ."""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from histopress.audit.paint import BOLD, DIM, Paint, printable, short
from histopress.audit.recipes.difference import job_name
from histopress.audit.records import FOLDER
from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    print_json,
)
from histopress.errors import StoreError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("a", type=Path, metavar="A", help="a result, or the record of a job")
    parser.add_argument("b", type=Path, metavar="B", help="another one, held against it")
    parser.add_argument(
        "--other", type=Path, metavar="FOLDER", help="project that B is of; else this one"
    )
    add_common(parser)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two: the file asked about, and the record of the job that made it."""

    path: str
    sha256: str | None
    place: str
    record: dict[str, Any]


def run(options: argparse.Namespace) -> int:
    """Print what differs, down to the sources; 1 if anything does."""
    from histopress.audit.recipes.difference import difference
    from histopress.audit.recipes.lines import difference_json, difference_lines
    from histopress.cli.audit.asked import maker_in

    with open_project(options) as project:
        other = _other(options, project)
        old, new = _side(project, options.a), _side(other, options.b)
        makers = [maker_in(each.folder, each.graph) for each in (project, other)]
        found = difference(old.record, new.record, old_maker=makers[0], new_maker=makers[1])
    differs = old.sha256 != new.sha256 or bool(found.causes or found.consequences)
    if options.json:
        sides = {"a": _plain(old), "b": _plain(new)}
        print_json({**sides, "differs": differs, **difference_json(found)})
    else:
        reason = _reason(old, new)
        body = map(printable, [reason] if reason else difference_lines(found))
        print("\n".join([*_heads(old, new), *map(_painted, body)]))
    return FINDINGS if differs else FINE


def _other(options: argparse.Namespace, project: Project) -> Project:
    if options.other is None:
        return project
    folder = Path(os.path.abspath(options.other))  # noqa: PTH100
    if not (folder / FOLDER).is_dir():
        raise StoreError(
            f"--other: {options.other} holds no {FOLDER}; give the folder of a project that has run"
        )
    return Project(folder, {}, project.digests)


def _side(project: Project, path: Path) -> Side:
    from histopress.audit.history.trace import project_name
    from histopress.cli.audit.asked import digest_of, load_record, record_of

    place = record_of(project, path)
    name = project_name(path, project.folder)
    return Side(
        path=name,
        sha256=None if name == place else digest_of(project, path),
        place=place,
        record=load_record(project.folder, place),
    )


def _plain(side: Side) -> dict[str, Any]:
    return {"path": side.path, "sha256": side.sha256, "record": side.place}


def _heads(old: Side, new: Side) -> Iterator[str]:
    """Say what is compared."""
    paint = Paint(colour())
    for name, side in (("A", old), ("B", new)):
        digest = f"  {paint(short(side.sha256), DIM)}" if side.sha256 else ""
        yield f"{name}  {paint(printable(side.path), BOLD)}{digest}"
        yield f"   {printable(job_name(side.record))}"
    yield ""


def _reason(old: Side, new: Side) -> str | None:
    """Say why there is nothing to compare."""
    verbs = [side.record["recipe"]["verb"] for side in (old, new)]
    if verbs[0] != verbs[1]:
        return f"different verbs made them, '{verbs[0]}' and '{verbs[1]}': compare like with like"
    if old.record["record_id"] == new.record["record_id"] and old.sha256 != new.sha256:
        return "one job made both: compare results of two jobs"
    return None


def _painted(line: str) -> str:
    return line if line.startswith(" ") else Paint(colour())(line, BOLD)
