"""What each claim can show, worked out before anything has run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scipy.special import ndtr, ndtri

from histopress.claims.contrast import Contrast, Metric
from histopress.claims.design import Design, metric_error
from histopress.claims.power import contrast_power
from histopress.claims.settings import (
    ClaimSettings,
    ClaimsSettings,
    ContrastClaim,
    InclusionClaim,
    LimitClaim,
    PrecisionClaim,
    SaliencyClaim,
)
from histopress.evaluate.judge import CHANCE, PRIMARY

RUN_SD = 0.035
"""Standard deviation of encoders with equally many tasks about their mean: 0.032 to 0.045 were
published for one to three tasks (Tellez et al., MIDL 2020)."""
SLIDE_SD = 0.15
"""Assumed standard deviation of a slide's pixel AUROC."""
SAME_MODEL = 0.9
"""Assumed correlation of two trainings that differ by rounding alone."""
HIGHEST = 0.98
"""Figure that no arm is thought to exceed."""
AIM = 0.8


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A claim as it stands before the run.

    Attributes
    ----------
    claim, letter, statement : str
    contrast : str
        What is held against what.
    metric : str
    margin : float
        Smallest effect of interest.
    n : int
        Patients; of claim ``inclusion`` encoders.
    error : float or None
        Expected standard error of the difference; None where the cohort is too small for one.
    power : float or None
        Chance of "shown" where the effect is the smallest of interest.
    equivalence : float or None
        Chance of "equivalent" where there is none.
    n_needed : int or None
        Least n with a power of 0.8.
    assumed : str
        What the error rests on.
    """

    claim: str
    letter: str
    statement: str
    contrast: str
    metric: str
    margin: float
    n: int
    error: float | None
    power: float | None
    equivalence: float | None
    n_needed: int | None
    assumed: str


def plan_claim(
    name: str, claim: ClaimSettings, claims: ClaimsSettings, facts: Mapping[str, Any]
) -> Planned:
    """Work out what a cohort can show of one claim.

    Parameters
    ----------
    name : str
    claim : settings of a claim
    claims : ClaimsSettings
        Its family, whose size corrects the level.
    facts : mapping
        ``kind``, ``n`` (patients) and ``folds`` of the target; ``prevalences`` of its classes, of
        two the positive one first; ``event_share`` of survival; ``task_counts`` of encoders.
    """
    level = claims.alpha / claims.family
    found = _errors(claim, claims, facts, level=level)
    return Planned(
        claim=name,
        letter=claim.letter,
        statement=claim.statement,
        margin=claim.margin,
        **found,
    )


def _errors(
    claim: ClaimSettings, claims: ClaimsSettings, facts: Mapping[str, Any], *, level: float
) -> dict[str, Any]:
    if isinstance(claim, ContrastClaim | PrecisionClaim):
        return _of_contrast(claim, claims, facts, level=level)
    if isinstance(claim, InclusionClaim):
        return _of_inclusion(claim, facts, level=level)
    if isinstance(claim, LimitClaim):
        return _of_sizes(claim, facts, level=level)
    if isinstance(claim, SaliencyClaim):
        error = SLIDE_SD / math.sqrt(max(facts["n"], 2))
        return {
            "contrast": "pixel AUROC of the map - 0.5",
            "metric": "pixel auroc",
            "assumed": f"all patients show the tissue; sd of their pixel AUROCs {SLIDE_SD}",
            **_chances(claim.margin, error, n=facts["n"], level=level),
        }
    events = max(facts["n"] * facts.get("event_share", 1.0), 1)
    error = 2 / math.sqrt(events)
    return {
        "contrast": "hazard of the high-risk group against that of the low-risk group",
        "metric": "log hazard ratio",
        "assumed": f"{events:.0f} events in two groups of equal size (Schoenfeld 1981)",
        **_chances(claim.margin, error, n=facts["n"], level=level),
    }


def _of_contrast(
    claim: ContrastClaim | PrecisionClaim,
    claims: ClaimsSettings,
    facts: Mapping[str, Any],
    *,
    level: float,
) -> dict[str, Any]:
    """Take closed forms over patients, at the reference that is assumed of the second arm."""
    metric: Metric = PRIMARY[facts["kind"]]  # type: ignore[assignment]
    correlation = SAME_MODEL if isinstance(claim, PrecisionClaim) else claims.correlation
    reference = getattr(claim, "reference", None)
    if reference is None:
        reference = (1 + CHANCE[metric]) / 2
    reference = min(reference, HIGHEST - claim.margin)
    sides = (
        (f"{claim.bits[0]} bits", "float16")
        if isinstance(claim, PrecisionClaim)
        else (" + ".join(claim.first), " + ".join(claim.second))
    )
    common = {
        "contrast": " against ".join(sides),
        "metric": metric,
        "assumed": f"{metric} of {reference:g} in the second arm, arms that correlate by "
        f"{correlation:g}",
    }
    try:
        found = contrast_power(
            Contrast(
                name="plan", first=sides[0], second=sides[1], metric=metric, margin=claim.margin
            ),
            Design(
                n=facts["n"],
                reference=reference,
                correlation=correlation,
                prevalences=tuple(facts.get("prevalences", (0.5, 0.5))),
                event_share=facts.get("event_share", 1.0),
                folds=facts["folds"],
            ),
            alpha=level,
            target=AIM,
        )
    except ValueError as error:
        return {**common, **_nothing(facts["n"]), "assumed": str(error)}
    return {
        **common,
        "n": found.n,
        "error": found.error,
        "power": found.power,
        "equivalence": found.equivalence,
        "n_needed": found.n_shown,
    }


def _of_inclusion(
    claim: InclusionClaim, facts: Mapping[str, Any], *, level: float
) -> dict[str, Any]:
    """Slope over runs of which as many have one, two, … tasks as subsets there are."""
    counts = facts["task_counts"]
    middle = sum(counts) / len(counts)
    spread = math.sqrt(sum((each - middle) ** 2 for each in counts))
    common = {"contrast": "performance a further task", "metric": PRIMARY[facts["kind"]]}
    if len(set(counts)) < 2 or len(counts) < 3:
        why = "no trend: it needs three encoders, not all of as many tasks"
        return {**common, **_nothing(len(counts)), "assumed": why}
    return {
        **common,
        "assumed": f"encoders of equally many tasks have an sd of {RUN_SD}; error over patients "
        "comes on top",
        **_chances(claim.margin, RUN_SD / spread, n=len(counts), level=level),
    }


def _of_sizes(claim: LimitClaim, facts: Mapping[str, Any], *, level: float) -> dict[str, Any]:
    """AUCs of two groups of lesions against the same slides without one."""
    positive = facts.get("prevalences", (0.5, 0.5))[0]
    healthy, own = facts["n"] * (1 - positive), facts["n"] * positive / claim.bins
    common = {
        "contrast": "AUC of the largest lesions against that of the smallest",
        "metric": "auc",
        "assumed": f"{own:.0f} lesions of either size, AUC of 0.75, arms that correlate by 0",
    }
    try:
        design = Design(
            n=round(healthy + own),
            reference=0.75,
            prevalences=(own / (healthy + own), healthy / (healthy + own)),
            folds=facts["folds"],
        )
        error = math.sqrt(2) * metric_error("auc", 0.75, design)
    except (ValueError, ZeroDivisionError) as fault:
        return {**common, **_nothing(facts["n"]), "assumed": str(fault)}
    return {**common, **_chances(claim.margin, error, n=facts["n"], level=level)}


def _chances(margin: float, error: float, *, n: int, level: float) -> dict[str, Any]:
    """Give normal chances of both verdicts, and the n of the first; the error shrinks with √n."""
    needed = (error * (ndtri(1 - level / 2) + ndtri(AIM)) / margin) ** 2 * n
    return {
        "n": n,
        "error": error,
        "power": float(ndtr(margin / error - ndtri(1 - level / 2))),
        "equivalence": max(0.0, float(2 * ndtr(margin / error - ndtri(1 - level)) - 1)),
        "n_needed": math.ceil(needed),
    }


def _nothing(n: int) -> dict[str, Any]:
    return {"n": n, "error": None, "power": None, "equivalence": None, "n_needed": None}
