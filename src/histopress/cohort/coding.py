"""Clinical covariates as a matrix, by rules that training patients alone have set."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from histopress.cohort.coding_rules import (
    LevelRule,
    NumberRule,
    cells_of,
    level_rule,
    number_rule,
)
from histopress.cohort.covariates import Cells, CovariateSettings
from histopress.errors import ManifestError, StoreError


@dataclass(frozen=True, kw_only=True)
class Coding:
    """Rules of all covariates, in the order in which they were declared.

    Attributes
    ----------
    rules : tuple of NumberRule or LevelRule
    n_training : int
        Patients that set the rules.
    """

    rules: tuple[NumberRule | LevelRule, ...]
    n_training: int

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the matrix: ``age``, ``subtype: luminal``, ``age: missing``."""
        return tuple(name for rule in self.rules for name in rule.names)

    @property
    def dropped(self) -> tuple[str, ...]:
        """Covariates without a column, because all training patients are alike in them."""
        return tuple(rule.column for rule in self.rules if not rule.names)

    def transform(self, patients: Sequence[Cells]) -> Float64[np.ndarray, "n p"]:
        """Code patients, one row each.

        Raises
        ------
        ManifestError
            A covariate of the training patients is not among those given.
        """
        columns = [column for rule in self.rules for column in rule.columns(patients)]
        return np.stack(columns, axis=1) if columns else np.zeros((len(patients), 0))

    def missing(self, patients: Sequence[Cells]) -> dict[str, int]:
        """Count patients without a value, by covariate."""
        return {
            rule.column: sum(cell is None for cell in cells_of(rule.column, patients))
            for rule in self.rules
        }

    def unknown(self, patients: Sequence[Cells]) -> dict[str, int]:
        """Count patients with a level that no training patient had, by category."""
        return {
            rule.column: sum(
                cell is not None and cell not in rule.known
                for cell in cells_of(rule.column, patients)
            )
            for rule in self.rules
            if isinstance(rule, LevelRule)
        }

    def as_json(self) -> dict[str, Any]:
        """Everything as JSON holds it; numbers come back to the last bit."""
        rules = [
            {"kind": "number" if isinstance(rule, NumberRule) else "category", **asdict(rule)}
            for rule in self.rules
        ]
        return {"n_training": self.n_training, "rules": rules}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Coding":
        """Take back what :meth:`as_json` gave.

        Raises
        ------
        StoreError
            It lacks a field or has one too many.
        """
        try:
            rules = tuple(_rule(entry) for entry in content["rules"])
            return cls(rules=rules, n_training=int(content["n_training"]))
        except (KeyError, TypeError) as error:
            raise StoreError(
                f"the stored coding of covariates does not fit this version ({error}); train the "
                "clinical model anew"
            ) from error


def fit_coding(patients: Sequence[Cells], declared: Mapping[str, CovariateSettings]) -> Coding:
    """Set the rules by training patients.

    Numbers: missing ones become the training median; then standardised. Ordered levels count as 0,
    1, 2 …. Categories: a column a level but the reference; levels of fewer than 5 training patients
    share one, "other", or fall to the reference where even together they are fewer. Where more
    than 5 % lack a covariate, a column says so. Columns in which all training patients are alike
    are left out, and covariates without any column are named in :attr:`Coding.dropped`.

    A median makes no use of the other covariates, and intervals do not know of it; with much
    missing, multiple imputation is the better way.

    Parameters
    ----------
    patients : sequence of mapping
        As :func:`histopress.cohort.covariates.read_covariates` gives them.
    declared : mapping of str to CovariateSettings

    Raises
    ------
    ManifestError
        There are no patients.

    Examples
    --------
    >>> coding = fit_coding(
    ...     [{"age": "40"}, {"age": "60"}], {"age": CovariateSettings(kind="number")}
    ... )
    >>> coding.transform([{"age": "70"}, {"age": None}])
    array([[2.],
           [0.]])
    """
    if not patients:
        raise ManifestError(["no training patient: covariates cannot be coded; use fewer folds"])
    rules = tuple(
        level_rule(column, setting, patients)
        if setting.kind == "category"
        else number_rule(column, setting, patients)
        for column, setting in declared.items()
    )
    return Coding(rules=rules, n_training=len(patients))


def _rule(entry: Mapping[str, Any]) -> NumberRule | LevelRule:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
        if key != "kind"
    }
    return NumberRule(**fields) if entry["kind"] == "number" else LevelRule(**fields)
