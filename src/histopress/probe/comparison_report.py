"""Words of the comparison of encoders."""

from collections.abc import Mapping, Sequence
from typing import Any

from histopress.probe.comparison import ComparisonRow
from histopress.probe.pairs import verdict
from histopress.probe.settings import Classifier, Metric

SELECTION = (
    "The encoder with the highest value was picked by the same patches that it is judged by: its "
    "value is likely too high, the more so the more rows there are. Name the encoder in advance, "
    "or confirm the choice on other patches."
)
PAIRED = (
    "Intervals of single rows do not test a difference; the paired differences do, one at a time, "
    "without correction for their number. All intervals are about new groups for the probes as "
    "they were fitted: how encoder and probe vary from training to training is not in them."
)


def comparison_report(
    rows: Sequence[ComparisonRow], *, classifier: Classifier, level: float
) -> str:
    """Write the comparison as Markdown; rows of other classifiers are left to the table."""
    shown = [row for row in rows if row.classifier == classifier]
    tasks = list(dict.fromkeys(row.task for row in shown))
    lines = [
        "# Encoders compared",
        "",
        (
            f"Frozen embeddings, read by {_CLASSIFIERS[classifier]} fitted on each task's training "
            "and tuning patches; scored once on its validation patches, "
            f"{level * 100:g} % intervals over groups. Differences are paired, to the reference "
            "encoder."
        ),
    ]
    for task in tasks:
        lines += _task_lines([row for row in shown if row.task == task])
    lines += ["", "## How to read this", "", f"- {PAIRED}", f"- {SELECTION}"]
    lines.append(
        "- *Trained on the task*: the encoder learned from this task's training part, from its "
        "*labels* or from its *patches* alone; its row tells how well it learned the task, not how "
        "well it carries over. *Unknown*: its card does not say."
    )
    return "\n".join(lines) + "\n"


_CLASSIFIERS = {
    "logistic": "a logistic regression",
    "mlp": "a network of one hidden layer",
}


def _task_lines(rows: Sequence[ComparisonRow]) -> list[str]:
    first = rows[0]
    sizes = first.probe["patches"]
    metric: Metric = "auc"
    lines = [
        "",
        f"## {first.task}",
        "",
        (
            f"{len(first.probe['classes'])} classes, {sizes['validation']} validation patches in "
            f"{first.scores['groups']} groups; fitted on {sizes['training'] + sizes['tuning']}."
        ),
        "",
        f"| encoder | trained on the task | AUC | balanced accuracy | AUC − {first.reference} | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        scores = row.scores
        difference = (row.differences or {}).get(metric, {})
        said = verdict(difference["low"], difference["high"]) if difference else "reference"
        cells = (
            row.encoder,
            row.trained,
            span(scores["auc"]),
            span(scores["balanced_accuracy"]),
            span(difference, signed=True) if difference else "",
            said,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines + _notes(rows)


def _notes(rows: Sequence[ComparisonRow]) -> list[str]:
    defined = [row for row in rows if row.scores["auc"]["value"] is not None]
    lines = []
    if len(defined) > 1:
        best = max(defined, key=lambda row: row.scores["auc"]["value"])
        lines += ["", f"Highest AUC: {best.encoder} (selected; see below)."]
    facts = rows[0].probe["task_facts"]
    warnings = [*rows[0].scores["warnings"], *(facts.get("warnings") or ())]
    notes = [*([facts["note"]] if facts.get("note") else ()), *warnings]
    return lines + (["", *(f"- {note}" for note in notes)] if notes else [])


def span(entry: Mapping[str, Any], *, signed: bool = False) -> str:
    """Write a value with its interval.

    Examples
    --------
    >>> span({"value": 0.8304, "low": 0.8, "high": 0.86})
    '0.830 [0.800, 0.860]'
    """
    if entry.get("value") is None:
        return "undefined"
    sign = "+" if signed else ""
    text = f"{entry['value']:{sign}.3f}"
    if entry["low"] is not None:
        text += f" [{entry['low']:{sign}.3f}, {entry['high']:{sign}.3f}]"
    return text.replace("-", "−")
