"""Histories as a person reads them.

A group of like inputs, such as the compressed slides of a cohort, is followed along its first
member only, and each job is told in full once; JSON holds everything.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from histopress.audit.history.trace import FORMER, Link, Step, Trace
from histopress.audit.paint import (
    BOLD,
    DIM,
    GREEN,
    RED,
    YELLOW,
    Paint,
    duration,
    many,
    printable,
    short,
    size,
)
from histopress.audit.record import FileEntry
from histopress.audit.records import Record

DEPTH = 40
"""Jobs deep; honest studies need a dozen."""
WIDTH = 100
"""Letters of a line, if nobody says."""
LEAST = 40
"""Letters that a job's settings may take, however deep it stands."""
LETTERS = 32
"""Letters of a setting's value."""
COMMITS = 3
"""States of the code told one by one."""
FAULTS = 20
"""Faults told one by one."""

Chosen = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Gives of a verb's settings those that are worth telling."""


def render_trace(
    found: Trace, *, colour: bool = False, width: int = WIDTH, chosen: Chosen | None = None
) -> str:
    """Write a history as a tree, and below it how many ways end where.

    Parameters
    ----------
    found : Trace
    colour : bool
        Whether to use ANSI colours.
    width : int
        Settings and facts are told as far as a line of so many letters takes them; names of files
        are never cut.
    chosen : Chosen, optional
        Which settings to tell; all, if left out.
    """
    tree = _Tree(found, Paint(colour), width=width, chosen=chosen or (lambda _, values: values))
    verdict = list(_verdict(found, tree.paint))
    return "\n".join([*tree.lines(), *([""] if verdict else []), *verdict]) + "\n"


class _Tree:
    def __init__(self, found: Trace, paint: Paint, *, width: int, chosen: Chosen) -> None:
        self.found = found
        self.paint = paint
        self.width = width
        self.chosen = chosen
        self.told: set[str] = set()

    def lines(self) -> Iterator[str]:
        found, paint = self.found, self.paint
        yield f"{paint(printable(found.path), BOLD)}  {paint(short(found.sha256), DIM)}"
        if found.maker is None:
            yield f"└─ {self._beginning(found)}"
            return
        if found.also:
            yield paint(f"│  equal bytes by {len(found.also)} more jobs", DIM)
        yield from self._job(found.maker, "", "└─ ", depth=0)

    def _job(self, place: str, before: str, branch: str, *, depth: int) -> Iterator[str]:
        step = self.found.steps[place]
        self.told.add(place)
        yield before + branch + self._title(step.record)
        inner = before + ("   " if branch.startswith("└") else "│  ")
        groups = _groups(step, self.found)
        bar = inner + ("│  " if groups else "   ")
        for line in self._facts(step.record, room=max(self.width - len(bar), LEAST)):
            yield bar + self.paint(printable(line), DIM)
        if depth >= DEPTH and groups:
            yield inner + self.paint("└─ … deeper than shown here", YELLOW)
            return
        for number, group in enumerate(groups):
            last = number == len(groups) - 1
            yield from self._group(group, inner, "└─ " if last else "├─ ", depth=depth + 1)

    def _group(self, group: list[Link], before: str, branch: str, *, depth: int) -> Iterator[str]:
        first = group[0]
        line = before + branch + self._file(first.entry, more=len(group) - 1)
        if first.in_part:
            line += self.paint("  made anew since, but not in what counted", GREEN)
        if first.maker is None:
            yield f"{line}  {self._origin(first.origin, first.rewritten)}"
        elif first.maker in self.told:
            verb = self.found.steps[first.maker].record.verb
            yield line + self.paint(f"  {printable(verb)}, told above", DIM)
        else:
            yield line
            inner = before + ("   " if branch.startswith("└") else "│  ")
            yield from self._job(first.maker, inner, "└─ ", depth=depth)

    def _file(self, entry: FileEntry, *, more: int) -> str:
        tail = f"{short(entry.sha256)} · {size(entry.bytes)}"
        others = self.paint(f" and {more} more", BOLD) if more else ""
        path = f"{printable(entry.role)}: {printable(entry.path)}"
        return f"{path}{others}  {self.paint(tail, DIM)}"

    def _beginning(self, found: Trace) -> str:
        if found.written is None:
            return self._origin(found.origin)
        text = f"modified: {found.written} tells of other bytes under this name"
        return self.paint(printable(text), RED)

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
        if record.run.get("edited"):
            title += "  " + self.paint("its code was edited while it ran", YELLOW)
        return title

    def _facts(self, record: Record, *, room: int) -> Iterator[str]:
        settings = record.recipe.get("settings", {})
        for values in (self.chosen(record.verb, settings), record.facts):
            told = _told(values, room)
            if told:
                yield told
        wall, end = record.run.get("wall_s"), str(record.run.get("end", ""))
        parts = [
            f"record {short(record.record_id)}",
            f"code {short(str(record.recipe.get('code', '')))}",
            _seconds(wall) if isinstance(wall, int | float) else "",
            f"{end[:16].replace('T', ' ')} UTC" if end else "",
        ]
        yield " · ".join(part for part in parts if part)


def _seconds(wall: float) -> str:
    return f"{wall:.2g} s" if wall < 10 else duration(wall / 3600)


def _groups(step: Step, found: Trace) -> list[list[Link]]:
    """Put like inputs together: one role, one verb behind them, or one origin."""
    groups: dict[tuple[Any, ...], list[Link]] = {}
    for link in step.links:
        verb = found.steps[link.maker].record.verb if link.maker is not None else None
        groups.setdefault((link.entry.role, verb, link.origin, link.rewritten), []).append(link)
    return list(groups.values())


def _told(values: Any, room: int) -> str:
    """Write as many settings or facts as there is room for, the seed before all."""
    told = [
        f"{name}={_value(value)}"
        for name, value in sorted(_flat(values), key=lambda pair: pair[0] != "seed")
    ]
    text = " ".join(told)
    for number in range(len(told) - 1, 0, -1):
        if len(text) <= room:
            break
        text = f"{' '.join(told[:number])} … {len(told) - number} more"
    return text


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
        if link.origin not in (None, FORMER)
    }
    text = f"{many(len(found.steps), 'job')}, {many(len(sources), 'registered source')}"
    faults = [
        *(
            f"unrecorded ancestor: {entry.path}, read by {place}"
            for place, entry in found.unrecorded
        ),
        *(f"record altered: {record.place} {record.fault}" for record in found.altered),
        *(f"circle: {place} is among its own ancestors" for place in found.circles),
    ]
    if found.maker is None:
        return
    yield from _commits(found)
    if found.is_whole:
        whole = "every way ends at a registered source" if sources else "drawn from settings alone"
        yield f"{text}: {paint(whole, GREEN)}"
        return
    yield f"{text}, {paint(many(len(faults), 'fault'), RED)}" if faults else text
    for fault in faults[:FAULTS]:
        yield paint(f"  {printable(fault)}", RED)
    if len(faults) > FAULTS:
        yield f"  … {len(faults) - FAULTS} more"


def _commits(found: Trace) -> Iterator[str]:
    """Name the states of the code that the jobs ran with."""
    states = dict.fromkeys(
        (str(source["commit"])[:12], bool(source.get("dirty")))
        for step in found.steps.values()
        if (source := step.record.source).get("commit")
    )
    told = [commit + (" with uncommitted changes" if dirty else "") for commit, dirty in states]
    if told:
        word = "commit" if len(told) == 1 else "commits"
        more = f" and {len(told) - COMMITS} more" if len(told) > COMMITS else ""
        yield f"code of {word} {', '.join(told[:COMMITS])}{more}"
