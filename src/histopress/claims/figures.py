"""Figures of claims: what was measured, and the difference that the verdict rests on."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from histopress.claims.pages import signed
from histopress.claims.result import ClaimResult, Finding
from histopress.evaluate.figures.canvas import (
    DASHED,
    legend_inside,
    sentence_figure,
    sheet,
    styled,
    write_title,
)
from histopress.evaluate.style import INK, PALE, PALETTE, line, shorten

WIDTH = 7.2
ROW_INCHES = 0.3
FURTHEST = 12.0
"""Smallest effects of interest beyond which an interval of the overview is cut."""
NAMES = {
    "auc": "AUC within folds",
    "spearman": "Spearman's ρ within folds",
    "c": "Harrell's C within folds",
    "log hazard ratio": "log hazard ratio",
    "pixel auroc": "pixel AUROC",
}


@styled
def claim_figure(result: ClaimResult) -> Figure:
    """Draw the figures behind a claim on the left, its differences on the right.

    The thick interval is the one that the verdict rests on, corrected for the family of claims;
    thin ones are uncorrected. The shaded band is smaller than matters.
    """
    found = [*([result.finding] if result.finding else []), *result.beside]
    if not found:
        sentence = " ".join(filter(None, [result.sentence, result.headed]))
        return sentence_figure(sentence, title=result.statement, width=WIDTH)
    height = max(2.4, 0.9 + ROW_INCHES * max(len(found), _rows_of(result)))
    figure = sheet(WIDTH, height, _caption(result))
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.25, 1)})
    _PANELS[result.kind](left, result)
    _draw_findings(right, found, primary=result.finding)
    write_title(left, result.statement, inches=3.7)
    right.set_title("What it differs by", fontsize=9, loc="left")
    return figure


@styled
def verdicts_figure(results: Sequence[Mapping[str, Any]], *, headed: str = "") -> Figure:
    """Draw the corrected interval of every claim, in units of its smallest effect of interest.

    Parameters
    ----------
    results : sequence of mapping
        As :meth:`ClaimResult.as_json` gives them.
    headed : str
        Stands in the caption.
    """
    caption = (
        "Intervals are corrected for all claims (Bonferroni). One unit is the smallest effect of "
        "interest of each claim; inside the band a difference is smaller than matters."
    )
    figure = sheet(WIDTH, 0.9 + ROW_INCHES * len(results), f"{caption}\n{headed}".strip())
    axes = figure.add_subplot()
    axes.axvspan(-1, 1, color=PALE, alpha=0.18, linewidth=0)
    axes.axvline(0, **DASHED)
    for place, each in enumerate(results):
        if each["finding"]:
            _draw_interval(axes, each["finding"]["decision"], place)
        told = wrap(each["sentence"], 40, max_lines=2, placeholder=" …")
        where: Any = {"xycoords": ("axes fraction", "data"), "va": "center"}
        axes.annotate("\n".join(told), (1.02, place), fontsize=6.5, color=INK, **where)
    names = [f"{each['letter']}  {shorten(each['claim'], 34)}" for each in results]
    axes.set_yticks(range(len(results)), names, fontsize=7)
    axes.set_ylim(len(results) - 0.4, -0.6)
    axes.set_xlabel("difference ÷ smallest effect of interest")
    return figure


def _draw_interval(axes: Axes, decision: Mapping[str, Any], place: int) -> None:
    """Draw one interval in units of the margin; an arrow stands where it is cut."""
    color = _COLORS[decision["verdict"]]
    low, value, high = (
        float(np.clip(decision[key] / decision["margin"], -FURTHEST, FURTHEST))
        for key in ("low", "estimate", "high")
    )
    axes.plot([low, high], [place, place], color=color, linewidth=2)
    axes.plot([value], [place], "o", color=color, markersize=4)
    for end, mark in ((low, "<"), (high, ">")):
        if abs(end) == FURTHEST:
            axes.plot([end], [place], mark, color=color, markersize=5)


_COLORS = {
    "shown": PALETTE[2],
    "reversed": PALETTE[5],
    "equivalent": PALETTE[0],
    "undecided": PALETTE[7],
}


def _metric(result: ClaimResult) -> str:
    own = result.metric or ""
    return NAMES.get(own, own)


def _rows_of(result: ClaimResult) -> int:
    return len(result.rows) if result.kind in ("contrast", "precision") else 8


def _caption(result: ClaimResult) -> str:
    parts = [result.headed, result.note, *result.warnings]
    if result.finding is None:
        return "\n".join(filter(None, [result.sentence, *parts]))
    decision = result.finding.decision
    figures = (
        f"{_spaced(result.finding.name)}: {signed(decision.estimate)} "
        f"[{signed(decision.low)}, {signed(decision.high)}], {decision.level * 100:.4g} % "
        f"interval, n = {decision.n:,}. Verdict: {result.sentence}."
    )
    return "\n".join(filter(None, [figures, *parts]))


def _spaced(name: str) -> str:
    return name.replace(" - ", " − ")


def _draw_findings(axes: Axes, found: Sequence[Finding], *, primary: Finding | None) -> None:
    for place, each in enumerate(found):
        decision = each.decision
        thick = each is primary
        axes.fill_betweenx(
            [place - 0.4, place + 0.4],
            -decision.margin,
            decision.margin,
            color=PALE,
            alpha=0.18,
            linewidth=0,
        )
        color = _COLORS[decision.verdict.value] if thick else INK
        axes.plot(
            [decision.low, decision.high],
            [place, place],
            color=color,
            linewidth=2.4 if thick else 1,
        )
        axes.plot([decision.estimate], [place], "o", color=color, markersize=4)
    axes.axvline(0, **DASHED)
    names = [wrap(_spaced(each.name), 26, max_lines=2, placeholder=" …") for each in found]
    axes.set_yticks(range(len(found)), ["\n".join(lines) for lines in names], fontsize=6.5)
    free = max(0, 3 - len(found)) / 2
    axes.set_ylim(len(found) - 0.4 + free, -0.6 - free)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("difference")


def _draw_arms(axes: Axes, result: ClaimResult) -> None:
    """Each arm's figure with its own interval."""
    for place, row in enumerate(result.rows):
        color = PALETTE[0 if row["side"] == "first" else 1]
        if row["low"] is not None:
            axes.plot([row["low"], row["high"]], [place, place], color=color, linewidth=1.2)
        if row["value"] is not None:
            axes.plot([row["value"]], [place], "o", color=color, markersize=4)
    axes.set_yticks(
        range(len(result.rows)), [shorten(str(row["encoder"]), 24) for row in result.rows]
    )
    axes.set_ylim(len(result.rows) - 0.4, -0.6)
    axes.set_xlabel(_metric(result))


