"""Words, cells and tables of the pages that tell of encoders."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SHOWN = ("auc", "balanced_accuracy", "accuracy")
"""Metrics that tables of tasks show, where there are any."""


def table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write a Markdown table: a row a task, its metrics with their intervals.

    Parameters
    ----------
    rows : sequence of mapping
        ``task`` and, where known, ``classifier``, ``n``, ``groups``, ``level`` and metrics.
    """
    metrics = [key for key in SHOWN if any(key in row for row in rows)]
    extra = [key for key in ("classifier", "n", "groups") if any(key in row for row in rows)]
    columns = ["task", *extra, *metrics]
    yield "| " + " | ".join(words(column) for column in columns) + " |"
    yield "|---" * len(columns) + "|"
    for row in rows:
        cells = [interval(row.get(key)) if key in metrics else row.get(key) for key in columns]
        yield "| " + " | ".join("–" if value is None else cell(value) for value in cells) + " |"
    levels = sorted({float(row["level"]) for row in rows if "level" in row})
    if levels:
        shares = ", ".join(f"{level:.0%}" for level in levels)
        yield ""
        yield f"In brackets: {shares} intervals over groups (patients, slides or near-duplicates)."


def interval(metric: Any) -> str | None:
    """Write a metric with its bounds, such as ``0.912 [0.880, 0.941]``; None where undefined."""
    if isinstance(metric, (int, float)):
        return f"{metric:.3f}"
    if not isinstance(metric, Mapping) or metric.get("value") is None:
        return None
    low, high = metric.get("low"), metric.get("high")
    bounds = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{metric['value']:.3f}{bounds}"


def plain(value: Any) -> str:
    """Write values of a card as words.

    Examples
    --------
    >>> plain({"training": 80, "tuning": None, "range": [0.65, 1.35]})
    'training 80, tuning none, range 0.65–1.35'
    """
    if isinstance(value, Mapping):
        return ", ".join(f"{words(key)} {plain(value[key])}" for key in value)
    if isinstance(value, (list, tuple)):
        if len(value) == 2 and all(isinstance(entry, float) for entry in value):
            return "–".join(map(plain, value))
        nested = any(isinstance(entry, (list, tuple, Mapping)) for entry in value)
        return ("; " if nested else ", ").join(map(plain, value))
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def words(key: object) -> str:
    """Write a key as words.

    Examples
    --------
    >>> words("kept_epoch")
    'kept epoch'
    """
    return str(key).replace("_", " ")


def inline(value: object) -> str:
    """Keep a value on its line, and let it start no markup of its own."""
    text = " ".join(str(value).split())
    return text.replace("<", "&lt;").replace("`", "'")


def cell(value: object) -> str:
    """Keep a value inside its cell."""
    return inline(value).replace("|", "\\|")
