"""An image score beside clinical covariates, as ``metrics.json`` holds it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from histopress.evaluate.clinical.adjustment import Adjustment, adjusted, proportionality
from histopress.evaluate.clinical.discrimination import discrimination
from histopress.evaluate.clinical.horizons import at_horizon, class_benefit
from histopress.evaluate.clinical.links import MODELS, fit_links, linked
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.survival.net_benefit import THRESHOLDS
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class ClinicalSettings:
    """What a report computes.

    Attributes
    ----------
    horizons : tuple of float
        Times at which risks are looked at, in the unit of follow-up; survival only.
    thresholds : tuple of float
        Of net benefit.
    n_resamples : int
    level : float
    """

    horizons: tuple[float, ...] = ()
    thresholds: tuple[float, ...] = THRESHOLDS
    n_resamples: int = 2000
    level: float = 0.95


def clinical_report(
    test: ScoredPatients,
    validation: ScoredPatients,
    by: Adjustment,
    *,
    settings: ClinicalSettings,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Ask what the image adds to the covariates, for survival or for two classes.

    Discrimination of image, covariates and both with the difference; ratio of the score, plain and
    adjusted, with the likelihood ratio test; Schoenfeld's test; calibration and net benefit at
    horizons. Everything without a value is None beside a ``warning`` that says why.

    Parameters
    ----------
    test : ScoredPatients
        Each patient once, under the fold that tested it.
    validation : ScoredPatients
        Patients under the folds whose models they validated, scored by these.
    by : Adjustment
        Covariates of the test patients, in the same order.
    settings : ClinicalSettings
    rng : numpy Generator

    Returns
    -------
    dict
        Ready for JSON; it holds no id.

    Raises
    ------
    UndefinedMetricError
        There are no test patients.
    ValueError
        Test and validation differ in kind, or covariates and patients in number.
    """
    if test.kind != validation.kind:
        raise ValueError(f"test patients have {test.kind}, validation patients {validation.kind}")
    if not len(test) == len(by.matrix) == len(by.centers) or by.matrix.shape[1] != len(by.names):
        raise ValueError(
            f"{len(test)} patients, covariates {by.matrix.shape} with {len(by.names)} names and "
            f"{len(by.centers)} centres do not fit together"
        )
    if not len(test):
        raise UndefinedMetricError("there are no test patients")
    folds = np.unique(test.folds).tolist()
    links = {model: fit_links(validation, scores, folds) for model, scores in MODELS.items()}
    options: dict[str, Any] = {
        "n_resamples": settings.n_resamples,
        "level": settings.level,
        "rng": rng,
    }
    found: dict[str, Any] = {
        "kind": test.kind,
        "n_patients": len(test),
        "n_slides": int(test.slides.sum()),
        "n_events": test.n_events,
        "discrimination": discrimination(test, linked(test, links["combined"]), **options),
        "combination": [link.as_json() for link in links["combined"].values()],
        "adjustment": adjusted(test, by, level=settings.level),
    }
    options["thresholds"] = settings.thresholds
    if test.kind == "classification":
        return found | {"decisions": class_benefit(test, links, **options)}
    return found | {
        "proportional_hazards": proportionality(test, by),
        "horizons": [
            at_horizon(test, validation, links, horizon=horizon, **options)
            for horizon in settings.horizons
        ],
    }
