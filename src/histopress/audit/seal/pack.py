"""All records of a project in one file, to be kept elsewhere or deposited.

Who keeps a pack can later hold the project against it (:func:`unpacked`), and so find whoever
rewrote results and records together, or cut the ledger. Equal records and an equal ledger give
equal bytes: names are sorted, times are left out and nothing is compressed, since compressors
differ from machine to machine.
"""

import re
import shutil
import stat
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from histopress.audit.findings import Finding, State
from histopress.audit.records import ACCEPTED, FOLDER, PATCHES, REPLAYS, RUNS, record_places
from histopress.audit.seal.ledger import LEDGER
from histopress.audit.seal.merkle import STATEMENT as KIND
from histopress.audit.seal.merkle import manifest_text
from histopress.audit.seal.seal import Seal, read_seal, record_contents, whole_seal
from histopress.audit.seal.signature import SUFFIX as SIGNATURE
from histopress.errors import StoreError
from histopress.store import atomic

STATEMENT = "ROOT"
MANIFEST = "SHA256SUMS"
README = "README.txt"
TEXT = """\
All records of a project, as 'histopress audit pack' gathers them; no results and no data.

results/records/   a record a job: settings, seeds, digests of code, inputs and outputs;
                   below it runs/ (the ledger of runs), replays/, accepted/, source/ (patches),
                   and root.txt with root.txt.sig if somebody signed
SHA256SUMS         all records and outputs with their digests: sha256sum --check SHA256SUMS,
                   in the project's folder; of a path that stands twice one line fails
ROOT               the number of these files and their Merkle root (RFC 6962), which is signed

'histopress audit verify --pack FILE' holds a project's files against these records.
"""

# What results/records may hold beside job records. Whatever else lies there stays out, since
# nobody knows what it names.
_KINDS = {RUNS: "*.json", REPLAYS: "*.json", ACCEPTED: "*.json", PATCHES: "*.patch"}
_NAME = re.compile(re.escape(FOLDER) + r"(/[^/\\\0]+)+")
_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


def write_pack(project: Path, path: Path) -> Seal:
    """Gather the records of ``project`` in one ZIP.

    Returns
    -------
    Seal
        What the pack vouches for.

    Raises
    ------
    StoreError
        There are no records, or one is not as its job wrote it.
    """
    seal = whole_seal(project)
    texts = {
        README: TEXT.encode(),
        MANIFEST: manifest_text(seal.leaves).encode(errors="surrogateescape"),
        STATEMENT: seal.statement,
    }
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as pack:
        for name, data in texts.items():
            pack.writestr(_member(name), data)
        for name in sorted(_names(project)):
            with (project / name).open("rb") as source, pack.open(_member(name), "w") as target:
                shutil.copyfileobj(source, target, _CHUNK)
    return seal


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack into a folder that is gone afterwards; it holds ``results/records``.

    Only what :func:`write_pack` writes is taken: nothing is compressed, so a pack unpacks to no
    more than its own size, and no name leads out of the folder.

    Raises
    ------
    StoreError
        The file is no pack, is damaged, or its root is not that of its records.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(path) as pack:
                statement = _unpack(pack, folder, limit=path.stat().st_size)
        except OSError as error:
            raise StoreError(f"{path}: cannot be read ({error.strerror or error})") from error
        except (zipfile.BadZipFile, struct.error, EOFError, ValueError, RuntimeError) as error:
            raise StoreError(
                f"{path}: is no whole pack as 'histopress audit pack' writes it ({error})"
            ) from error
        if read_seal(record_contents(folder)).statement != statement:
            raise StoreError(f"{path}: its root is not that of its records; take another copy")
        yield folder


def changes_since(pack: Path, project: Path) -> Iterator[Finding]:
    """Compare records and ledger with those of an unpacked pack.

    A record that differs was rewritten, or its job was run again. The ledger may only have grown.
    """
    for kept in record_places(pack):
        place = kept.relative_to(pack).as_posix()
        data = _bytes(project / place)
        if data is None:
            yield Finding(
                state=State.ABSENT, path=place, record=place, detail="the pack holds this record"
            )
        elif data != kept.read_bytes():
            detail = "not the record that the pack holds: rewritten, or its job was run again"
            yield Finding(state=State.ALTERED, path=place, record=place, detail=detail)
    for kept in sorted((pack / LEDGER).glob("*.json")):
        place = kept.relative_to(pack).as_posix()
        if _bytes(project / place) != kept.read_bytes():
            detail = "not the entry that the pack holds: the ledger was cut or rewritten"
            yield Finding(state=State.LEDGER, path=place, detail=detail)


def _names(project: Path) -> Iterator[str]:
    top = project / FOLDER
    found = [*record_places(project)]
    for kind, pattern in _KINDS.items():
        found += (top / kind).rglob(pattern)
    for signature in top.glob(f"*{SIGNATURE}"):
        statement = signature.with_suffix("")
        if statement.is_file() and statement.read_bytes().startswith(KIND.encode()):
            found += [statement, signature]
    for path in found:
        # Links are followed: DVC puts them for files that it keeps.
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(project).as_posix()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _unpack(pack: zipfile.ZipFile, folder: Path, *, limit: int) -> bytes:
    """Write the members into ``folder``; gives the statement of the root."""
    members = pack.infolist()
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise ValueError("a name stands twice")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("it is compressed")
    if sum(member.file_size for member in members) > limit:
        raise ValueError("its parts are larger than itself")
    for member in members:
        if member.filename in (README, MANIFEST, STATEMENT):
            continue
        target = _target(folder, member.filename)
        target.parent.mkdir(parents=True, exist_ok=True)
        with pack.open(member) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
    return pack.read(STATEMENT) if STATEMENT in names else b""


def _target(folder: Path, name: str) -> Path:
    parts = name.split("/")
    if not _NAME.fullmatch(name) or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"holds {name!r}, which is no record")
    return folder.joinpath(*parts)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None
