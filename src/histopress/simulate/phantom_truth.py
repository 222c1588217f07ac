"""What a manifest can tell of a phantom cohort: class, number and survival.

The class is whether a patient has tumour. The number is the tumour fraction that the slide's
class map shows, which may differ a little from what the drawing aimed for. Survival follows the
mean of it over a patient's slides by the law of :mod:`histopress.simulate.follow_up`, whose mean
and standard deviation are those of the fractions aimed for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from histopress.seeds import generator
from histopress.simulate.follow_up import COLUMNS as FOLLOW_UP_COLUMNS
from histopress.simulate.follow_up import FollowUp, FractionLaw, draw_follow_up
from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import (
    MANIFEST_COLUMNS,
    PURPOSE,
    PhantomSlide,
    manifest_rows,
)
from histopress.simulate.settings import SurvivalSettings
from histopress.simulate.truth import measure_truth

COLUMNS = (*MANIFEST_COLUMNS, "tumour_fraction", *FOLLOW_UP_COLUMNS)


def measure_fractions(
    cohort: Sequence[PhantomSlide], *, settings: PhantomSettings, seed: int
) -> dict[str, float]:
    """Measure each slide's tumour fraction on its class map, without drawing its pixels."""
    return {
        slide.slide_id: measure_truth(
            draw_anatomy(slide, settings=settings, seed=seed), slide
        ).tumour_fraction
        for slide in cohort
    }


def truth_rows(
    cohort: Sequence[PhantomSlide],
    fractions: Mapping[str, float],
    *,
    settings: PhantomSettings,
    survival: SurvivalSettings,
    seed: int,
    folder: str = "data/phantom",
) -> list[dict[str, Any]]:
    """Rows of the manifest with :data:`COLUMNS`.

    Parameters
    ----------
    cohort : sequence of PhantomSlide
        All slides of :func:`histopress.simulate.phantom_slides.draw_cohort`.
    fractions : mapping of str to float
        Of each slide, by id; see :func:`measure_fractions`.
    settings : PhantomSettings
        What the cohort was drawn with.
    survival : SurvivalSettings
        The law of survival.
    seed : int
        The run's seed.
    folder : str
        Where the slides' files are.
    """
    patients = _follow_ups(cohort, fractions, settings=settings, survival=survival, seed=seed)
    return [
        {
            **row,
            "tumour_fraction": fractions[row["slide_id"]],
            **asdict(patients[row["patient_id"]]),
        }
        for row in manifest_rows(cohort, folder=folder)
    ]


def _follow_ups(
    cohort: Sequence[PhantomSlide],
    fractions: Mapping[str, float],
    *,
    settings: PhantomSettings,
    survival: SurvivalSettings,
    seed: int,
) -> dict[str, FollowUp]:
    low, high = settings.tumour_fraction
    law = FractionLaw(prevalence=settings.prevalence, low=low, high=high)
    own: dict[str, list[float]] = {}
    for slide in cohort:
        own.setdefault(slide.patient_id, []).append(fractions[slide.slide_id])
    return {
        patient: draw_follow_up(
            generator(seed, PURPOSE, patient, "follow-up"),
            sum(found) / len(found),
            law=law,
            settings=survival,
        )
        for patient, found in own.items()
    }
