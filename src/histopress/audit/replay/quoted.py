"""The last rung but one: files that are out of tolerance and still say the same.

Training is chaotic: a sum that is rounded otherwise in the first step is another network after a
thousand. Its weights then agree with nothing, and what counts is whether its predictions and the
figures made of them do. Only these are looked at:

- the primary figure of metrics, of a control's null and of an encoder's probe or card, and the
  estimates of a comparison: apart by :data:`FIGURE` at most (they are AUC, rank correlations and
  concordances, all of size 1);
- predictions: the same slides or patches with the same labels, and scores whose ranks correlate
  by :data:`RANK` at least in every column.

Weights, histories, pictures and pages quote nothing themselves: they reach ``metric`` if the same
job left something that does, and all of it agrees. Embeddings, grids and maps never do.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from histopress.audit.replay.contents import read_contents
from histopress.audit.replay.levels import Comparison, Level, compare_files
from histopress.audit.replay.tolerance import Deviation
from histopress.errors import StoreError

FIGURE = 0.02
"""Largest difference of a figure that people quote; its intervals are some 0.1 wide."""
RANK = 0.95
"""Least rank correlation of predictions."""
FOLLOWING = frozenset({".safetensors", ".csv", ".svg", ".png", ".md"})
"""What reaches ``metric`` by what its job quotes."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An output as recorded, and as rebuilt."""

    name: str
    recorded: Path
    rebuilt: Path


def compare_outputs(pairs: Sequence[Pair]) -> dict[str, Comparison]:
    """Compare all outputs of one job.

    Parameters
    ----------
    pairs : sequence of Pair
        Each with a name of its own, whose suffix is the file's kind.

    Returns
    -------
    dict
        By name.
    """
    found = {
        pair.name: compare_files(pair.recorded, pair.rebuilt, Path(pair.name).suffix.lower())
        for pair in pairs
    }
    quoting: list[bool] = []
    for pair in pairs:
        own = quoted_deviation(pair.recorded, pair.rebuilt, Path(pair.name).suffix.lower())
        if own is None:
            continue
        at_hand = found[pair.name]
        agrees = at_hand.level >= Level.TOLERANCE or own.ratio <= 1
        quoting.append(agrees)
        if at_hand.level is Level.DIFFERS and agrees:
            found[pair.name] = _lifted(at_hand, own)
    if quoting and all(quoting):
        for pair in pairs:
            suffix = Path(pair.name).suffix.lower()
            if found[pair.name].level is Level.DIFFERS and suffix in FOLLOWING:
                found[pair.name] = replace(found[pair.name], level=Level.METRIC)
    return found


def quoted_deviation(first: Path, second: Path, kind: str) -> Deviation | None:
    """Compare the numbers that people quote of two files.

    Returns
    -------
    Deviation or None
        None where the files quote nothing, or other things. ``difference`` is that of two figures,
        or what is missing of a rank correlation of 1; ``allowed`` is :data:`FIGURE`, or what may
        be missing of it.
    """
    reader = {".json": _figures_of_json, ".csv": _figures_of_table}.get(kind)
    if reader is None:
        return None
    try:
        left, right = reader(first), reader(second)
        if left and left.keys() == right.keys():
            return _worst(_figure_deviations(left, right))
        return _worst(_rank_deviations(first, second)) if kind == ".csv" else None
    except (StoreError, OSError, ValueError, KeyError, TypeError):
        return None


def _lifted(at_hand: Comparison, own: Deviation) -> Comparison:
    return Comparison(
        level=Level.METRIC, deviation=own, detail=at_hand.detail or "numbers beyond tolerance"
    )


def _figures_of_json(path: Path) -> dict[str, float | None]:
    return dict(_figures(json.loads(path.read_text(encoding="utf-8")), ""))


def _figures(value: Any, name: str) -> Iterator[tuple[str, float | None]]:
    """Find the primary figure of metrics, the mean of a null, the AUC of patch metrics."""
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from _figures(part, f"{name}[{place}]")
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("metrics"), Mapping) and value.get("primary") in value["metrics"]:
        yield f"{name}{value['primary']}", value["metrics"][value["primary"]]["estimate"]
        return
    if {"permutations", "chance", "mean"} <= value.keys():
        yield f"{name}mean", value["mean"]
    for key, part in value.items():
        if key == "auc" and isinstance(part, Mapping) and "value" in part:
            yield f"{name}.auc", part["value"]
        else:
            yield from _figures(part, f"{name}.{key}" if name else str(key))


def _figures_of_table(path: Path) -> dict[str, float | None]:
    """Read the estimates of a comparison, by all that stands to the left of them."""
    with path.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    if not rows or "estimate" not in rows[0]:
        return {}
    place = rows[0].index("estimate")
    return {" · ".join(row[:place]): float(row[place]) if row[place] else None for row in rows[1:]}


def _figure_deviations(
    left: Mapping[str, float | None], right: Mapping[str, float | None]
) -> Iterator[Deviation]:
    for name, value in left.items():
        other = right[name]
        one_only = (value is None) != (other is None)
        difference = float("inf") if one_only else abs((value or 0.0) - (other or 0.0))
        yield Deviation(where=name, difference=difference, allowed=FIGURE)


def _rank_deviations(first: Path, second: Path) -> Iterator[Deviation]:
    """Hold the ranks of predictions against each other; nothing where these are none."""
    left, right = read_contents(first, ".csv"), read_contents(second, ".csv")
    if left is None or right is None or not {"slide_id", "patch"} & set(left["columns"]):
        return
    for name in left["columns"]:
        text = f"{name} (text)"
        # The class that is predicted may turn where two are as likely.
        if not name.startswith("pred_") and not np.array_equal(left[text], right[text]):
            raise ValueError(f"{name}: other rows")
        if len(left[name]) > 1 and len(left[name]) == len(left[text]):
            missing = 1.0 - rank_correlation(left[name], right[name])
            yield Deviation(where=f"ranks of {name}", difference=missing, allowed=1.0 - RANK)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation; 1 where both are constant, 0 where one is.

    Examples
    --------
    >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.5, 0.7]))
    1.0
    """
    left, right = _ranks(first), _ranks(second)
    spread = float(np.sqrt((left @ left) * (right @ right)))
    if not spread:
        return float(not left.any() and not right.any())
    return float(np.clip(left @ right / spread, -1.0, 1.0))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Mean ranks, centred."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[place]
    return np.asarray(ranks - ranks.mean())


def _worst(found: Iterator[Deviation]) -> Deviation | None:
    return max(found, key=lambda each: each.ratio, default=None)
