"""Claims and verdicts as pages to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from histopress.claims.planning import Planned

POWER = (
    "Power is the chance of the verdict *shown* if the true effect is the smallest of interest; "
    "beside it stands the chance of *equivalent* if there is none."
)


def plan_page(planned: Sequence[Planned], *, family: int, alpha: float, headed: str) -> str:
    """Write what is claimed before the run, and what the cohort can show."""
    head = [
        "# Claims, stated before the run",
        "",
        *([headed, ""] if headed else []),
        f"Each verdict is corrected for {family} claims (Bonferroni, {alpha:g} in all). {POWER}",
        "",
    ]
    rows = [
        (
            each.letter,
            each.claim,
            each.statement,
            each.contrast,
            each.metric,
            f"{each.margin:g}",
            f"{each.n:,}",
            _number(each.error),
            _share(each.power),
            _share(each.equivalence),
            "–" if each.n_needed is None else f"{each.n_needed:,}",
            each.assumed,
        )
        for each in planned
    ]
    heads = (
        "", "claim", "statement", "contrast", "metric", "smallest effect", "n", "expected SE",
        "power", "equivalence", "n for 80 %", "assumed",
    )  # fmt: skip
    return "\n".join([*head, *table(heads, rows), ""])


def verdict_table(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write one line a claim: the difference, its corrected interval, the verdict."""
    heads = ("", "claim", "difference", "estimate", "corrected interval", "n", "verdict")
    return table(heads, [_verdict_row(each) for each in results])


def _verdict_row(result: Mapping[str, Any]) -> tuple[str, ...]:
    own = (str(result["letter"]), str(result["statement"]))
    if not result["finding"]:
        return (*own, "", "", "", "", str(result["sentence"]))
    decision = result["finding"]["decision"]
    return (
        *own,
        str(result["finding"]["name"]),
        signed(decision["estimate"]),
        f"[{signed(decision['low'])}, {signed(decision['high'])}]",
        f"{decision['n']:,}",
        f"**{result['sentence']}**",
    )


def signed(value: float) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(-0.05), signed(1.2)
    ('−0.050', '+1.200')
    """
    return f"{value:+.3f}".replace("-", "−")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a Markdown table; bars in cells are escaped.

    Examples
    --------
    >>> table(("a", "b"), [("1", "x")])
    ['| a | b |', '|---|---|', '| 1 | x |']
    """
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
