"""``histopress audit export``: results with their history as an RO-Crate."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.audit.paint import DIM, GREEN, Paint, printable
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

if TYPE_CHECKING:
    from histopress.audit.crate.export import CrateAccount
    from histopress.audit.history.trace import Trace

MOST = 8
"""Files named one by one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT", help="files, or folders of files"
    )
    parser.add_argument(
        "--crate", type=Path, required=True, metavar="DIR|ZIP", help="a new folder, or a new .zip"
    )
    parser.add_argument(
        "--everything",
        action="store_true",
        help="copy all that lies below results/ on the way, not the RESULTs alone",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Write the crate; 1 if a history is not whole, and then nothing is written."""
    from histopress.cli.audit.asked import files_of, follow

    with open_project(options) as project:
        histories = [follow(project, path) for path in files_of(options.results, project.folder)]
        fault = next((text for found in histories if (text := _fault(found))), None)
        if fault is not None:
            print(f"histopress audit export: {fault}", file=sys.stderr)
            if options.json:
                print_json({"crate": None, "fault": fault})
            return FINDINGS
        account = _write(options, project, histories)
    if options.json:
        print_json({"crate": str(options.crate), **asdict(account)})
    else:
        print("\n".join(_told(options, account)))
    return FINE


def _fault(found: "Trace") -> str | None:
    """Say where a history breaks first."""
    from histopress.audit.history.checks import trace_faults

    fault = next(trace_faults(found), None)
    if fault is None:
        return None
    if fault.path == found.path:
        what = f"is {fault.state}, so nobody can tell how it was made"
    else:
        what = f"its history is not whole: {fault.path}, read by {fault.record}, is {fault.state}"
    return (
        f"{found.path}: {what}; nothing was written; 'histopress audit verify {found.path}' says "
        "what to do"
    )


def _write(
    options: argparse.Namespace, project: Project, histories: "list[Trace]"
) -> "CrateAccount":
    from histopress.audit.crate.export import export_crate
    from histopress.audit.source import REPOSITORY
    from histopress.cli.audit.asked import load_record

    places = dict.fromkeys(place for found in histories for place in found.steps)
    return export_crate(
        [load_record(project.folder, place) for place in places],
        project=project.folder,
        results=[_recorded(found) for found in histories],
        to=options.crate,
        home=REPOSITORY,
        private=patients(project.values, project.folder),
        everything=options.everything,
        engine_version=_engine(),
    )


def _recorded(found: "Trace") -> str:
    """Name a result as its record does, wherever the copy lies that was asked about."""
    if found.maker is None:
        raise StoreError(
            f"{found.path}: was given to the study ({found.origin}); export what was made of it"
        )
    outputs = found.steps[found.maker].record.outputs
    paths = [entry.path for entry in outputs if entry.sha256 == found.sha256]
    return found.path if found.path in paths else paths[0]


def patients(values: Mapping[str, Any], folder: Path) -> frozenset[str]:
    """List the patients of the study's manifest; none where the study has no slides.

    Raises
    ------
    ManifestError
        It cannot be read: then nobody knows which names to keep back.
    """
    from histopress.audit.history.registry import MANIFEST
    from histopress.cohort.manifest import read_manifest

    place = values.get("manifest", MANIFEST)
    if place is None:
        return frozenset()
    manifest = read_manifest(folder / place, root=folder, check_files=False)
    return frozenset(manifest.patients.values())


def _engine() -> str | None:
    try:
        return version("snakemake")
    except PackageNotFoundError:
        return None


def _told(options: argparse.Namespace, account: "CrateAccount") -> Iterator[str]:
    paint = Paint(colour())
    yield f"{printable(str(options.crate))}: {account.jobs} jobs, from sources to results"
    yield from _listed("copied", account.copied, paint)
    yield f"  {'referenced':10}  {account.referenced} files, by their digests alone"
    yield from _listed("withheld", account.withheld, paint)
    if account.withheld:
        yield paint("              they name a patient; their digests are in the crate", DIM)
    if account.records_withheld:
        number = len(account.records_withheld)
        yield f"  {'withheld':10}  {number} records, which name a patient; their jobs are described"


def _listed(word: str, paths: Sequence[str], paint: Paint) -> Iterator[str]:
    if len(paths) > MOST:
        yield f"  {word:10}  {len(paths)} files"
        return
    for number, path in enumerate(paths):
        yield f"  {'' if number else word:10}  {paint(printable(path), GREEN)}"
