"""Histories as a person reads them.

A group of like inputs, such as the compressed slides of a cohort, is followed along its first
member only, and each job is told in full once; JSON holds everything.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from histopress.audit.paint import BOLD, DIM, GREEN, RED, YELLOW, Paint, printable, short, size
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.audit.trace import FORMER, Link, Step, Trace

DEPTH = 40
"""Jobs deep; honest studies need a dozen."""
SETTINGS = 6
"""Settings and facts told of a job."""
LETTERS = 32
"""Letters of a setting's value."""
FAULTS = 20
"""Faults told one by one."""


def render_trace(found: Trace, *, colour: bool = False) -> str:
    """Write a history as a tree, and below it how many ways end where."""
    tree = _Tree(found, Paint(colour))
    return "\n".join([*tree.lines(), "", *_verdict(found, tree.paint)]) + "\n"


class _Tree:
    def __init__(self, found: Trace, paint: Paint) -> None:
        self.found = found
        self.paint = paint
        self.told: set[str] = set()

    def lines(self) -> Iterator[str]:
        found, paint = self.found, self.paint
        yield f"{paint(printable(found.path), BOLD)}  {paint(short(found.sha256), DIM)}"
        if found.maker is None:
            yield f"└─ {self._origin(found.origin)}"
            return
        if found.also:
            yield paint(f"│  equal bytes by {len(found.also)} more jobs", DIM)
        yield from self._job(found.maker, "", "└─ ", depth=0)

    def _job(self, place: str, before: str, branch: str, *, depth: int) -> Iterator[str]:
        step = self.found.steps[place]
        head = before + branch + self._title(step.record)
        if place in self.told:
            yield head + self.paint("  (told above)", DIM)
            return
        self.told.add(place)
        yield head
        inner = before + ("   " if branch.startswith("└") else "│  ")
        groups = _groups(step, self.found)
        bar = inner + ("│  " if groups else "   ")
        for line in self._facts(step.record):
            yield bar + line
        if depth >= DEPTH and groups:
            yield inner + self.paint("└─ … deeper than shown here", YELLOW)
            return
        for number, group in enumerate(groups):
            last = number == len(groups) - 1
            yield from self._group(group, inner, "└─ " if last else "├─ ", depth=depth + 1)

    def _group(self, group: list[Link], before: str, branch: str, *, depth: int) -> Iterator[str]:
        first = group[0]
        yield before + branch + self._file(first.entry, more=len(group) - 1)
        inner = before + ("   " if branch.startswith("└") else "│  ")
        if first.maker is None:
            yield f"{inner}└─ {self._origin(first.origin, first.rewritten)}"
            return
        yield from self._job(first.maker, inner, "└─ ", depth=depth)

    def _file(self, entry: FileEntry, *, more: int) -> str:
        tail = f"{short(entry.sha256)} · {size(entry.bytes)}"
        others = f" and {more} more" if more else ""
        path = f"{printable(entry.role)}: {printable(entry.path)}"
        return f"{path}{self.paint(others, BOLD)}  {self.paint(tail, DIM)}"

    def _origin(self, origin: str | None, rewritten: str | None = None) -> str:
        if rewritten is not None:
            text = f"unrecorded by now: {rewritten} has made it anew since"
            return self.paint(printable(text), YELLOW)
        if origin is None:
            return self.paint("unrecorded: no record made it and it is not registered", RED)
        return self.paint(f"registered: {origin}" if origin != FORMER else origin, GREEN)

    def _title(self, record: Record) -> str:
        names = record.recipe.get("wildcards", {})
        told = " ".join(f"{name}={value}" for name, value in names.items())
        title = f"{self.paint(printable(record.verb), BOLD)} {printable(told)}".rstrip()
        if record.fault:
            title += "  " + self.paint(f"record altered: {printable(record.fault)}", RED)
        return title

    def _facts(self, record: Record) -> Iterator[str]:
        for values in (record.recipe.get("settings"), record.facts):
            told = _told(values)
            if told:
                yield self.paint(printable(told), DIM)
        code = short(str(record.recipe.get("code", "")))
        wall = record.run.get("wall_s")
        seconds = f" · {wall} s" if wall is not None else ""
        line = f"record {short(record.record_id)} · code {code}{seconds}"
        yield self.paint(printable(line), DIM)


def _groups(step: Step, found: Trace) -> list[list[Link]]:
    """Put like inputs together: one role, one verb behind them, or one origin."""
    groups: dict[tuple[Any, ...], list[Link]] = {}
    for link in step.links:
        verb = found.steps[link.maker].record.verb if link.maker is not None else None
        groups.setdefault((link.entry.role, verb, link.origin, link.rewritten), []).append(link)
    return list(groups.values())


def _told(values: Any) -> str:
    """Write the first settings or facts that hold something, the seed before all."""
    flat = sorted(_flat(values), key=lambda pair: pair[0] != "seed")
    told = [f"{name}={_value(value)}" for name, value in flat[:SETTINGS]]
    more = len(flat) - len(told)
    return " ".join(told) + (f" … {more} more" if more else "")


def _flat(values: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(values, Mapping):
        for key, part in values.items():
            yield from _flat(part, f"{name}.{key}" if name else str(key))
    elif isinstance(values, int | float | str) and values != "":
        yield name, values


def _value(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"


def _verdict(found: Trace, paint: Paint) -> Iterator[str]:
    sources = {
        (link.entry.path, link.entry.sha256)
        for step in found.steps.values()
        for link in step.links
        if link.origin is not None
    }
    text = f"{_many(len(found.steps), 'job')}, {_many(len(sources), 'registered source')}"
    faults = [
        *(
            f"unrecorded ancestor: {entry.path}, read by {place}"
            for place, entry in found.unrecorded
        ),
        *(f"record altered: {record.place} {record.fault}" for record in found.altered),
        *(f"circle: {place} is among its own ancestors" for place in found.circles),
    ]
    if found.is_whole:
        yield f"{text}: {paint('every way ends at a registered source', GREEN)}"
        return
    yield f"{text}, {paint(_many(len(faults), 'fault'), RED)}" if faults else text
    for fault in faults[:FAULTS]:
        yield paint(f"  {printable(fault)}", RED)
    if len(faults) > FAULTS:
        yield f"  … {len(faults) - FAULTS} more"


def _many(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
