"""Folds that keep every centre whole (Howard et al., Nat Commun 12:4423, 2021)."""

from collections import Counter
from collections.abc import Mapping
from math import isqrt

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, eye_array, hstack, kron

from histopress.cohort.splitting.folds import keyed_digest
from histopress.errors import ConfigError

NODES = 5000
"""Where the search for the best folds stops; a number of steps, so that equal inputs agree."""


def assign_centres(
    counts: Mapping[str, Mapping[str, int]],
    existing: Mapping[str, int],
    *,
    n_folds: int,
    key: bytes,
) -> dict[str, int]:
    """Give each centre a fold, so that folds hold as equal numbers of each class as they can.

    Minimises the sum over classes c and folds f of (k n_cf - N_c)^2, where n_cf patients of the
    N_c of a class are in the fold, as Howard et al. do with CPLEX. The first assignment is the
    optimum by mixed-integer programming (HiGHS), or the best found in :data:`NODES` nodes;
    every fold holds every class. Later nobody moves: a new centre joins the fold that makes the
    sum smallest, larger centres first.

    Parameters
    ----------
    counts : mapping of str to mapping of str to int
        Patients of each class, by centre.
    existing : mapping of str to int
        Folds given before; centres without patients now keep theirs and weigh nothing.
    n_folds : int
    key : bytes
        Decides what the sum leaves open.

    Raises
    ------
    ConfigError
        There are fewer centres than folds, or no way to give every fold each class.

    Examples
    --------
    >>> counts = {"A": {"x": 2}, "B": {"x": 1}, "C": {"x": 1}, "D": {"x": 2}}
    >>> folds = assign_centres(counts, {}, n_folds=3, key=b"k")
    >>> folds["B"] == folds["C"], len(set(folds.values()))
    (True, 3)
    """
    if existing:
        return append_centres(counts, existing, n_folds=n_folds, key=key)
    centres = sorted(counts, key=lambda name: (-sum(counts[name].values()), _order(key, name)))
    if len(centres) < n_folds:
        raise ConfigError(
            f"protocol 'preserved-site' has {n_folds} folds and the labelled slides come from "
            f"{len(centres)} centres; each fold needs one; lower folds, or use another protocol"
        )
    table = _table(counts, centres)
    greedy = append_centres(counts, {}, n_folds=n_folds, key=key)
    bound = _imbalance(table, [greedy[name] for name in centres], n_folds)
    found = _solve(table, n_folds, bound)
    if found is None:
        raise ConfigError(
            f"protocol 'preserved-site': no way was found to keep {len(centres)} centres whole and "
            f"to give each of {n_folds} folds every class; lower folds, or merge classes"
        )
    return _renumber(dict(zip(centres, found, strict=True)), key)


def append_centres(
    counts: Mapping[str, Mapping[str, int]],
    existing: Mapping[str, int],
    *,
    n_folds: int,
    key: bytes,
) -> dict[str, int]:
    """Add centres one by one, each to the fold that leaves the least imbalance."""
    folds = dict(existing)
    filled: Counter[tuple[str, int]] = Counter()
    for name, own in counts.items():
        if name in folds:
            filled.update({(label, folds[name]): n for label, n in own.items()})
    new = [name for name in counts if name not in folds]
    for name in sorted(new, key=lambda name: (-sum(counts[name].values()), _order(key, name))):
        own = counts[name]
        # (k (n + a) - N)^2 summed over the folds grows by 2 a n, and by what no fold changes.
        folds[name] = min(
            range(n_folds),
            key=lambda fold: (
                sum(n * filled[label, fold] for label, n in own.items()),
                keyed_digest(key, f"{name}/{fold}"),
            ),
        )
        filled.update({(label, folds[name]): n for label, n in own.items()})
    return folds


def _order(key: bytes, name: str) -> tuple[bytes, str]:
    return keyed_digest(key, name), name


def _table(counts: Mapping[str, Mapping[str, int]], centres: list[str]) -> np.ndarray:
    """Patients, int64 (centres, classes)."""
    labels = sorted({label for own in counts.values() for label in own})
    return np.array([[counts[name].get(label, 0) for label in labels] for name in centres])


