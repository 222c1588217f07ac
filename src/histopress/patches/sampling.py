"""Training patches drawn evenly over classes and, within a class, over medical centres."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Int64

T = TypeVar("T")


class BalancedSampler:
    """Draws patches so that classes take turns, then the centres of a class, then its patches.

    Each is a deck: every one of K classes comes once, in random order, before any comes again;
    likewise every centre of a class, and every patch of a class and centre. So K·m patches hold
    each class exactly m times, however rare it is, and of a class no centre is preferred for
    having more patches. Decks go on from draw to draw.

    Parameters
    ----------
    labels : int64 ndarray (N,)
        Class of each patch; N > 0. Classes without patches are not drawn.
    centers : sequence of str (N)
        Medical centre of each patch; empty, where unknown, counts as a centre.

    Examples
    --------
    >>> sampler = BalancedSampler(np.array([0, 0, 0, 1]), ["A", "A", "B", "A"])
    >>> drawn = sampler.draw(8, np.random.default_rng(0))
    >>> [int((drawn == index).sum()) for index in range(4)]
    [1, 1, 2, 4]
    """

    def __init__(self, labels: Int64[np.ndarray, "N"], centers: Sequence[str]) -> None:
        cells: dict[int, dict[str, list[int]]] = {}
        for index, (label, center) in enumerate(zip(labels.tolist(), centers, strict=True)):
            cells.setdefault(label, {}).setdefault(center, []).append(index)
        self._classes = _Deck(
            [
                _Deck([_Deck(cells[label][center]) for center in sorted(cells[label])])
                for label in sorted(cells)
            ]
        )

    def draw(self, n: int, rng: np.random.Generator) -> Int64[np.ndarray, "n"]:
        """Draw the places of ``n`` patches."""
        return np.asarray([self._classes.next(rng).next(rng).next(rng) for _ in range(n)], np.int64)


class _Deck(Generic[T]):
    """Gives its members in random order, and shuffles anew when all were given."""

    def __init__(self, members: Sequence[T]) -> None:
        self.members = members
        self.rest: list[int] = []

    def next(self, rng: np.random.Generator) -> T:
        if not self.rest:
            self.rest = rng.permutation(len(self.members)).tolist()
        return self.members[self.rest.pop()]
