"""What lies beside the records of jobs: what replays reached, and recipes declared equal."""

import json
from collections.abc import Iterator
from pathlib import Path

from histopress.audit.findings import Finding, State
from histopress.audit.record import identifier
from histopress.audit.records import ACCEPTED, FOLDER, REPLAYS, RESERVED, SIGNED

IDS = {REPLAYS: "replay_id", ACCEPTED: "acceptance_id"}
"""By their folder, the key under which such files hold the id of all else in them."""


def check_evidence(home: Path) -> Iterator[Finding]:
    """Look whether outcomes and acceptances are as they were written, and what else is there.

    Parameters
    ----------
    home : Path
        Folder that holds ``results/records``.
    """
    top = home / FOLDER
    for room, key in IDS.items():
        for file in _files(top / room):
            path = file.relative_to(home).as_posix()
            fault = _fault(file, key)
            state = State.VERIFIED if fault is None else State.ALTERED
            yield Finding(state=state, path=path, detail=fault or "")
    signed = (SIGNED, f"{SIGNED}.sig")  # 'audit check-signature' looks at these
    for file in _files(top):
        parts = file.relative_to(top).parts
        if parts[0] not in RESERVED and file.suffix != ".json" and parts[0] not in signed:
            path = file.relative_to(home).as_posix()
            yield Finding(state=State.UNRECORDED, path=path, detail="is no record")


def _files(folder: Path) -> Iterator[Path]:
    """List what is below a folder and does not hide, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() and not path.name.startswith("."):
            yield path


def _fault(file: Path, key: str) -> str | None:
    if not file.is_file():
        return "is no regular file"
    try:
        text = file.read_bytes().decode("utf-8")
        value = json.loads(text)
        whole = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2)
    except (OSError, ValueError, RecursionError) as error:
        return f"cannot be read ({error})"
    if not isinstance(value, dict) or not isinstance(value.get(key), str):
        return f"has no '{key}'"
    rest = {name: part for name, part in value.items() if name != key}
    if identifier(rest) != value[key]:
        return f"{key} does not fit its content"
    return None if text == whole + "\n" else "its text is not as it was written"
