"""The jobs of a crate, read from their records."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from histopress.audit.crate.terms import ni_uri, relative_uri, slug
from histopress.audit.crate.veil import Veil
from histopress.errors import StoreError


@dataclass(frozen=True, kw_only=True)
class CrateFile:
    """A file that a job read or wrote.

    Attributes
    ----------
    role : str
        Its name in the verb.
    path : str
        Relative to the project, without patient identifiers.
    sha256 : str
        Digest of the bytes.
    bytes : int
        Size on disk.
    copied : bool
        It lies in the crate; otherwise the crate names its digest only.
    """

    role: str
    path: str
    sha256: str
    bytes: int
    copied: bool

    @property
    def name(self) -> str:
        """Id in the crate: a relative path, or an ``ni`` URI."""
        return relative_uri(self.path) if self.copied else ni_uri(self.sha256)


@dataclass(frozen=True, kw_only=True)
class CrateJob:
    """One run of a verb.

    ``about`` lists the wildcards; ``parameters`` are the leaves of the settings by their dotted
    names, and the wildcards; what is not set is left out.
    """

    record_id: str
    verb: str
    code: str
    about: str
    parameters: Mapping[str, Any]
    inputs: tuple[CrateFile, ...]
    outputs: tuple[CrateFile, ...]
    start: str
    end: str
    versions: Mapping[str, str]

    @property
    def action(self) -> str:
        """Id of the run."""
        return f"#job/{self.record_id}"

    @property
    def key(self) -> str:
        """Verb and code together: another code is another tool."""
        return f"{slug(self.verb)}/{self.code[:16]}"

    @property
    def tool(self) -> str:
        """Absolute id of the verb with exactly this code."""
        return f"urn:x-histopress:{slug(self.verb)}:{self.code}"


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Flatten nested settings to dotted names; None and empty mappings are left out.

    Examples
    --------
    >>> leaves({"a": {"b": 1, "c": None}, "d": [1, 2]})
    {'a.b': 1, 'd': [1, 2]}
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return {name: value}
    found: dict[str, Any] = {}
    for key, part in sorted(value.items()):
        found |= leaves(part, f"{name}.{key}" if name else str(key))
    return found


def read_jobs(
    records: Sequence[Mapping[str, Any]], veil: Veil, copied: Collection[tuple[str, str]]
) -> list[CrateJob]:
    """Read records, earliest first.

    Parameters
    ----------
    records : sequence of mapping
        Parsed records.
    veil : Veil
        Hides identifiers in paths and wildcards.
    copied : collection of (str, str)
        Recorded path and sha256 of the files that lie in the crate.

    Raises
    ------
    StoreError
        A record lacks something.
    """
    try:
        jobs = {record["record_id"]: _job(record, veil, copied) for record in records}
    except (KeyError, TypeError) as error:
        raise StoreError(f"a record is damaged or of another schema: it lacks {error}") from error
    return sorted(jobs.values(), key=lambda job: (job.start, job.end, job.record_id))


def _job(record: Mapping[str, Any], veil: Veil, copied: Collection[tuple[str, str]]) -> CrateJob:
    recipe, run = record["recipe"], record["run"]

    def files(entries: Sequence[Mapping[str, Any]]) -> tuple[CrateFile, ...]:
        return tuple(
            CrateFile(
                role=entry["role"],
                path=veil.name(entry["path"]),
                sha256=entry["sha256"],
                bytes=entry["bytes"],
                copied=(entry["path"], entry["sha256"]) in copied,
            )
            for entry in entries
        )

    wildcards = {name: veil.name(value) for name, value in recipe["wildcards"].items()}
    return CrateJob(
        record_id=record["record_id"],
        verb=recipe["verb"],
        code=recipe["code"],
        about=", ".join(f"{name} {value}" for name, value in sorted(wildcards.items())),
        parameters={
            **{name: veil.value(value) for name, value in leaves(recipe["settings"]).items()},
            **leaves(wildcards, "wildcard"),
        },
        inputs=files(record["inputs"]),
        outputs=files(record["outputs"]),
        start=_time(run["start"]),
        end=_time(run["end"]),
        versions=run["versions"],
    )


def _time(text: str) -> str:
    """Whole seconds with an offset in digits, the one form that all readers accept."""
    return re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
