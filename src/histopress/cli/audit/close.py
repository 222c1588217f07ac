"""``histopress audit close``: enter the state of all records into the ledger of runs.

The workflow does the same when a run starts and ends (:func:`note_run`); by hand it serves
whoever runs jobs without Snakemake.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from histopress.audit.history.registry import MANIFEST
from histopress.audit.paint import printable
from histopress.audit.records import FOLDER
from histopress.audit.seal.ledger import (
    LEDGER,
    Entry,
    append_entry,
    configuration_digest,
    read_entries,
)
from histopress.audit.seal.seal import Seal, read_seal, record_contents
from histopress.cli.audit.opening import FINDINGS, FINE, print_json
from histopress.errors import HistopressError, StoreError
from histopress.store import file_digest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")


def run(options: argparse.Namespace) -> int:
    """Enter the state; 1 if a record is not as its job wrote it."""
    from histopress.study import read_values

    project = Path.cwd()
    values = read_values(options.config)
    if not (project / FOLDER).is_dir():
        raise StoreError(
            f"{FOLDER}: no such folder; close from the folder that holds results/, after a run"
        )
    seal = read_seal(record_contents(project))
    former = _last_sealed(project)
    entry = append_entry(project, "close", {**_state(project, values), **_sealed(seal)})
    if options.json:
        same = former is not None and former.values["root"] == seal.root
        print_json({"entry": entry.values, "unchanged": same, "faults": seal.faults})
    else:
        for line in _lines(entry, seal, former):
            print(line)
    return FINDINGS if seal.faults else FINE


def note_run(kind: str, project: Path, *, values: Mapping[str, Any], snakemake: str) -> None:
    """Note what becomes of a run of Snakemake; never raises, warns in one line at most.

    Parameters
    ----------
    kind : str
        ``start``, ``success`` or ``error``; a success notes the state of all records.
    project : Path
    values : mapping
        The configuration as Snakemake has it.
    snakemake : str
        Version.
    """
    try:
        state = {**_state(project, values), "snakemake": snakemake}
        seal = read_seal(record_contents(project)) if kind == "success" else None
        entry = append_entry(project, kind, {**state, **(_sealed(seal) if seal else {})})
        if seal is not None:
            print(f"ledger of runs: entry {entry.number}, {_counted(seal)}, root {seal.root}")
    # A run that is done stays done, whatever its bookkeeping meets with.
    except Exception as error:
        told = str(error) if isinstance(error, HistopressError | OSError) else repr(error)
        print(f"warning: {LEDGER}: the run was not noted: {told}", file=sys.stderr)


def _state(project: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    manifest = values.get("manifest", MANIFEST)
    return {
        "configuration": configuration_digest(values),
        "manifest": _digest(project / str(manifest)) if manifest else None,
        "snakemake": None,
    }


def _digest(path: Path) -> str | None:
    try:
        return file_digest(path)
    except OSError:
        return None


def _sealed(seal: Seal) -> dict[str, Any]:
    return {"records": len(seal.records), "outputs": len(seal.outputs), "root": seal.root}


def _last_sealed(project: Path) -> Entry | None:
    last = None
    for entry in read_entries(project):
        last = entry if entry.values.get("root") else last
    return last


def _lines(entry: Entry, seal: Seal, former: Entry | None) -> list[str]:
    lines = [
        f"entry {entry.number} of the ledger of runs",
        f"  {_counted(seal)}",
        f"  root {seal.root}",
    ]
    if former is not None:
        same = former.values["root"] == seal.root
        told = "nothing recorded has changed since" if same else "records have changed since"
        time = printable(str(former.values.get("time")))
        lines.append(f"  {told} entry {former.number} ({time})")
    if seal.faults:
        lines.append(
            f"  {len(seal.faults)} of the records are not as their jobs wrote them; "
            "'histopress audit verify --all' names them"
        )
    return lines


def _counted(seal: Seal) -> str:
    return f"{len(seal.records)} records of {len(seal.outputs)} outputs"
