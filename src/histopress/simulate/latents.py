"""Latent causes of a growth cohort, and what is recorded of each patient.

Two causes are drawn on a patient's slides: the growth pattern at the border of the metastasis and
the number of mitoses a mm² of tumour. Everything recorded follows from them::

    proliferation = log2(mitoses a mm²) + proliferation_sd · e
    η             = mitosis_log_hazard · (ln(mitoses) − mean) / sd + pattern_log_hazard · step
    hazard        = ln 2 / median_months · exp(η)

with e standard normal, and −1, 0 and 1 for the step of desmoplastic, pushing and replacement
growth: replacement has the worst prognosis and desmoplastic the best (van Dam et al.,
*International consensus guidelines for scoring the histopathological growth patterns of liver
metastasis*, British Journal of Cancer 2017). Mean and sd are those of the law that mitoses are
drawn from, not of the cohort, so that more patients change nobody. Times and censoring are those
of :mod:`histopress.simulate.exponential`; the recorded pattern is another one in a share
``mislabelled_share`` of patients. Age is noise, and neither centre nor number of slides has a part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64

from histopress.seeds import generator
from histopress.simulate.exponential import draw_age, hazard_at, latest_end, observe
from histopress.simulate.phantom_settings import LEAST_MITOSES, PATTERNS, Pattern, PhantomSettings
from histopress.simulate.phantom_slides import PURPOSE, PhantomSlide
from histopress.simulate.settings import GrowthSurvivalSettings

STEPS: dict[Pattern, int] = {"desmoplastic": -1, "pushing": 0, "replacement": 1}
"""Of the growth patterns' log-hazard."""

NODES = 32
"""Points at which an average over mitotic densities is taken (Gauss-Legendre)."""


