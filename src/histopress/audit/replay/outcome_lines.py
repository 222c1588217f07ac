"""The lines in which people read what a replay found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from histopress.audit.paint import BOLD, DIM, GREEN, RED, YELLOW, Paint, printable, short
from histopress.audit.recipes.changes import describe
from histopress.audit.replay.checkout import Code
from histopress.audit.replay.levels import Level
from histopress.audit.replay.outcome import CIRCUMSTANCES, InputOutcome, Outcome, OutputOutcome
from histopress.audit.replay.tolerance import Deviation
from histopress.cohort.people import VARIABLE

COLOURS: Mapping[Level, str] = {Level.METRIC: YELLOW, Level.DIFFERS: RED}
WORD = max(len(level.word) for level in Level)
MOST = 5
"""Inputs that are told one by one."""


def outcome_lines(found: Outcome, *, colour: bool = False) -> Iterator[str]:
    """Write an outcome: the job, the code, each output with its level, what to know of inputs."""
    paint = Paint(colour)
    names = found.record.recipe.get("wildcards", {})
    about = " ".join(f"{name}={value}" for name, value in names.items())
    yield f"{paint(printable(found.record.verb), BOLD)} {printable(about)}".rstrip()
    yield paint(f"  {_code(found.code)}; {_run(found.run)}", DIM)
    if found.code.detail:
        yield paint(f"  no worktree: {printable(found.code.detail)}", DIM)
    yield from _input_lines(found.inputs, paint)
    for change in found.changes:
        word = "another circumstance" if change.kind in CIRCUMSTANCES else "another recipe"
        tint = YELLOW if change.kind in CIRCUMSTANCES else RED
        yield f"  {paint(word, tint)}: {printable(describe(change))}"
    for output in found.outputs:
        yield from output_lines(output, colour=colour)


def level_line(level: Level, *, colour: bool = False) -> str:
    """Write the level that all outputs reach, and what it means."""
    return f"{Paint(colour)(level.word, COLOURS.get(level, GREEN))}: {MEANING[level]}"


MEANING: Mapping[Level, str] = {
    Level.BYTES: "every byte came out again",
    Level.VALUES: "every value came out again, in other bytes",
    Level.TOLERANCE: "numbers differ by less than rounding explains",
    Level.METRIC: "beyond rounding, but the figures that people quote agree",
    Level.DIFFERS: "something came out otherwise",
}


def _code(code: Code) -> str:
    if code.kind == "at hand":
        return "code at hand"
    patch = f" with what was not committed ({short(code.patch)})" if code.patch else ""
    return f"code of commit {str(code.commit)[:12]}{patch}"


def _run(run: Mapping[str, Any]) -> str:
    where = run.get("gpu") or run.get("cpu") or run.get("machine", "unknown machine")
    seconds = run.get("wall_s")
    took = f"ran {seconds:.1f} s" if isinstance(seconds, int | float) else "ran"
    return printable(f"{took} on {where} ({run.get('capability', 'unknown')})")


def _input_lines(inputs: Sequence[InputOutcome], paint: Paint) -> Iterator[str]:
    rebuilt = [each for each in inputs if each.origin == "rebuilt"]
    if rebuilt:
        levels = Counter(each.level for each in rebuilt if each.level is not None)
        told = ", ".join(f"{n} reached {level.word}" for level, n in sorted(levels.items()))
        fine = min(levels, default=Level.BYTES) is Level.BYTES
        yield f"  {paint(f'inputs rebuilt first: {told}', GREEN if fine else YELLOW)}"
    others = [each for each in inputs if each.origin != "rebuilt"]
    for each in others[:MOST]:
        detail = f"; {each.detail}" if each.detail else ""
        yield f"  {paint(printable(f'input {each.path}: {each.origin}{detail}'), YELLOW)}"
    if len(others) > MOST:
        yield f"  … and {len(others) - MOST} more inputs that were not simply there"


def output_lines(output: OutputOutcome, *, colour: bool = False) -> Iterator[str]:
    """Write how one output came out: its level, and what there is to add."""
    paint, level = Paint(colour), output.level
    word = paint(f"{level.word:<{WORD}}", COLOURS.get(level, GREEN))
    yield f"  {word}  {printable(output.entry.path)}"
    for detail in _details(output):
        yield paint(f"  {'':<{WORD}}  {printable(detail)}", DIM)


def _details(output: OutputOutcome) -> Iterator[str]:
    if output.standing == "changed":
        yield f"was changed since its job ran; what was rebuilt: {output.comparison.level.word}"
    elif output.standing == "absent":
        yield "is not there; compared with what its record says of it"
    shown = output.change or output.comparison
    if shown.detail:
        yield shown.detail
    if "people" in shown.detail:
        yield f"people are told under a key: let {VARIABLE} name the one that the job had"
    if shown.deviation is not None:
        yield _deviation(shown.deviation)


def _deviation(found: Deviation) -> str:
    return (
        f"largest difference {found.difference:.3g} at '{found.where}', "
        f"{found.allowed:.3g} is allowed there"
    )
