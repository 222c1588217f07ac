"""One job run again, as its record says, in a folder of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from histopress.audit.records import Record
from histopress.audit.replay.checkout import Code, environment
from histopress.audit.replay.scratch import Scratch
from histopress.errors import StoreError
from histopress.store import read_json, write_json

RUN = (
    "import sys; from histopress.cli import main as cli; name = sys.argv[1]; "
    "tool = cli.TOOLS.pop(name, None); cli.JOBS.update({name: tool} if tool else {}); "
    "sys.exit(cli.main([*name.split(), *sys.argv[2:]]))"
)
"""Runs one verb as ``python -m histopress`` does. One for people that leaves a record, such as
'split import', is called as the job that it was, not as people call it."""
TOLD = 3
"""Last lines of a failed job that are repeated."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """What a job made this time.

    Attributes
    ----------
    outputs : mapping of str to Path
        Files by role.
    record : mapping
        The record that the job wrote.
    """

    outputs: Mapping[str, Path]
    record: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """How a verb is called.

    Attributes
    ----------
    verb : str
    settings : mapping
        As JSON.
    wildcards, ports : mapping of str to str
    threads : int
    """

    verb: str
    settings: Mapping[str, Any]
    wildcards: Mapping[str, str]
    ports: Mapping[str, str]
    threads: int = 1


def recorded_call(record: Record) -> Call:
    """Read from a record how its verb was called.

    Raises
    ------
    StoreError
        The record is of the first schema, which does not tell.
    """
    if not record.ports:
        raise StoreError(
            f"{record.place}: its record does not tell how '{record.verb}' was called (it was "
            "written by an earlier version); run the job again to have a record that can be "
            f"replayed: snakemake --forcerun {record.place}"
        )
    return Call(
        verb=record.verb,
        settings=record.recipe["settings"],
        wildcards=record.recipe["wildcards"],
        ports=record.ports,
        threads=int(record.run.get("threads", 1)),
    )


def rebuild(call: Call, *, code: Code, scratch: Scratch) -> Rebuilt:
    """Run a verb in a scratch folder that holds its inputs.

    The verb is a process of its own, because its code may be of another version, and because
    threads and devices are chosen once a process.

    Raises
    ------
    StoreError
        The job failed, or wrote to an input.
    """
    settings, log = scratch.folder / "settings.json", scratch.folder / "job.log"
    write_json(settings, dict(call.settings))
    record = scratch.folder / "record.json"
    # Nothing that lies in the folder may pass for a library (-P).
    command = [sys.executable, "-P", "-c", RUN, call.verb]
    command += [f"--{name}={value}" for name, value in call.wildcards.items()]
    command += [f"--{name}={scratch.port(path)}" for name, path in call.ports.items()]
    command += [f"--settings={settings}", f"--threads={call.threads}", f"--record={record}"]
    with log.open("wb") as stream:
        done = subprocess.run(
            command,
            cwd=scratch.project,
            env=environment(code),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        )
    scratch.check_inputs()
    if done.returncode:
        raise StoreError(_failure(call, log, done.returncode))
    made = read_json(record)
    outputs = {
        entry["role"]: scratch.project / scratch.port(entry["path"]) for entry in made["outputs"]
    }
    return Rebuilt(outputs=outputs, record=made)


def _failure(call: Call, log: Path, status: int) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    told = "\n".join(f"  {line}" for line in lines[-TOLD:])
    names = json.dumps(dict(call.wildcards), ensure_ascii=False) if call.wildcards else ""
    return f"'{call.verb}' {names} was run again and failed (exit {status}):\n{told}".rstrip()
