"""The files that a person asks about, and what is recorded of them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from histopress.audit.history.graph import Graph
from histopress.audit.history.results import result_files
from histopress.audit.history.trace import Trace, project_name, trace
from histopress.audit.recipes.pairs import Entry, Maker, Record
from histopress.audit.records import read_record
from histopress.cli.audit.opening import Project
from histopress.errors import StoreError
from histopress.store import read_json


def files_of(paths: Iterable[Path], folder: Path) -> list[Path]:
    """List the files that are meant, each once; a folder stands for all files in it."""
    found: dict[Path, None] = {}
    for path in paths:
        full = Path(os.path.normpath(folder / path))
        found |= dict.fromkeys(result_files(full, folder) if full.is_dir() else (full,))
    return list(found)


def digest_of(project: Project, path: Path) -> str:
    """Sha256 of a file as it is.

    Raises
    ------
    StoreError
        There is no such file, or it cannot be read.
    """
    full = project.folder / path
    if full.is_dir():
        raise StoreError(f"{path}: is a folder; give a file")
    if not full.is_file():
        raise StoreError(f"{path}: no such file; {_advice(project, path)}")
    digest = project.present.digest(full)
    if digest is None:
        raise StoreError(f"{path}: cannot be read; ask for the right to read it")
    return digest


def _advice(project: Project, path: Path) -> str:
    writers = project.graph.writers(project_name(path, project.folder))
    if not writers:
        return "no record names it; give a path as seen from this folder"
    place = project.graph.places[writers[-1]]
    return f"{place} says that it was made: run the workflow again to have it back"


def follow(project: Project, path: Path) -> Trace:
    """Follow a file back to its sources; raises as :func:`digest_of` does, and for a record."""
    digest = digest_of(project, path)
    name = project_name(path, project.folder)
    if project.graph.number(name) is not None:
        made = [each.path for each in read_record(project.folder / name, project.folder).outputs]
        example = f", such as {made[0]}" if made else ""
        raise StoreError(f"{path}: is the record of a job; give what the job made{example}")
    return trace(project.folder / path, sha256=digest, present=project.present, graph=project.graph)


def record_of(project: Project, path: Path) -> str:
    """Find the record of the job that made a file; a record stands for itself.

    Raises
    ------
    StoreError
        There is no such file, or no record made its bytes.
    """
    digest = digest_of(project, path)
    name = project_name(path, project.folder)
    if project.graph.number(name) is not None:
        return name
    number = project.graph.maker(digest, name)
    if number is None:
        raise StoreError(
            f"{path}: no record made these bytes; 'histopress audit trace {path}' says more"
        )
    return project.graph.places[number]


def load_record(folder: Path, place: str) -> dict[str, Any]:
    """Load one record as plain values.

    Raises
    ------
    StoreError
        It is not as its job wrote it.
    """
    fault = read_record(folder / place, folder).fault
    if fault is not None:
        raise StoreError(
            f"{place}: {fault}; it is not as its job wrote it: take it from a backup, or make its "
            f"result anew with snakemake --forcerun {place}"
        )
    return dict(read_json(folder / place))


def maker_in(folder: Path, graph: Graph) -> Maker:
    """Give the function that finds the record behind an entry, reading one at a time."""

    def maker(entry: Entry) -> Record | None:
        number = graph.maker(entry["sha256"], entry["path"])
        return None if number is None else load_record(folder, graph.places[number])

    return maker
