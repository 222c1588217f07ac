"""Which covariates a regression can tell apart, and who shares a stratum."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64, Int

OTHERS = "others"
_SAME = 1e-6


def independent(
    matrix: Float64[np.ndarray, "n p"], groups: Int[np.ndarray, " n"]
) -> tuple[int, ...]:
    """Columns that do not follow, within groups, from those before them.

    Examples
    --------
    >>> x = np.array([[1.0, 2, 5], [2, 4, 5], [3, 6, 5], [5, 10, 5]])
    >>> independent(x, np.zeros(4, int))
    (0,)
    """
    kept: list[int] = []
    basis: list[np.ndarray] = []
    for place, column in enumerate(matrix.T):
        rest = within(column, groups)
        size = float(np.linalg.norm(column - column.mean()))
        for direction in basis * 2:
            # Twice, because once leaves rounding of the size of what was taken away.
            rest = rest - direction * float((direction * rest).sum())
        left = float(np.linalg.norm(rest))
        if left > _SAME * size > 0:
            kept.append(place)
            basis.append(rest / left)
    return tuple(kept)


def within(
    column: Float64[np.ndarray, " n"], groups: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Take the mean of each group from a column."""
    found = np.empty(len(column))
    for name in np.unique(groups):
        inside = groups == name
        found[inside] = column[inside] - column[inside].mean()
    return found


def crossed(centers: Sequence[str], folds: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Give each pair of centre and fold a number from 0.

    Examples
    --------
    >>> crossed(["a", "b", "a"], np.array([0, 0, 1])).tolist()
    [0, 2, 1]
    """
    pairs = list(zip(centers, folds.tolist(), strict=True))
    place = {pair: number for number, pair in enumerate(sorted(set(pairs)))}
    return np.array([place[pair] for pair in pairs], np.int64)


def merged(
    centers: Sequence[str], positives: Bool[np.ndarray, " n"], *, least: int
) -> tuple[str, ...]:
    """Rename centres: those of few patients, or of one class alone, become "others".

    Where these are of one class even together, they join the largest of the centres that are left:
    an intercept of their own would be infinite.

    Examples
    --------
    >>> merged(["a", "a", "b", "c"], np.array([True, False, True, False]), least=2)
    ('a', 'a', 'others', 'others')
    """
    size = Counter(centers)
    small = {name for name in size if size[name] < least or _one_sided(centers, positives, {name})}
    large = [name for name in sorted(size) if name not in small]
    join = large and small and _one_sided(centers, positives, small)
    others = max(large, key=lambda name: size[name]) if join else OTHERS
    return tuple(others if name in small else name for name in centers)


def _one_sided(centers: Sequence[str], positives: np.ndarray, names: set[str]) -> bool:
    return len({bool(y) for y, own in zip(positives, centers, strict=True) if own in names}) < 2


def indicators(groups: Sequence[str | int]) -> Float64[np.ndarray, "n groups"]:
    """Make a column of 0 and 1 for each group but the first in order."""
    names = sorted(set(groups), key=str)[1:]
    return np.array([[float(own == name) for name in names] for own in groups]).reshape(
        len(groups), len(names)
    )
