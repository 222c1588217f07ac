"""Pairs of places in one part of a task: the same, adjacent, or far apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from histopress.errors import EncoderError
from histopress.patches.table import Part, PatchTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Indices of two patches each, and whether they are one place.

    Attributes
    ----------
    first, second : int64 ndarray (B,)
        Indices into the table.
    same : bool ndarray (B,)
        Whether ``second`` is ``first``.
    """

    first: Int64[np.ndarray, "B"]
    second: Int64[np.ndarray, "B"]
    same: Bool[np.ndarray, "B"]


class Places:
    """The places of one part of a table, and where others lie.

    Groups stand in one stretch each of the sorted part, so that a partner is drawn by arithmetic
    and a draw costs the same however large the table.

    Parameters
    ----------
    table : PatchTable
        Its groups and neighbours are used, its labels are not.
    part : str
        The part whose patches are paired with each other.

    Raises
    ------
    EncoderError
        The part holds fewer than two patches.
    """

    def __init__(self, table: PatchTable, part: Part) -> None:
        self.indices = table.indices(part)
        count = len(self.indices)
        if count < 2:
            raise EncoderError(
                f"task '{table.facts.get('task', '?')}': {count} patch in its {part} part; pairs "
                "of places need two"
            )
        _, group = np.unique([table.groups[index] for index in self.indices], return_inverse=True)
        self.order = np.argsort(group, kind="stable")
        self.size = np.bincount(group)[group]
        self.start = np.searchsorted(group[self.order], group)
        self.rank = np.empty(count, np.int64)
        self.rank[self.order] = np.arange(count)
        self.place = np.full(len(table) + 1, -1, np.int64)
        self.place[self.indices] = np.arange(count)
        self.neighbour = self.place[table.neighbours[self.indices]]
        # Members of a group of near-duplicates show one place.
        self.has_mates = (self.size > 1) & (table.facts.get("grouping") != "near-duplicate")

    def pair(
        self, first: Int64[np.ndarray, "B"], adjacent: float, rng: np.random.Generator
    ) -> Pairs:
        """Give each patch a partner: itself for the first half, another place for the rest.

        Parameters
        ----------
        first : int64 ndarray (B,)
            Indices into the table, of patches of the part.
        adjacent : float
            Share of the other places that lie beside the first: its neighbour where the table
            knows one, else another patch of its group (slide or patient), else one of another
            group. The rest are of another group; where the part has but one, any other patch.
        rng : Generator
            Draws the partners.
        """
        same = np.arange(len(first)) < len(first) // 2
        own = self.place[first]
        near = rng.random(len(own)) < adjacent
        mate, far = self._mates(own, rng), self._others(own, rng)
        partner = np.where(near & self.has_mates[own], mate, far)
        partner = np.where(near & (self.neighbour[own] >= 0), self.neighbour[own], partner)
        second = self.indices[np.where(same, own, partner)]
        return Pairs(first=first, second=second, same=same)

    def _mates(
        self, own: Int64[np.ndarray, "B"], rng: np.random.Generator
    ) -> Int64[np.ndarray, "B"]:
        """Draw another member of the group; the patch itself where there is none."""
        size, start = self.size[own], self.start[own]
        steps = rng.integers(1, np.maximum(size, 2))
        return self.order[start + (self.rank[own] - start + steps) % size]

    def _others(
        self, own: Int64[np.ndarray, "B"], rng: np.random.Generator
    ) -> Int64[np.ndarray, "B"]:
        """Draw a member of another group; any other patch if there is none."""
        count, size, start = len(self.indices), self.size[own], self.start[own]
        lone = size == count
        beyond = np.where(lone, self.rank[own] + 1, start + size)
        steps = rng.integers(0, np.where(lone, count - 1, count - size))
        return self.order[(beyond + steps) % count]
