"""What survival metrics take from each fold's training sample, and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from histopress.evaluate.survival.censoring import Censoring, fit_censoring
from histopress.evaluate.survival.logrank import logrank
from histopress.evaluate.survival.risk import Baseline, fit_baseline
from histopress.evaluate.survival.tau import Truncation, truncation
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import SurvivalUnits, TrainingSample


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldModel:
    """A fold's tested units, with what its training sample says.

    Attributes
    ----------
    fold : int
    members : int64 ndarray (m,)
        Places of the fold's units among all.
    survival : Survival
    risks : float64 ndarray (m,)
        Of those units.
    training : TrainingSample
    """

    fold: int
    members: Int[np.ndarray, " m"]
    survival: Survival
    risks: Float64[np.ndarray, " m"]
    training: TrainingSample

    @property
    def censoring(self) -> Censoring:
        """Distribution of censoring times."""
        return fit_censoring(self.training.survival)

    @property
    def truncation(self) -> Truncation:
        """Where metrics end; raises ``UndefinedMetricError`` naming the fold."""
        try:
            return truncation(self.training.survival)
        except UndefinedMetricError as error:
            raise UndefinedMetricError(f"fold {self.fold}: {error}") from error

    @property
    def baseline(self) -> Baseline:
        """Breslow's hazard under the training risks; raises as :attr:`truncation`."""
        try:
            return fit_baseline(self.training.survival, self.training.risks)
        except UndefinedMetricError as error:
            raise UndefinedMetricError(f"fold {self.fold}: {error}") from error

    @property
    def deviation(self) -> float:
        """Standard deviation of the training risks; raises as :attr:`truncation`."""
        risks = self.training.risks
        if len(risks) < 2 or (risks == risks[0]).all():
            raise UndefinedMetricError(f"fold {self.fold}: the training risks are all equal")
        return float(risks.std(ddof=1))

    @property
    def cut(self) -> float:
        """Median of the training risks: above is high risk."""
        return float(np.median(self.training.risks))


def fold_models(
    units: SurvivalUnits, training: Mapping[int, TrainingSample]
) -> tuple[FoldModel, ...]:
    """Join units to the training samples of their folds, folds in ascending order.

    Raises
    ------
    ValueError
        A fold has no training sample.
    """
    found = []
    for fold in np.unique(units.folds).tolist():
        if fold not in training:
            raise ValueError(f"fold {fold} has units and no training sample")
        members = np.flatnonzero(units.folds == fold)
        own = units.take(members)
        found.append(
            FoldModel(
                fold=fold,
                members=members,
                survival=own.survival,
                risks=own.risks,
                training=training[fold],
            )
        )
    return tuple(found)


def risk_groups(
    units: SurvivalUnits, training: Mapping[int, TrainingSample]
) -> Int[np.ndarray, " units"]:
    """Tell high risk (1) from low (0): above the median risk of the fold's training sample.

    The cut takes nothing from those it divides, so the groups need not be of one size.
    """
    groups = np.zeros(len(units), np.int64)
    for model in fold_models(units, training):
        groups[model.members] = model.risks > model.cut
    return groups


def split_statistic(units: SurvivalUnits, training: Mapping[int, TrainingSample]) -> float | None:
    """Log-rank statistic of the two risk groups, stratified by fold; None where there is none.

    Without a p-value: folds share patients in training, so the statistic has no chi-square
    distribution. Permuting follow-ups through the whole cross-validation gives it one.
    """
    groups = risk_groups(units, training)
    try:
        return logrank(units.survival, groups, strata=units.folds).statistic
    except UndefinedMetricError:
        return None


def describe(model: FoldModel) -> dict[str, Any]:
    """Columns of the folds' table that come from the training sample; None where undefined."""
    own = {
        "n_training": len(model.training.survival),
        "n_training_events": model.training.survival.n_events,
        "cut": model.cut,
    }
    try:
        found = model.truncation
    except UndefinedMetricError as error:
        return own | {"tau": None, "tau_reason": str(error)}
    return own | {
        "tau": found.tau,
        "tau_quantile": found.quantile,
        "tau_at_risk": found.at_risk,
        "tau_cut": found.cut,
    }