def _draw_counts(axes: Axes, result: ClaimResult) -> None:
    """Draw performance against the number of tasks, a point an encoder."""
    counts = [str(row["side"]).count("+") + 1 for row in result.rows]
    values = [row["value"] for row in result.rows]
    axes.plot(counts, values, "o", color=PALETTE[0], alpha=0.6, markersize=4, label="one encoder")
    trend = result.facts["trend"]
    axes.plot(
        trend["counts"], trend["means"], "_", color=INK, markersize=16, markeredgewidth=1.6,
        label="mean",
    )  # fmt: skip
    axes.set_xticks(sorted(set(counts)))
    axes.set_xlabel("patch tasks learned")
    axes.set_ylabel(_metric(result))
    legend_inside(axes, "best")


def _draw_survival(axes: Axes, result: ClaimResult) -> None:
    """Kaplan-Meier curves of the groups."""
    for place, name in enumerate(dict.fromkeys(row["group"] for row in result.rows)):
        own = [row for row in result.rows if row["group"] == name]
        times = [0.0, *(row["time"] for row in own)]
        shares = [1.0, *(row["survival"] for row in own)]
        axes.step(times, shares, where="post", label=name, **line(place))
    axes.set(ylim=(0, 1.02), xlim=(0, None), xlabel="time", ylabel="surviving")
    legend_inside(axes, "upper right")


def _draw_sizes(axes: Axes, result: ClaimResult) -> None:
    """Score against lesion size, a line an encoder and share of the patients."""
    arms = dict.fromkeys((row["encoder"], row["share"]) for row in result.rows)
    for place, (encoder, share) in enumerate(arms):
        own = [row for row in result.rows if (row["encoder"], row["share"]) == (encoder, share)]
        name = shorten(encoder, 20) + (f", {share:.0%}" if share < 1 else "")
        values = [np.nan if row["value"] is None else row["value"] for row in own]
        axes.plot(range(len(own)), values, marker="o", markersize=3, label=name, **line(place))
    axes.axhline(0.5, **DASHED)
    edges = [f"{_three(low)}–{_three(high)}" for low, high in result.facts["edges"]]
    axes.set_xticks(range(len(edges)), edges)
    axes.set(xlabel=result.facts["sizes"], ylabel="AUC of that size")
    legend_inside(axes, "best")


def _three(value: float) -> str:
    """Write a size with three figures and no power of ten."""
    return f"{float(f'{value:.3g}'):,.12g}"


def _draw_overlap(axes: Axes, result: ClaimResult) -> None:
    """Pixel AUROC and Jaccard indices of every slide, as sorted points."""
    shown = (
        ("auroc", "pixel AUROC"),
        ("jaccard", "Jaccard"),
        ("random_jaccard", "Jaccard, random"),
        ("centred_jaccard", "Jaccard, centred"),
    )
    for place, (key, name) in enumerate(shown):
        values = np.sort([row[key] for row in result.rows])
        shares = (np.arange(len(values)) + 0.5) / len(values)
        axes.plot(values, shares, label=name, **line(place))
    axes.axvline(0.5, **DASHED)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="index", ylabel="share of slides below")
    legend_inside(axes, "best")


def _draw_bits(axes: Axes, result: ClaimResult) -> None:
    """Score against bytes a slide."""
    sizes = [row["cell_bytes_a_slide"] / 1000 for row in result.rows]
    axes.plot(sizes, [row["value"] for row in result.rows], "o-", color=PALETTE[0], markersize=4)
    for size, row in zip(sizes, result.rows, strict=True):
        axes.annotate(
            f"{row['bits']} bits", (size, row["value"]), textcoords="offset points",
            xytext=(4, -10), fontsize=7,
        )  # fmt: skip
    axes.margins(0.15, 0.2)
    axes.set(xlabel="kB a slide and view", ylabel=_metric(result))


_PANELS: Mapping[str, Callable[[Axes, ClaimResult], None]] = {
    "contrast": _draw_arms,
    "inclusion": _draw_counts,
    "separation": _draw_survival,
    "limit": _draw_sizes,
    "saliency": _draw_overlap,
    "precision": _draw_bits,
}
