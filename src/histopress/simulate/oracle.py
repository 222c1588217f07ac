"""The best scores reachable on a growth cohort: those of a reader who knows the latent causes.

No model can be expected to exceed them, since everything recorded is drawn from the causes with
errors and luck of its own. Three figures stand for each target: ``cohort``, what knowing the causes
scores on this cohort's records; ``expected``, the mean over cohorts drawn anew; ``expected_sd``,
how much those cohorts vary. Beside them stands ``counted``: a reader of the slides sees no density
but counts mitoses on limited areas of tumour. This one finds every mitosis and confuses none, so it
bounds what small slides can give (counts are taken to be Poisson's).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from histopress.seeds import generator
from histopress.simulate.latents import (
    MitosisLaw,
    PatientLatents,
    draw_patient,
    log_hazard_of,
)
from histopress.simulate.oracle_figures import CHANCE, METRIC, Figures, average, reader_figures
from histopress.simulate.phantom_settings import PATTERNS
from histopress.simulate.settings import GrowthSurvivalSettings

DRAWS = 400
MOST_PATIENTS = 300
"""Of a cohort that is drawn for an expectation; larger ones vary less, as the root of n."""

POINTS = 512
"""Densities between which counts are to decide."""


def recovered(score: float, *, oracle: float, chance: float) -> float:
    """Give the share of the oracle's advantage over chance that a score reaches.

    Raises
    ------
    ValueError
        The oracle has no advantage.

    Examples
    --------
    >>> recovered(0.75, oracle=1.0, chance=0.5), recovered(0.4, oracle=0.9, chance=0.5) < 0
    (0.5, True)
    """
    if oracle <= chance:
        raise ValueError(
            f"the oracle's score is {oracle:.4g} and chance {chance:.4g}: nothing can be recovered"
        )
    return (score - chance) / (oracle - chance)


def growth_oracle(
    latents: Sequence[PatientLatents],
    *,
    law: MitosisLaw,
    survival: GrowthSurvivalSettings,
    seed: int,
    draws: int = DRAWS,
    tumour_mm2: Mapping[str, float] | None = None,
) -> dict[str, dict[str, Any]]:
    """Score the causes against the records, on this cohort and expected.

    Parameters
    ----------
    latents : sequence of PatientLatents
        The cohort's patients.
    law : MitosisLaw
        What their mitoses were drawn from.
    survival : GrowthSurvivalSettings
        What their records were drawn with.
    seed : int
        The run's seed.
    draws : int
        Cohorts to draw for expectations.
    tumour_mm2 : mapping of str to float or None
        Tumour on each patient's slides in mm², for ``counted``; None leaves it out.

    Returns
    -------
    dict
        By target: ``metric``, ``chance``, ``cohort``, ``expected``, ``expected_sd`` and perhaps
        ``counted``. None stands where a figure is undefined, as on a cohort that lacks a pattern.

    Notes
    -----
    O(draws · patients · events) time, of at most :data:`MOST_PATIENTS` patients a draw.
    """
    known = np.array([each.true_log_hazard for each in latents])
    density = np.array([each.mitoses_per_mm2 for each in latents])
    figures = {"cohort": reader_figures(latents, density, known)}
    figures |= _expect(len(latents), law, survival, seed=seed, draws=draws)
    if tumour_mm2 is not None:
        areas = np.array([tumour_mm2[each.patient_id] for each in latents])
        rng = generator(seed, "oracle", "counts")
        figures["counted"] = _count(latents, areas, law, survival, rng=rng, draws=draws)
    return {
        target: {"metric": METRIC[target], "chance": chance}
        | {name: _or_none(found[target]) for name, found in figures.items()}
        for target, chance in CHANCE.items()
    }


def expected_log_density(
    counts: Float64[np.ndarray, " n"], areas: Float64[np.ndarray, " n"], law: MitosisLaw
) -> Float64[np.ndarray, " n"]:
    """Give the mean of ln(mitoses a mm²) after so many were counted on so many mm².

    Bayes' rule with the law as prior and Poisson's likelihood.

    Examples
    --------
    >>> law = MitosisLaw(low=2.0, high=40.0)
    >>> few, many = expected_log_density(np.array([0.0, 9.0]), np.array([1.0, 1.0]), law)
    >>> bool(few < many < np.log(40))
    True
    """
    places = np.log(law.low) + np.log(law.high / law.low) * (np.arange(POINTS) + 0.5) / POINTS
    likelihood = counts[:, None] * places - areas[:, None] * np.exp(places)
    weights = np.exp(likelihood - likelihood.max(1, keepdims=True))
    return (weights @ places) / weights.sum(1)


def _expect(
    patients: int, law: MitosisLaw, survival: GrowthSurvivalSettings, *, seed: int, draws: int
) -> dict[str, Figures]:
    """Draw cohorts of as many patients, whose patterns take turns, and average their figures."""
    size = min(patients, MOST_PATIENTS)
    found = []
    for draw in range(draws):
        rng = generator(seed, "oracle", "cohort", draw)
        density = np.exp(rng.uniform(np.log(law.low), np.log(law.high), size))
        drawn = [
            draw_patient(
                rng,
                PATTERNS[number % len(PATTERNS)],
                mitoses,
                patient_id=str(number),
                law=law,
                survival=survival,
            )
            for number, mitoses in enumerate(density.tolist())
        ]
        found.append(
            reader_figures(drawn, density, np.array([each.true_log_hazard for each in drawn]))
        )
    narrower = np.sqrt(size / patients)
    return {
        "expected": average(found),
        "expected_sd": {
            name: float(np.std([each[name] for each in found], ddof=1) * narrower)
            for name in CHANCE
        },
    }


def _count(
    latents: Sequence[PatientLatents],
    areas: Float64[np.ndarray, " n"],
    law: MitosisLaw,
    survival: GrowthSurvivalSettings,
    *,
    rng: np.random.Generator,
    draws: int,
) -> Figures:
    """Average the figures of readers who count mitoses on this cohort's tumour."""
    density = np.array([each.mitoses_per_mm2 for each in latents])
    found = []
    for _ in range(draws):
        counts = rng.poisson(density * areas).astype(np.float64)
        guessed = np.exp(expected_log_density(counts, areas, law))
        hazards = [
            log_hazard_of(law.standardise(guess), each.pattern, survival)
            for guess, each in zip(guessed.tolist(), latents, strict=True)
        ]
        found.append(reader_figures(latents, guessed, np.array(hazards)))
    return average(found)


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
