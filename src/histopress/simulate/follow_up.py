"""Survival, age and grade of simulated patients, under a law that is known.

A patient's hazard is constant in time and multiplies (Cox 1972)::

    hazard = ln 2 / median_months · exp(η)
    η      = log_hazard · (fraction − mean) / sd + grade_log_hazard · (grade − 2)

where ``fraction`` is the mean tumour fraction of the patient's slides, and ``mean`` and ``sd``
are those of the law that the settings draw a slide's fraction from, negatives (fraction 0)
included. They are numbers of the law, not of the cohort, so that more patients change nobody's
survival. Among patients without tumour the hazard varies with the grade alone.

Grades 1, 2 and 3 are equally likely and independent of the tissue: a model of the slides cannot
know them. Age is noise. Censoring is independent of everything: follow-up ends at a time drawn
evenly from 0 to an end, which is set so that ``censoring_share`` of such patients is expected to
be censored.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64

from histopress.simulate.exponential import draw_age, hazard_at, latest_end, observe
from histopress.simulate.settings import SurvivalSettings

COLUMNS = (
    "survival_months",
    "censorship",
    "age",
    "grade",
    "true_log_hazard",
    "true_fraction",
)
"""What a manifest tells of a patient; equal on all of the patient's slides."""

GRADES = (1, 2, 3)
NODES = 32
"""Points at which an average over tumour fractions is taken (Gauss-Legendre)."""

STEEPEST = 20.0


@dataclass(frozen=True, kw_only=True)
class FractionLaw:
    """How tumour fractions are drawn: 0, or with chance ``prevalence`` evenly low to high."""

    prevalence: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Expected fraction of a slide."""
        return self.prevalence * (self.low + self.high) / 2

    @property
    def sd(self) -> float:
        """Standard deviation of a slide's fraction.

        Examples
        --------
        >>> FractionLaw(prevalence=0.5, low=0.4, high=0.4).sd
        0.2
        """
        square = self.prevalence * (self.low**2 + self.low * self.high + self.high**2) / 3
        return float(np.sqrt(max(square - self.mean**2, 0.0)))

    def standardise(self, fraction: float) -> float:
        """Express a fraction in standard deviations above the mean; 0 where all are alike."""
        return (fraction - self.mean) / self.sd if self.sd > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """What is recorded of a patient, and the log-hazard η behind it.

    Attributes
    ----------
    survival_months : float
        Time to the event or to the end of follow-up, in hundredths of a month.
    censorship : int
        1 if follow-up ended before the event, else 0 (CLAM's convention).
    age : int
        Years; unrelated to anything.
    grade : int
        1, 2 or 3; a part of the hazard that no slide shows.
    true_log_hazard : float
        η of the module's law.
    true_fraction : float
        Mean tumour fraction of the patient's slides: what an oracle of slides would know.
    """

    survival_months: float
    censorship: int
    age: int
    grade: int
    true_log_hazard: float
    true_fraction: float


def draw_follow_up(
    rng: np.random.Generator, fraction: float, *, law: FractionLaw, settings: SurvivalSettings
) -> FollowUp:
    """Draw what happens to one patient.

    Parameters
    ----------
    rng : Generator
        The patient's own; advanced by four draws whatever the settings, so that other settings
        change times but nobody's luck.
    fraction : float
        Mean tumour fraction of the patient's slides, 0 to 1.
    law : FractionLaw
        What fractions are drawn from.
    settings : SurvivalSettings
        Median, log-hazards, share censored.

    Examples
    --------
    >>> law = FractionLaw(prevalence=0.5, low=0.2, high=0.6)
    >>> draw = lambda fraction: draw_follow_up(
    ...     np.random.default_rng(1), fraction, law=law, settings=SurvivalSettings()
    ... )
    >>> draw(0.6).survival_months < draw(0.0).survival_months
    True
    """
    luck, ended = rng.standard_exponential(), rng.random()
    grade = int(rng.choice(GRADES))
    age = draw_age(rng)
    log_hazard = float(log_hazard_of(law.standardise(fraction), grade, settings))
    months, censorship = observe(
        luck,
        ended,
        hazard=float(hazard_at(log_hazard, settings.median_months)),
        end=follow_up_end(law, settings),
    )
    return FollowUp(
        survival_months=months,
        censorship=censorship,
        age=age,
        grade=grade,
        true_log_hazard=log_hazard,
        true_fraction=fraction,
    )


def log_hazard_of(
    deviation: float | Float64[np.ndarray, " n"], grade: int, settings: SurvivalSettings
) -> float | Float64[np.ndarray, " n"]:
    """Give η of the module's law at ``deviation`` standard deviations of the fraction.

    Kept within ±:data:`STEEPEST`, which only settings with hardly any positives reach.
    """
    exponent = settings.log_hazard * deviation + settings.grade_log_hazard * (grade - 2)
    return np.clip(exponent, -STEEPEST, STEEPEST)


@cache
def follow_up_end(law: FractionLaw, settings: SurvivalSettings) -> float:
    """Give the latest end of follow-up in months, averaged over the law's fractions and grades.

    See :func:`histopress.simulate.exponential.latest_end`.
    """
    hazards, weights = _hazards(law, settings)
    return latest_end(
        hazards, weights, share=settings.censoring_share, scale=settings.median_months
    )


def _hazards(
    law: FractionLaw, settings: SurvivalSettings
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Hazards a month of the law's patients with one slide, and how often each occurs."""
    points, share = np.polynomial.legendre.leggauss(NODES)
    fractions = np.append((law.low + law.high + (law.high - law.low) * points) / 2, 0.0)
    chances = np.append(law.prevalence * share / 2, 1 - law.prevalence)
    deviations = np.array([law.standardise(float(fraction)) for fraction in fractions])
    exponents = np.concatenate([log_hazard_of(deviations, grade, settings) for grade in GRADES])
    weights = np.tile(chances, len(GRADES)) / len(GRADES)
    return np.asarray(hazard_at(exponents, settings.median_months)), weights