@dataclass(frozen=True, kw_only=True)
class MitosisLaw:
    """How mitoses a mm² are drawn: evenly from low to high on a logarithmic scale."""

    low: float
    high: float

    @classmethod
    def of(cls, settings: PhantomSettings) -> "MitosisLaw":
        """Take the law that a cohort's patients are drawn from."""
        low, high = settings.mitoses.per_mm2
        return cls(low=max(low, LEAST_MITOSES), high=max(high, LEAST_MITOSES))

    @property
    def sd(self) -> float:
        """Standard deviation of the natural logarithm.

        Examples
        --------
        >>> round(MitosisLaw(low=2.0, high=40.0).sd, 4)
        0.8648
        """
        return float(np.log(self.high / self.low) / np.sqrt(12))

    def standardise(self, mitoses: float) -> float:
        """Express a density in standard deviations above the mean; 0 where all are alike."""
        mean = (np.log(self.low) + np.log(self.high)) / 2
        return float((np.log(max(mitoses, LEAST_MITOSES)) - mean) / self.sd) if self.sd > 0 else 0.0

    def grid(self, points: int) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Give ``points`` densities and their chances, for averages over the law."""
        places, share = np.polynomial.legendre.leggauss(points)
        middle, half = np.log(self.low * self.high) / 2, np.log(self.high / self.low) / 2
        return np.exp(middle + half * places), share / 2


@dataclass(frozen=True, kw_only=True)
class PatientLatents:
    """The causes of one patient, and what is recorded.

    Attributes
    ----------
    patient_id : str
        As in the manifest.
    pattern : str
        Growth pattern as drawn.
    mitoses_per_mm2 : float
        Mitoses a mm² of tumour that the drawing aims for.
    true_log_hazard : float
        η of the module's law.
    growth_pattern : str
        Growth pattern as recorded.
    proliferation : float
        Recorded score: a binary logarithm of mitoses a mm², with an error.
    survival_months : float
        Time to the event or to the end of follow-up, in hundredths of a month.
    censorship : int
        1 if follow-up ended before the event, else 0 (CLAM's convention).
    age : int
        Years; unrelated to anything.
    """

    patient_id: str
    pattern: Pattern
    mitoses_per_mm2: float
    true_log_hazard: float
    growth_pattern: Pattern
    proliferation: float
    survival_months: float
    censorship: int
    age: int


def draw_latents(
    cohort: Sequence[PhantomSlide],
    *,
    settings: PhantomSettings,
    survival: GrowthSurvivalSettings,
    seed: int,
) -> tuple[PatientLatents, ...]:
    """Draw what is recorded of each patient of a growth cohort.

    A patient's draws depend on the seed and the patient's id alone.

    Parameters
    ----------
    cohort : sequence of PhantomSlide
        Slides of :func:`histopress.simulate.phantom_slides.draw_cohort` in the design ``growth``.
    settings : PhantomSettings
        What the cohort was drawn with.
    survival : GrowthSurvivalSettings
        Hazards, censoring, errors.
    seed : int
        The run's seed.

    Returns
    -------
    tuple of PatientLatents
        In the order of patients' first slides.

    Raises
    ------
    ValueError
        A slide has no growth pattern.
    """
    law = MitosisLaw.of(settings)
    patients: dict[str, PatientLatents] = {}
    for slide in cohort:
        if slide.pattern is None:
            raise ValueError(
                f"slide '{slide.slide_id}' has no growth pattern; draw the cohort in the design "
                "'growth'"
            )
        if slide.patient_id not in patients:
            patients[slide.patient_id] = draw_patient(
                generator(seed, PURPOSE, slide.patient_id, "latents"),
                slide.pattern,
                slide.mitoses_per_mm2,
                patient_id=slide.patient_id,
                law=law,
                survival=survival,
            )
    return tuple(patients.values())


def draw_patient(
    rng: np.random.Generator,
    pattern: Pattern,
    mitoses: float,
    *,
    patient_id: str,
    law: MitosisLaw,
    survival: GrowthSurvivalSettings,
) -> PatientLatents:
    """Draw what is recorded of one patient.

    Parameters
    ----------
    rng : Generator
        The patient's own; advanced by six draws whatever the settings, so that other settings
        change records but nobody's luck.
    pattern : str
        Growth pattern as drawn.
    mitoses : float
        A mm² of tumour.
    patient_id : str
        Goes into the result.
    law : MitosisLaw
        What mitoses are drawn from.
    survival : GrowthSurvivalSettings
        Hazards, censoring, errors.

    Examples
    --------
    >>> law, survival = MitosisLaw(low=2.0, high=40.0), GrowthSurvivalSettings()
    >>> draw = lambda pattern: draw_patient(
    ...     np.random.default_rng(1), pattern, 9.0, patient_id="P1", law=law, survival=survival
    ... )
    >>> draw("replacement").survival_months < draw("desmoplastic").survival_months
    True
    """
    luck, ended, error = rng.standard_exponential(), rng.random(), rng.standard_normal()
    wrong, other = rng.random() < survival.mislabelled_share, int(rng.integers(2))
    others = [each for each in PATTERNS if each != pattern]
    log_hazard = log_hazard_of(law.standardise(mitoses), pattern, survival)
    months, censorship = observe(
        luck,
        ended,
        hazard=float(hazard_at(log_hazard, survival.median_months)),
        end=follow_up_end(law, survival),
    )
    return PatientLatents(
        patient_id=patient_id,
        pattern=pattern,
        mitoses_per_mm2=mitoses,
        true_log_hazard=log_hazard,
        growth_pattern=others[other] if wrong else pattern,
        proliferation=float(
            np.log2(max(mitoses, LEAST_MITOSES)) + survival.proliferation_sd * error
        ),
        survival_months=months,
        censorship=censorship,
        age=draw_age(rng),
    )


def log_hazard_of(deviation: float, pattern: Pattern, survival: GrowthSurvivalSettings) -> float:
    """Give η of the module's law at ``deviation`` standard deviations of ln(mitoses)."""
    return survival.mitosis_log_hazard * deviation + survival.pattern_log_hazard * STEPS[pattern]


@cache
def follow_up_end(law: MitosisLaw, survival: GrowthSurvivalSettings) -> float:
    """Give the latest end of follow-up in months, averaged over the law's densities and patterns.

    Patterns are equally frequent. See :func:`histopress.simulate.exponential.latest_end`.
    """
    densities, chances = law.grid(NODES)
    exponents = [
        log_hazard_of(law.standardise(density), pattern, survival)
        for pattern in PATTERNS
        for density in densities.tolist()
    ]
    return latest_end(
        np.asarray(hazard_at(np.array(exponents), survival.median_months)),
        np.tile(chances, len(PATTERNS)) / len(PATTERNS),
        share=survival.censoring_share,
        scale=survival.median_months,
    )
