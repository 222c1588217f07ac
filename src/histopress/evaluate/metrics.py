"""Metrics of each kind of target; see ``docs/metrics.md`` for their conventions."""

from histopress.evaluate.classification import evaluate_classification
from histopress.evaluate.regression import evaluate_regression
from histopress.evaluate.survival_metrics import evaluate_survival

PRIMARY = {"classification": "auc", "regression": "spearman", "survival": "c"}
"""The figure to quote, by kind of target."""

__all__ = ["PRIMARY", "evaluate_classification", "evaluate_regression", "evaluate_survival"]
