"""How the settings of claims are cut from the configuration."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from histopress.claims.settings import (
    ContrastClaim,
    InclusionClaim,
    LimitClaim,
    PrecisionClaim,
    SaliencyClaim,
    SeparationClaim,
)
from histopress.cli.claims.stated import Stated
from histopress.study import Study

DRAWS = (ContrastClaim, LimitClaim, PrecisionClaim)
"""Kinds of claims whose error is also looked at by resampling."""


def claim_cut(
    study: Study, name: str, *, learning: Callable[[Study, str], dict[str, Any]]
) -> dict[str, Any]:
    """Leave out what a kind of claim does not use: nothing else makes its verdict stale.

    Parameters
    ----------
    study : Study
    name : str
        Of the claim.
    learning : callable
        Cuts what decides the labels and the division of a target.
    """
    stated, config = Stated(study), study.config
    claim, claims = stated.claim(name), stated.settings
    found: dict[str, Any] = {"seed": config.seed, "claim": asdict(claim)}
    if claims is not None:
        keys = ("family", "alpha", "headed", *(("resamples",) if isinstance(claim, DRAWS) else ()))
        found["rules"] = {key: getattr(claims, key) for key in keys}
    if isinstance(claim, InclusionClaim):
        found["tasks"] = stated.tasks(name)
    elif isinstance(claim, SeparationClaim):
        found["protocol"] = asdict(config.protocol)
        found["seeds"] = list(config.seeds)
        found["divisions"] = study.n_divisions(claim.proxy or claim.target)
    elif isinstance(claim, LimitClaim | PrecisionClaim):
        found |= learning(study, claim.target)
        found["model"] = asdict(config.models[claim.model])
        found["numerics"] = asdict(config.numerics)
    elif isinstance(claim, SaliencyClaim) and config.phantom is not None:
        found["phantom"] = asdict(config.phantom.slides)
        found["seeds"] = list(config.seeds[:1])
    return found


def plan_cut(study: Study, _: Any) -> dict[str, Any]:
    """Take all claims, and whom each is judged on."""
    stated = Stated(study)
    if stated.settings is None:
        return {}
    return {
        "claims": asdict(stated.settings),
        "facts": {name: stated.facts(name) for name in stated.settings.of},
    }
