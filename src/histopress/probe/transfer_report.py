"""Words and tables of the transfer study."""

from collections.abc import Sequence
from typing import Any

from histopress.probe.effects import Effect
from histopress.probe.transfer import Cell, Score, training_label

TABLE_COLUMNS = ("encoder", "seed", "trained_on", "task", "metric", "value")
MATRIX_COLUMNS = ("kind", "row", "task", "value", "sd", "low", "high", "seeds", "verdict")


def table_rows(
    scores: Sequence[Score], tasks: Sequence[str], *, metric: str
) -> list[dict[str, Any]]:
    """Give a row an encoder and task, by :data:`TABLE_COLUMNS`."""
    return [
        {
            "encoder": score.encoder,
            "seed": score.seed,
            "trained_on": "+".join(task for task in tasks if task in score.trained),
            "task": score.task,
            "metric": metric,
            "value": score.value,
        }
        for score in scores
    ]


def matrix_rows(
    cells: Sequence[Cell], effects: Sequence[Effect], tasks: Sequence[str]
) -> list[dict[str, Any]]:
    """Give a row a cell (kind ``score``) and effect (``added``), by :data:`MATRIX_COLUMNS`."""
    rows: list[dict[str, Any]] = [
        {
            "kind": "score",
            "row": training_label(cell.trained, tasks),
            "task": cell.task,
            "value": cell.mean,
            "sd": cell.sd,
            "seeds": cell.seeds,
        }
        for cell in cells
    ]
    rows += [
        {
            "kind": "added",
            "row": effect.added,
            "task": effect.task,
            "value": effect.value,
            "low": effect.low,
            "high": effect.high,
            "seeds": effect.seeds,
            "verdict": effect.verdict,
        }
        for effect in effects
    ]
    return [{name: row.get(name, "") for name in MATRIX_COLUMNS} for row in rows]


def transfer_report(
    cells: Sequence[Cell],
    effects: Sequence[Effect],
    tasks: Sequence[str],
    *,
    metric: str,
    level: float,
) -> str:
    """Write the study as Markdown.

    Only differences whose interval excludes 0 are said to help or hurt.
    """
    lines = ["# Which task helps which", ""]
    lines += [
        (
            "Encoders trained on different sets of tasks, frozen and probed on each task: "
            f"{metric}, mean ± standard deviation over seeds of training."
        ),
        "",
        f"| trained on | {' | '.join(tasks)} |",
        f"|---|{'---|' * len(tasks)}",
    ]
    found = {(cell.trained, cell.task): cell for cell in cells}
    for trained in dict.fromkeys(cell.trained for cell in cells):
        row = [_cell(found.get((trained, task))) for task in tasks]
        lines.append(f"| {training_label(trained, tasks)} | {' | '.join(row)} |")
    lines += ["", "## What adding a task does", ""]
    lines += _effect_lines(effects, tasks, level=level)
    return "\n".join(lines) + "\n"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return f"{cell.mean:.3f}" if cell.sd is None else f"{cell.mean:.3f} ± {cell.sd:.3f}"


def _effect_lines(effects: Sequence[Effect], tasks: Sequence[str], *, level: float) -> list[str]:
    if not effects:
        return ["No two encoders differ by one task at the same seed, so nothing can be said."]
    lines = [
        (
            "| task added | task probed | difference | "
            f"{level * 100:g} % interval | seeds | verdict | added to |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for effect in effects:
        bounds = ""
        if effect.low is not None and effect.high is not None:
            bounds = f"[{effect.low:+.3f}, {effect.high:+.3f}]".replace("-", "−")
        sets = "; ".join(training_label(each, tasks) for each in effect.sets)
        cells = (
            effect.added,
            effect.task,
            f"{effect.value:+.3f}".replace("-", "−"),
            bounds,
            str(effect.seeds),
        )
        lines.append(f"| {' | '.join((*cells, effect.verdict, sets))} |")
    return [*lines, "", *_reading(effects, level)]


def _reading(effects: Sequence[Effect], level: float) -> list[str]:
    said = [effect for effect in effects if effect.verdict in ("helps", "hurts")]
    tested = sum(effect.low is not None for effect in effects)
    chance = f"{tested * (1 - level):.1f}"
    words = [f"{each.added} {each.verdict} {each.task}" for each in said]
    few = min(effect.seeds for effect in effects)
    return [
        (
            f"Said to help or hurt: {'; '.join(words) or 'none'}. Of {tested} intervals, {chance} "
            "would exclude 0 by chance alone if no task did anything to any other."
        ),
        "",
        (
            "- A difference compares, seed by seed, encoders trained with the added task and the "
            "same without it, averaged over the training sets named; untrained encoders do not "
            "enter."
        ),
        "- Intervals are Student's, over seeds: they are about training again on the same patches, "
        "probed on the same patches, not about other patches, organs or laboratories. "
        f"The least number of seeds is {few}"
        + (": such intervals are wide and can hide effects that matter." if few < 6 else "."),
        (
            "- Where an encoder of more tasks sees as many patches a step as one of fewer, it sees "
            "fewer of each; a task can hurt by taking their place alone."
        ),
    ]
