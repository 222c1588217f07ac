"""The files in a crate: which may be copied, and how they are written."""

import json
import mmap
import shutil
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from histopress.audit.crate.veil import Veil
from histopress.errors import StoreError
from histopress.store import atomic, file_digest, temporary_path

RESULTS = "results/"
RECORDS = "records"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""Time of every file in a ZIP, so that equal crates have equal bytes."""
PERMISSIONS = 0o644 << 16

Content = Path | bytes


def recorded_digests(
    records: Sequence[Mapping[str, Any]], results: Collection[str], *, everything: bool
) -> dict[str, set[str]]:
    """Map the paths that shall be copied to the digests that were recorded for them.

    Raises
    ------
    StoreError
        No result was given, or one is the output of no record.
    """
    if not results:
        raise StoreError("no result was named; give at least one path of a recorded output")
    found: dict[str, set[str]] = {}
    for record in records:
        for entry in record["outputs"]:
            path = entry["path"]
            if everything or path in results:
                found.setdefault(path, set()).add(entry["sha256"])
    missing = sorted(set(results) - set(found))
    if missing:
        raise StoreError(
            f"{missing[0]}: no record says how this file was made, so no crate can; "
            "give a result of the workflow, by its path relative to the project"
        )
    return found


def select_files(
    wanted: Mapping[str, Collection[str]], *, project: Path, veil: Veil
) -> tuple[dict[tuple[str, str], Path], list[str]]:
    """Check files against their digests and choose what may be copied.

    Slides and all else outside ``results/`` stay where they are.

    Returns
    -------
    dict
        Recorded path and sha256 to the file.
    list of str
        Paths of files that were withheld because they name a patient.

    Raises
    ------
    StoreError
        A file is missing or no longer what was recorded.
    """
    chosen, withheld = {}, []
    for path, digests in sorted(wanted.items()):
        file = project / path
        if not path.startswith(RESULTS):
            continue
        try:
            digest = file_digest(file)
        except OSError as error:
            raise StoreError(f"{path}: cannot be copied ({error.strerror})") from error
        if digest not in digests:
            raise StoreError(
                f"{path}: is not what was recorded (sha256 {digest[:12]}…, recorded "
                f"{min(digests)[:12]}…); build it again before it is exported"
            )
        if _names_patient(file, veil):
            withheld.append(veil.name(path))
        else:
            chosen[path, digest] = file
    return chosen, withheld


def _names_patient(file: Path, veil: Veil) -> bool:
    """Look into a file of any size without reading it into memory."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return veil.names_patient(view)


def record_files(
    records: Sequence[Mapping[str, Any]], veil: Veil
) -> tuple[dict[str, bytes], list[str]]:
    """Write records out as the runner does, a file each; those that name a patient stay out.

    Returns
    -------
    dict
        Path in the crate to the bytes.
    list of str
        Ids of the records that were withheld.
    """
    files, withheld = {}, []
    for record in records:
        if veil.may_show(record):
            text = json.dumps(record, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2)
            files[record_path(record["record_id"])] = f"{text}\n".encode()
        else:
            withheld.append(record["record_id"])
    return files, sorted(withheld)


def record_path(record_id: str) -> str:
    """Where a record lies in the crate."""
    return f"{RECORDS}/{record_id}.json"


def write_crate(contents: Mapping[str, Content], to: Path) -> None:
    """Write a crate whole: a ZIP if ``to`` ends so, else a folder.

    Raises
    ------
    StoreError
        ``to`` exists already.
    """
    if to.exists():
        raise StoreError(f"{to}: exists already; give another name or remove it")
    if to.suffix.lower() == ".zip":
        with atomic(to) as temporary:
            _write_zip(contents, temporary)
    else:
        _write_folder(contents, to)


def _write_zip(contents: Mapping[str, Content], to: Path) -> None:
    """Store files uncompressed: packers differ from version to version."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, date_time=EARLIEST)
            entry.external_attr = PERMISSIONS
            entry.create_system = 3
            if isinstance(content, bytes):
                archive.writestr(entry, content)
                continue
            entry.file_size = content.stat().st_size
            with content.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def _write_folder(contents: Mapping[str, Content], to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(to)
    try:
        for name, content in contents.items():
            place = temporary / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                place.write_bytes(content)
            else:
                shutil.copyfile(content, place)
        temporary.replace(to)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
