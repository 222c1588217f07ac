"""How many patches each phantom patient gives, and which."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from histopress.patches.phantom_slide import Corners


def share_evenly(
    counts: Int64[np.ndarray, "pools"], centers: Sequence[str]
) -> Int64[np.ndarray, "patients pools"]:
    """Share patches out over centres, then over the patients of each, alike within one.

    Parameters
    ----------
    counts : int64 ndarray (pools,)
        Patches of each kind in all.
    centers : sequence of str (patients)
        Each patient's centre.

    Examples
    --------
    >>> share_evenly(np.array([12, 5]), ["A", "B", "A"]).tolist()
    [[3, 2], [6, 2], [3, 1]]
    """
    quotas = np.zeros((len(centers), len(counts)), np.int64)
    names = sorted(set(centers))
    for name, of_center in zip(names, _portions(counts, len(names)), strict=True):
        own = [number for number, center in enumerate(centers) if center == name]
        quotas[own] = _portions(of_center, len(own))
    return quotas


def _portions(counts: Int64[np.ndarray, "pools"], n: int) -> Int64[np.ndarray, "n pools"]:
    """Cut numbers into ``n`` parts that differ by one at most; the first are the larger."""
    return counts // n + (np.arange(n)[:, None] < counts % n)


def pick_places(
    offered: Sequence[Sequence[Corners]],
    quota: Int64[np.ndarray, "pools"],
    rng: np.random.Generator,
) -> tuple[Int64[np.ndarray, "N"], Corners]:
    """Pick places of each pool at random, none twice, from all slides alike.

    Parameters
    ----------
    offered : sequence (slides) of sequence (pools) of int64 ndarray (n, 2)
        Corners of patches; together at least what ``quota`` asks.
    quota : int64 ndarray (pools,)
        Number of patches of each pool.
    rng : numpy.random.Generator
        Picks.

    Returns
    -------
    owners : int64 ndarray (N,)
        Which slide each patch is from; pool by pool.
    corners : int64 ndarray (N, 2)
        Their corners.
    """
    owners, corners = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.int64)]
    for pool, wanted in enumerate(quota.tolist()):
        if not wanted:
            continue
        of_pool = [slide[pool] for slide in offered]
        numbers = np.repeat(np.arange(len(of_pool)), [len(found) for found in of_pool])
        chosen = rng.permutation(len(numbers))[:wanted]
        owners.append(numbers[chosen])
        corners.append(np.concatenate(of_pool)[chosen])
    return np.concatenate(owners), np.concatenate(corners)
