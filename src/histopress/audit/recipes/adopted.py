"""What was adopted, told to people and to programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from histopress.audit.paint import many, printable
from histopress.audit.recipes.lines import counted, stale_json, stale_lines
from histopress.audit.recipes.verdicts import Staleness

BECAUSE = "no record answers for their bytes"


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What was adopted, and what Snakemake will do.

    Attributes
    ----------
    taken : int
        Jobs whose results stay.
    settled : bool
        Snakemake knew all that by itself; nothing was touched.
    aside : tuple of str
        Files for whose bytes no record answers, moved to ``folder``.
    kept : tuple of str
        The same of splits; they stay where they are, because nobody who has a fold may move.
    folder : str
        Empty where nothing was moved.
    pending : mapping of str to int
        Jobs by rule that Snakemake runs next; None where only a dry run was asked for.
    found : Staleness
        Why results are not taken.
    """

    taken: int
    settled: bool
    aside: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    folder: str = ""
    pending: Mapping[str, int] | None
    found: Staleness


def adoption_lines(adoption: Adoption, *, colour: bool = False) -> Iterator[str]:
    """Write an adoption as lines: what is taken, what is not and why, what comes next."""
    dry, jobs = adoption.pending is None, many(adoption.taken, "job")
    if adoption.settled:
        yield f"nothing to adopt: Snakemake knows the results of {jobs} as they are"
    else:
        yield f"{'would take' if dry else 'taken'}: the results of {jobs}"
    if adoption.aside:
        yield f"{'to be moved' if dry else 'moved'} to {adoption.folder}/, since {BECAUSE}:"
        yield from (f"  {printable(path)}" for path in adoption.aside)
    if adoption.kept:
        yield f"left in place, though {BECAUSE}; their jobs go on from them:"
        yield from (f"  {printable(path)}" for path in adoption.kept)
    if adoption.found.of("stale") or adoption.found.unmade:
        yield from stale_lines(adoption.found, colour=colour)
    if adoption.pending is not None:
        yield _next(adoption.pending)


def adoption_values(adoption: Adoption) -> dict[str, Any]:
    """Turn an adoption into plain JSON."""
    return {
        "taken": adoption.taken,
        "settled": adoption.settled,
        "aside": list(adoption.aside),
        "kept": list(adoption.kept),
        "folder": adoption.folder,
        "pending": dict(adoption.pending) if adoption.pending is not None else None,
        "staleness": stale_json(adoption.found),
    }


def _next(pending: Mapping[str, int]) -> str:
    if not pending:
        return "Snakemake has nothing to do"
    return f"Snakemake will run {many(sum(pending.values()), 'job')}: {counted(pending)}"
