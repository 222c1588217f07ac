"""What is assumed of a study before it is run, and the error that follows for one arm."""

import math
from dataclasses import dataclass

from histopress.claims.contrast import Metric


@dataclass(frozen=True, kw_only=True)
class Design:
    """What is assumed of a study.

    Attributes
    ----------
    n : int
        Patients; several slides of one count once.
    reference : float
        Metric that the second arm is thought to reach.
    correlation : float
        Between the two arms' estimates over cohorts (not between their scores): the same
        patients are easy or hard for both. 0 is the caution of two cohorts.
    prevalences : tuple of float
        Of AUC: share of each class, two or more; they sum to 1. Of two the first is the positive
        one.
    event_share : float
        Of C: share of patients whose event is seen.
    folds : int
        Folds within which patients are compared.

    Raises
    ------
    ValueError
        A number is out of range.
    """

    n: int
    reference: float
    correlation: float = 0.5
    prevalences: tuple[float, ...] = (0.5, 0.5)
    event_share: float = 1.0
    folds: int = 1

    def __post_init__(self) -> None:
        if self.n < 1 or self.folds < 1:
            raise ValueError(f"{self.n} patients in {self.folds} folds: must be 1 or more")
        if not -1 <= self.correlation < 1:
            raise ValueError(f"correlation {self.correlation}: must be from -1 to below 1")
        if not 0 < self.event_share <= 1:
            raise ValueError(f"event_share {self.event_share}: must be above 0, at most 1")
        total = math.fsum(self.prevalences)
        if len(self.prevalences) < 2 or min(self.prevalences) <= 0 or abs(total - 1) > 1e-6:
            raise ValueError(
                f"prevalences {self.prevalences}: must be two or more, above 0, of sum 1"
            )


def metric_error(metric: Metric, value: float, design: Design) -> float:
    """Compute the standard error of one arm's metric over patients, in closed form.

    - AUC: Hanley & McNeil (Radiology 1982), with n / folds patients a fold. It assumes
      exponential scores, and is too large rather than too small for normal ones near 1. Of K
      classes the mean over each against the rest, whose AUCs correlate by 1 / (K - 1)² as labels
      and scores that sum to one do by -1 / (K - 1) each under no effect and equal classes.
    - Spearman: variance ``(1 + ρ² / 2) / (n - 3)`` of Fisher's z (Bonett & Wright, Psychometrika
      2000), brought back by the delta method; n - 3 in each fold.
    - C: Hanley & McNeil's with the events as positives and all patients as what they are held
      against. Exact under no effect when events are few and early; in simulated cohorts of
      proportional hazards with 10 to 45 % events and C of 0.5 to 0.75 it was 0.87 to 1.29 of the
      true error, the low end where few are followed as long as the last events.

    Raises
    ------
    ValueError
        The value is no value of the metric, or there are too few patients.
    """
    lowest = -1.0 if metric == "spearman" else 0.0
    if not lowest < value < 1:
        raise ValueError(f"{metric} of {value:g}: must be between {lowest:g} and 1")
    if design.n < fewest(metric, design):
        raise ValueError(
            f"{design.n} patients in {design.folds} folds are too few for an error of {metric}; "
            f"take {fewest(metric, design)} or more"
        )
    return {"auc": _auc_error, "spearman": _spearman_error, "c": _concordance_error}[metric](
        value, design
    )


def _auc_error(value: float, design: Design) -> float:
    size = design.n / design.folds
    shares = design.prevalences[:1] if len(design.prevalences) == 2 else design.prevalences
    errors = [
        math.sqrt(_hanley(value, size * share, size * (1 - share)) / design.folds)
        for share in shares
    ]
    shared = 1 / (len(design.prevalences) - 1) ** 2
    squares = math.fsum(each**2 for each in errors)
    return math.sqrt((1 - shared) * squares + shared * math.fsum(errors) ** 2) / len(errors)


def _spearman_error(value: float, design: Design) -> float:
    free = design.n - 3 * design.folds
    return (1 - value**2) * math.sqrt((1 + value**2 / 2) / free)


def _concordance_error(value: float, design: Design) -> float:
    size = design.n / design.folds
    return math.sqrt(_hanley(value, size * design.event_share, size) / design.folds)


def _hanley(value: float, positives: float, negatives: float) -> float:
    """Variance of an AUC: Hanley & McNeil's equation 1 with their Q₁ and Q₂."""
    rises = value / (2 - value) - value**2
    falls = 2 * value**2 / (1 + value) - value**2
    spread = value * (1 - value) + (positives - 1) * rises + (negatives - 1) * falls
    return spread / (positives * negatives)


def fewest(metric: Metric, design: Design) -> int:
    """Patients with which each fold has one of each kind; of Spearman's, four."""
    rarest = {
        "auc": 1 / min(design.prevalences),
        "spearman": 4.0,
        "c": 1 / design.event_share,
    }[metric]
    return math.ceil(design.folds * rarest - 1e-9)
