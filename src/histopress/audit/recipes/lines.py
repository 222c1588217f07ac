"""The lines in which people read a difference or what is stale, and the same as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from histopress.audit.paint import DIM, GREEN, RED, Paint, duration, many, printable
from histopress.audit.recipes.changes import Change, change_json, describe, joined, shown
from histopress.audit.recipes.difference import Cause, Difference
from histopress.audit.recipes.verdicts import Staleness, Verdict

DIGITS = (4, 8, 17)
"""Digits of a number that moved; more are told where fewer would look equal."""
MOST = 5
"""Lines of one kind that are printed; JSON holds them all."""
WORDS = {
    "wildcards": "asked for",
    "source": "source file",
    "unrecorded": "file without a record",
    "input": "read by one of the two only",
    "unexplained": "equal recipe, other bytes",
    "run": "",
    "fact": "",
}


def difference_lines(found: Difference) -> Iterator[str]:
    """Write a difference as lines: what moved, its causes, what merely followed."""
    if not (found.causes or found.consequences):
        yield "nothing differs: equal recipes, equal bytes"
        return
    if found.facts:
        yield "what moved"
        for change in found.facts:
            yield f"  {joined(change.key)}: {_moved(change)}"
    yield "causes, nearest to the sources first"
    yield from _cause_lines(found.causes)
    if found.consequences:
        yield "consequences: inputs that differ because of these"
        for verb, roles in _by_verb(found).items():
            yield f"  {verb}: {', '.join(f'{role} ×{n}' for role, n in sorted(roles.items()))}"
    if found.circumstances:
        yield "circumstances, not part of any recipe"
        yield from _cause_lines(found.circumstances)


def difference_json(found: Difference) -> dict[str, Any]:
    """Turn a difference into plain JSON."""
    return {
        "jobs": list(found.jobs),
        "facts": [change_json(change) for change in found.facts],
        "outputs": [change_json(change) for change in found.outputs],
        "causes": [_cause_json(cause) for cause in found.causes],
        "consequences": [
            {"jobs": list(one.jobs), "height": one.height, "roles": dict(one.roles)}
            for one in found.consequences
        ],
        "circumstances": [_cause_json(cause) for cause in found.circumstances],
    }


def stale_lines(found: Staleness, *, colour: bool = False) -> Iterator[str]:
    """Write what is stale as lines: counts and hours, then each reason, makers before users."""
    paint = Paint(colour)
    stale, unasked = found.of("stale"), found.of("unasked")
    fresh, told = f"{len(found.of('fresh'))} fresh", f"{len(stale)} stale"
    yield (
        f"{many(len(found.verdicts), 'record')}: {paint(fresh, GREEN)}, "
        f"{paint(told, RED) if stale else told}, {len(unasked)} no longer asked for"
    )
    if found.unjudged():
        yield f"environment not judged for {found.unjudged()}: their records hold no pins"
    if stale:
        yield f"a rerun takes {duration(found.hours())}, one job after another"
        if found.untimed():
            yield f"  without {many(found.untimed(), 'job')} whose records hold no time"
        yield "by reason (a job may have several)"
    for kind, count in sorted(found.counts().items()):
        yield f"  {kind}: {many(count, 'job')}, {duration(found.hours(kind))}"
    yield from map(printable, _limited(_reason_lines(stale)))
    below = Counter(job.verb for job in stale if not _direct(job))
    if below:
        yield paint(printable(f"downstream: {counted(below)}"), DIM)
    if found.unmade:
        yield f"asked for and without a record: {counted(Counter(found.unmade))}"


def stale_json(found: Staleness) -> dict[str, Any]:
    """Turn what is stale into plain JSON; fresh records are counted, not listed."""
    return {
        "records": len(found.verdicts),
        "fresh": len(found.of("fresh")),
        "unjudged": found.unjudged(),
        "untimed": found.untimed(),
        "hours": found.hours(),
        "reasons": {
            kind: {"jobs": count, "hours": found.hours(kind)}
            for kind, count in sorted(found.counts().items())
        },
        "stale": [
            {
                "record": job.place,
                "verb": job.verb,
                "wall_s": job.wall_s,
                "reasons": [change_json(reason) for reason in job.reasons],
            }
            for job in found.of("stale")
        ],
        "unasked": [job.place for job in found.of("unasked")],
        "unmade": dict(found.unmade),
    }


def _moved(change: Change) -> str:
    """Write what was and what is, with as many digits as tell them apart."""
    for digits in DIGITS:
        old, new = (shown(_rounded(value, digits)) for value in (change.old, change.new))
        if old != new:
            break
    return f"{old} → {new}"


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, list):
        return [_rounded(part, digits) for part in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def _cause_lines(causes: Sequence[Cause]) -> Iterator[str]:
    kinds: dict[tuple[int, str], list[Cause]] = {}
    for cause in causes:
        kinds.setdefault((cause.height, cause.change.kind), []).append(cause)
    for group in kinds.values():
        yield from _limited([_cause_line(cause) for cause in group])


def _cause_line(cause: Cause) -> str:
    change = cause.change
    text = describe(change).removeprefix(change.kind).strip()
    word = WORDS.get(change.kind, change.kind)
    verbs = Counter(job.partition(" (")[0] for job, _ in cause.jobs)
    separator = "" if text.startswith(":") else " "
    return f"  {word}{separator if word else ''}{text}   [{counted(verbs)}]"


def _cause_json(cause: Cause) -> dict[str, Any]:
    return {
        **change_json(cause.change),
        "height": cause.height,
        "jobs": [list(jobs) for jobs in cause.jobs],
    }


def _by_verb(found: Difference) -> dict[str, Counter[str]]:
    verbs: dict[str, Counter[str]] = {}
    for one in found.consequences:
        verb = one.jobs[0].partition(" (")[0]
        verbs.setdefault(verb, Counter()).update(one.roles)
    return verbs


def _direct(job: Verdict) -> bool:
    return any(reason.kind != "upstream" for reason in job.reasons)


def _reason_lines(jobs: Iterable[Verdict]) -> Iterator[str]:
    """Write each reason of its own once, with the verbs it is a reason for."""
    verbs: dict[str, Counter[str]] = {}
    for job in jobs:
        for reason in job.reasons:
            if reason.kind != "upstream":
                verbs.setdefault(describe(reason), Counter())[job.verb] += 1
    return (f"{text}   [{counted(counts)}]" for text, counts in verbs.items())


def counted(verbs: Mapping[str, int]) -> str:
    """Name each verb or rule, with its number where there are several."""
    return ", ".join(f"{verb} ×{n}" if n > 1 else verb for verb, n in verbs.items())


def _limited(lines: Iterable[str]) -> Iterator[str]:
    whole = list(lines)
    yield from whole[:MOST]
    if len(whole) > MOST:
        yield f"  … and {len(whole) - MOST} more"
