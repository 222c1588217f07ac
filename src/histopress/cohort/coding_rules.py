"""How one clinical covariate becomes columns of a matrix."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from histopress.cohort.covariates import Cells, CovariateSettings
from histopress.cohort.labels.cells import number_of
from histopress.errors import ManifestError

MISSING_SHARE = 0.05
"""Where more training patients than this lack a covariate, that it is missing is a column."""

RARE = 5
"""Levels with fewer training patients are merged."""

OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class NumberRule:
    """How a number, or the place of an ordered level, is coded.

    Attributes
    ----------
    column : str
    levels : tuple of str or None
        Of an ordered covariate.
    fill : float
        Training median, which takes the place of what is missing.
    mean, scale : float
        Training mean and standard deviation (n in the denominator) after filling.
    constant : bool
        All training patients are alike, or all lack it: there is no such column.
    flagged : bool
        Whether "missing" is a column.
    """

    column: str
    levels: tuple[str, ...] | None
    fill: float
    mean: float
    scale: float
    constant: bool
    flagged: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the matrix."""
        own = () if self.constant else (self.column,)
        return (*own, f"{self.column}: missing") if self.flagged else own

    def columns(self, patients: Sequence[Cells]) -> list[Float64[np.ndarray, " n"]]:
        """Values of :attr:`names`."""
        values = _values(self.column, self.levels, patients)
        gone = np.isnan(values)
        scaled = (np.where(gone, self.fill, values) - self.mean) / self.scale
        own = [] if self.constant else [scaled]
        return [*own, gone.astype(np.float64)] if self.flagged else own


@dataclass(frozen=True, kw_only=True)
class LevelRule:
    """How a category is coded.

    Attributes
    ----------
    column : str
    reference : str or None
        Level that is coded as zeros, as is what is missing or not known from training; None where
        all training patients lack it.
    levels : tuple of str
        With a column each.
    merged : tuple of str
        Rare levels, which share the column "other".
    folded : tuple of str
        Rare levels that are too few even together, coded as the reference.
    flagged : bool
        Whether "missing" is a column.
    """

    column: str
    reference: str | None
    levels: tuple[str, ...]
    merged: tuple[str, ...]
    folded: tuple[str, ...]
    flagged: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the matrix."""
        last = [*([OTHER] if self.merged else []), *(["missing"] if self.flagged else [])]
        return tuple(f"{self.column}: {level}" for level in [*self.levels, *last])

    @property
    def known(self) -> frozenset[str | None]:
        """Levels that training patients had."""
        return frozenset({self.reference, *self.levels, *self.merged, *self.folded})

    def columns(self, patients: Sequence[Cells]) -> list[Float64[np.ndarray, " n"]]:
        """Values of :attr:`names`."""
        members: list[set[str | None]] = [{level} for level in self.levels]
        members += [set(self.merged)] if self.merged else []
        members += [{None}] if self.flagged else []
        cells = cells_of(self.column, patients)
        return [np.array([cell in own for cell in cells], np.float64) for own in members]


def number_rule(column: str, setting: CovariateSettings, patients: Sequence[Cells]) -> NumberRule:
    """Set the rule of a number or an ordered covariate by training patients."""
    values = _values(column, setting.levels, patients)
    gone = np.isnan(values)
    fill = 0.0 if gone.all() else float(np.median(values[~gone]))
    filled = np.where(gone, fill, values)
    scale = float(filled.std())
    constant = bool(np.ptp(filled) == 0) or scale == 0
    return NumberRule(
        column=column,
        levels=setting.levels,
        fill=fill,
        mean=float(filled.mean()),
        scale=1.0 if constant else scale,
        constant=constant,
        flagged=_flagged(gone),
    )


def level_rule(column: str, setting: CovariateSettings, patients: Sequence[Cells]) -> LevelRule:
    """Set the rule of a category by training patients."""
    cells = cells_of(column, patients)
    counts = Counter(cell for cell in cells if cell is not None)
    order = setting.levels or tuple(sorted(counts))
    present = [level for level in order if counts[level]]
    # The most frequent; of several the first in order. A declared reference needs a patient.
    reference = max(present, key=lambda level: counts[level], default=None)
    if setting.levels and counts[setting.levels[0]]:
        reference = setting.levels[0]
    others = [level for level in present if level != reference]
    rare = tuple(level for level in others if counts[level] < RARE)
    enough = sum(counts[level] for level in rare) >= RARE
    return LevelRule(
        column=column,
        reference=reference,
        levels=tuple(level for level in others if counts[level] >= RARE),
        merged=rare if enough else (),
        folded=() if enough else rare,
        flagged=_flagged(np.array([cell is None for cell in cells])),
    )


def cells_of(column: str, patients: Sequence[Cells]) -> list[str | None]:
    """One covariate of all patients; raises :class:`ManifestError` where it is not given."""
    if any(column not in cells for cells in patients):
        raise ManifestError([f"column '{column}': is a covariate of the model and is not given"])
    return [cells[column] for cells in patients]


def _flagged(gone: np.ndarray) -> bool:
    return bool(MISSING_SHARE < gone.mean() < 1)


def _values(
    column: str, levels: tuple[str, ...] | None, patients: Sequence[Cells]
) -> Float64[np.ndarray, " n"]:
    found = np.full(len(patients), np.nan)
    for place, cell in enumerate(cells_of(column, patients)):
        if cell is not None:
            found[place] = levels.index(cell) if levels else number_of(cell)
    return found
