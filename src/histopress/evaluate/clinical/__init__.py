"""What an image score adds to clinical covariates."""

from histopress.evaluate.clinical.adjustment import Adjustment
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.clinical.report import ClinicalSettings, clinical_report

__all__ = ["Adjustment", "ClinicalSettings", "ScoredPatients", "clinical_report"]
