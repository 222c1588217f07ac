"""The page that says which interval covers how often."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from simulated_bounds import BAD, MODELS, PROCEDURE, Bounds

LOW, HIGH = 0.93, 0.97
REQUIRED = (60, 200)
"""Patients of the cells by which a default is chosen."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One row of a table: how many cohorts were covered by each method.

    Attributes
    ----------
    metric, effect : str
    n_patients, cohorts : int
    truth, estimate : float
        Means over cohorts.
    covered : dict of str to int
        Cohorts, by method.
    lengths : dict of str to float
        Mean length of the intervals, by method.
    perfect : int
        Cohorts in which all was right; exact bounds are taken there.
    """

    metric: str
    effect: str
    n_patients: int
    cohorts: int
    truth: float
    estimate: float
    covered: dict[str, int]
    lengths: dict[str, float]
    perfect: int

    def share(self, method: str) -> float:
        """Coverage."""
        return self.covered[method] / self.cohorts

    def monte_carlo(self, method: str) -> Bounds:
        """95 % interval of the coverage (Clopper-Pearson)."""
        found = binomtest(self.covered[method], self.cohorts).proportion_ci(0.95, "exact")
        return float(found.low), float(found.high)

    def fits(self, method: str) -> bool:
        """Whether the coverage lies in the wanted range; elsewhere, its interval reaches there."""
        if self.n_patients in REQUIRED:
            return LOW <= self.share(method) <= HIGH
        low, high = self.monte_carlo(method)
        return low <= HIGH and high >= LOW


Rows = Sequence[tuple[float, float, Mapping[str, Bounds]]]
"""Estimate, truth and bounds by method, of every cohort."""


def summarise(name: tuple[str, str], n_patients: int, rows: Rows) -> Cell:
    """Count how many intervals hold their truth."""
    covered: dict[str, int] = {}
    lengths: dict[str, float] = {}
    for method in rows[0][2]:
        found = np.array([bounds[method] for *_, bounds in rows])
        truths = np.array([truth for _, truth, _ in rows])
        covered[method] = int(((found[:, 0] <= truths) & (truths <= found[:, 1])).sum())
        lengths[method] = float(np.nanmean(found[:, 1] - found[:, 0]))
    estimates = np.array([estimate for estimate, *_ in rows])
    return Cell(
        metric=name[0],
        effect=name[1],
        n_patients=n_patients,
        cohorts=len(rows),
        truth=float(np.mean([truth for _, truth, _ in rows])),
        estimate=float(np.nanmean(estimates)),
        covered=covered,
        lengths=lengths,
        perfect=int(np.isin(estimates, (0.0, 1.0)).sum()),
    )


def report(
    tables: Mapping[str, Sequence[Cell]], *, introduction: Sequence[str], titles: Mapping[str, str]
) -> Iterator[str]:
    """Write the page, line by line."""
    yield from introduction
    yield ""
    yield "## Which method is in range where"
    yield ""
    yield (
        f"Cells of {REQUIRED[0]} and {REQUIRED[1]} patients, moderate and strong effects, with "
        f"coverage in {100 * LOW:.0f}-{100 * HIGH:.0f} %, of all; then the mean distance from 95 % "
        "in points. 'Warn below': with fewer patients the method in use leaves the range in some "
        "cell (of 30, 100 and 400 patients: the whole Monte-Carlo interval does)."
    )
    yield ""
    models = [*tables["fixed"], *tables["refitted"]]
    yield from _verdicts("These models on new patients", models, MODELS, "student")
    yield from _verdicts("The procedure on a new cohort", tables["procedure"], PROCEDURE, "scaled")
    for key, cells in tables.items():
        methods = PROCEDURE if key == "procedure" else MODELS
        yield f"## {titles[key]}"
        yield ""
        yield from _table(cells, methods)


def _verdicts(
    title: str, cells: Sequence[Cell], methods: Mapping[str, str], used: str
) -> Iterator[str]:
    good = [method for method in methods if method not in BAD]
    yield f"**{title}**; in use: `{used}`"
    yield ""
    yield f"| metric | {' | '.join(good)} | warn below, by effect |"
    yield f"|---|{'---|' * (len(good) + 1)}"
    effective = [cell for cell in cells if cell.effect != "none"]
    for metric in [*dict.fromkeys(cell.metric for cell in cells), "all"]:
        own = [cell for cell in effective if metric in (cell.metric, "all")]
        required = [cell for cell in own if cell.n_patients in REQUIRED]
        scores = [_score(required, method) for method in good]
        texts = [f"{hits} of {len(required)}; {away:.1f}" for hits, away in scores]
        yield f"| {metric} | {' | '.join(texts)} | {_warn(own, used)} |"
    yield ""


def _score(cells: Sequence[Cell], method: str) -> tuple[int, float]:
    away = [abs(cell.share(method) - 0.95) for cell in cells]
    return sum(cell.fits(method) for cell in cells), 100 * float(np.mean(away))


def _warn(cells: Sequence[Cell], method: str) -> str:
    texts = []
    for effect in dict.fromkeys(cell.effect for cell in cells):
        own = [cell for cell in cells if cell.effect == effect]
        sizes = sorted({cell.n_patients for cell in own})
        wrong = [cell.n_patients for cell in own if not cell.fits(method)]
        larger = [size for size in sizes if size > max(wrong, default=0)]
        bound = str(larger[0]) if larger else f"beyond {sizes[-1]}"
        texts.append(f"{effect}: {bound if wrong else 'none'}")
    return ", ".join(texts)


def _table(cells: Sequence[Cell], methods: Mapping[str, str]) -> Iterator[str]:
    yield f"| metric | effect | n | truth | estimate | {' | '.join(methods)} | all right |"
    yield f"|---|---|--:|--:|--:|{'---|' * len(methods)}--:|"
    for cell in sorted(cells, key=lambda cell: cell.n_patients not in REQUIRED):
        entries = " | ".join(_entry(cell, method) for method in methods)
        yield (
            f"| {cell.metric} | {cell.effect} | {cell.n_patients} | {cell.truth:.3f} | "
            f"{cell.estimate:.3f} | {entries} | {cell.perfect} |"
        )
    yield ""


def _entry(cell: Cell, method: str) -> str:
    if method not in cell.covered:
        return "–"
    share, (low, high) = cell.share(method), cell.monte_carlo(method)
    text = f"{100 * share:.1f}"
    text = f"**{text}**" if LOW <= share <= HIGH else text
    return f"{text} ({100 * low:.1f}-{100 * high:.1f}); {cell.lengths[method]:.3f}"
