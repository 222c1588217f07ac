"""Figures of an evaluation, fit for a paper and equal in every byte from run to run."""

from histopress.evaluate.figures.canvas import save_svg, sentence_figure
from histopress.evaluate.figures.comparison import ComparisonRow, comparison_figure
from histopress.evaluate.figures.confusion import confusion_figure
from histopress.evaluate.figures.decision import decision_figure
from histopress.evaluate.figures.flow import FlowStep, flow_figure
from histopress.evaluate.figures.forest import ForestRow, hazard_ratio_figure, subgroup_figure
from histopress.evaluate.figures.horizon import horizon_calibration_figure
from histopress.evaluate.figures.incidence import cumulative_incidence_figure
from histopress.evaluate.figures.kaplan_meier import kaplan_meier_figure
from histopress.evaluate.figures.null import null_figure, p_values_figure
from histopress.evaluate.figures.numbers import residuals_figure, scatter_figure
from histopress.evaluate.figures.precision_recall import (
    average_precision,
    precision_recall_figure,
    precision_recall_points,
)
from histopress.evaluate.figures.reliability import (
    ReliabilityBin,
    reliability_figure,
    wilson_bins,
)
from histopress.evaluate.figures.roc import roc_figure, roc_points
from histopress.evaluate.figures.scores import scores_figure
from histopress.evaluate.figures.training import training_figure

__all__ = [
    "ComparisonRow",
    "FlowStep",
    "ForestRow",
    "ReliabilityBin",
    "average_precision",
    "comparison_figure",
    "confusion_figure",
    "cumulative_incidence_figure",
    "decision_figure",
    "flow_figure",
    "hazard_ratio_figure",
    "horizon_calibration_figure",
    "kaplan_meier_figure",
    "null_figure",
    "p_values_figure",
    "precision_recall_figure",
    "precision_recall_points",
    "reliability_figure",
    "residuals_figure",
    "roc_figure",
    "roc_points",
    "save_svg",
    "scatter_figure",
    "scores_figure",
    "sentence_figure",
    "subgroup_figure",
    "training_figure",
    "wilson_bins",
]