def _imbalance(table: np.ndarray, folds: list[int], n_folds: int) -> int:
    filled = np.zeros((n_folds, table.shape[1]), np.int64)
    np.add.at(filled, folds, table)
    return int(((n_folds * filled - table.sum(axis=0)) ** 2).sum())


def _solve(table: np.ndarray, n_folds: int, bound: int) -> list[int] | None:
    """Find the best fold of each row; None where there is none, or none was found.

    The deviations that an assignment of imbalance ``bound`` can have are tried first; the best
    one with every class in every fold may lie beyond.
    """
    for widest in (bound, int((n_folds * table.sum(axis=0)).max()) ** 2):
        result = _search(table, n_folds, widest)
        if result.x is not None:
            chosen = result.x[: len(table) * n_folds].reshape(len(table), n_folds)
            folds: list[int] = chosen.argmax(axis=1).tolist()
            if _imbalance(table, folds, n_folds) <= widest:
                return folds
    return None


def _search(table: np.ndarray, n_folds: int, widest: int) -> OptimizeResult:
    """Run HiGHS.

    Variables: x_sf, centre s is in fold f; n_cf, patients of a class in a fold; t_cf, at least
    the square of k n_cf - N_c. As n_cf is whole, the square is the largest of its chords between
    neighbouring whole numbers: the problem is linear.
    """
    n_centres, n_classes = table.shape
    n_x, n_y = n_centres * n_folds, n_classes * n_folds
    totals, reach = np.repeat(table.sum(axis=0), n_folds), isqrt(widest)
    first = np.maximum(1, -((reach - totals) // n_folds))
    last = np.maximum(first, np.minimum(totals, (totals + reach) // n_folds))
    one_fold = hstack(
        [kron(eye_array(n_centres), np.ones((1, n_folds))), coo_array((n_centres, 2 * n_y))]
    )
    counted = hstack([kron(table.T, eye_array(n_folds)), -eye_array(n_y), coo_array((n_y, n_y))])
    chords, heights = _chords(totals, first, last, n_folds)
    above = hstack([coo_array((len(heights), n_x)), chords])
    # Folds are alike until one is filled: the first centre is in fold 0, the second in 0 or 1.
    free = np.ones((n_centres, n_folds))
    free[:n_folds] = np.tri(n_folds)[:n_centres]
    return milp(
        np.repeat([0.0, 1.0], [n_x + n_y, n_y]),
        integrality=np.repeat([1, 0], [n_x, 2 * n_y]),
        bounds=Bounds(
            np.concatenate([np.zeros(n_x), first, np.zeros(n_y)]),
            np.concatenate([free.ravel(), last, np.full(n_y, np.inf)]),
        ),
        constraints=[
            LinearConstraint(one_fold.tocsc(), 1, 1),
            LinearConstraint(counted.tocsc(), 0, 0),
            LinearConstraint(above.tocsc(), heights, np.inf),
        ],
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )


def _chords(
    totals: np.ndarray, first: np.ndarray, last: np.ndarray, n_folds: int
) -> tuple[coo_array, np.ndarray]:
    """Rows ``t - slope n >= height`` of every chord that touches first to last."""
    place = np.repeat(np.arange(len(totals)), last - first + 2)
    n = np.concatenate([np.arange(a - 1, b + 1) for a, b in zip(first, last, strict=True)])
    here, there = ((n_folds * m - totals[place]) ** 2 for m in (n, n + 1))
    rows, slopes = np.arange(len(n)), there - here
    values = np.concatenate([-slopes, np.ones(len(n))])
    columns = np.concatenate([place, place + len(totals)])
    shape = (len(n), 2 * len(totals))
    return coo_array((values, (np.tile(rows, 2), columns)), shape=shape), here - n * slopes


def _renumber(folds: Mapping[str, int], key: bytes) -> dict[str, int]:
    """Give folds other numbers, by the keyed order of their centres."""
    numbers: dict[int, int] = {}
    for name in sorted(folds, key=lambda name: _order(key, name)):
        numbers.setdefault(folds[name], len(numbers))
    return {name: numbers[fold] for name, fold in folds.items()}
