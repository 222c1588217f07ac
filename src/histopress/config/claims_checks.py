"""Faults of claims: what they name and is not there, or is of another kind."""

from collections.abc import Iterator, Mapping

from histopress.claims.settings import (
    ClaimSettings,
    ClaimsSettings,
    InclusionClaim,
    LimitClaim,
    SaliencyClaim,
    SeparationClaim,
    encoders_of,
)
from histopress.cohort.names import case_clashes, check_name
from histopress.config.models import Config
from histopress.learn.settings import NicCnnSettings

PLAN = "plan"
"""Name of the file that states all claims, in the folder of their verdicts."""


def claims_faults(config: Config) -> Iterator[str]:
    """Name what claims ask for that the configuration does not have, or not of that kind."""
    claims = config.claims
    if claims is None:
        return
    for name, claim in claims.of.items():
        where = f"config: claims.of.{name}"
        if fault := check_name(name):
            yield f"{where}: {fault}"
        if name.casefold() == PLAN:
            yield f"{where}: is taken by the plan; rename it"
        yield from _unknown(config, claim, where)
        yield from _misfits(config, claim, where)
    for first, second in case_clashes(claims.of):
        yield f"config: claims.of.{second}: differs from '{first}' in case only; rename one"
    yield from _shared_faults(claims)


def _shared_faults(claims: ClaimsSettings) -> Iterator[str]:
    count = len(claims.of)
    if claims.family < count:
        yield (
            f"config: claims.family: is {claims.family}, but {count} claims are stated; "
            "count them all, with those of other studies"
        )
    sized = [name for name, claim in claims.of.items() if isinstance(claim, LimitClaim)]
    if sized and claims.latents is None:
        yield (
            "config: claims.latents: is missing; it names the table of lesion sizes for claims "
            f"of kind limit ({', '.join(sized)})"
        )


def _unknown(config: Config, claim: ClaimSettings, where: str) -> Iterator[str]:
    asked: list[tuple[str, str, str]] = [("target", claim.target, "targets")]
    asked.append(("model", claim.model, "models"))
    asked += [(key, name, "encoders") for key, name in encoders_of(claim)]
    if isinstance(claim, SeparationClaim) and claim.proxy is not None:
        asked.append(("proxy", claim.proxy, "targets"))
    for key, name, room in asked:
        known: Mapping[str, object] = getattr(config, room)
        if name not in known:
            have = ", ".join(sorted(known)) or "none"
            yield f"{where}.{key}: is '{name}'; {room} are {have}"


def _misfits(config: Config, claim: ClaimSettings, where: str) -> Iterator[str]:
    if isinstance(claim, SeparationClaim):
        yield from _separation_faults(config, claim, where)
    if isinstance(claim, LimitClaim):
        yield from _limit_faults(config, claim, where)
    if isinstance(claim, SaliencyClaim):
        yield from _saliency_faults(config, claim, where)
    if isinstance(claim, InclusionClaim):
        for name in claim.encoders:
            if name in config.encoders and not getattr(config.encoders[name], "tasks", ()):
                yield f"{where}.encoders: '{name}' learns no patch task; leave it out"


def _separation_faults(config: Config, claim: SeparationClaim, where: str) -> Iterator[str]:
    target = config.targets.get(claim.target)
    if target is not None and target.kind != "survival":
        yield f"{where}.target: '{claim.target}' is a {target.kind}; risk groups need survival"
    proxy = config.targets.get(claim.proxy) if claim.proxy else None
    if proxy is not None and proxy.kind != "classification":
        yield f"{where}.proxy: '{claim.proxy}' is a {proxy.kind}; name a classification"


def _limit_faults(config: Config, claim: LimitClaim, where: str) -> Iterator[str]:
    target = config.targets.get(claim.target)
    if target is not None and (target.kind != "classification" or target.level != "slide"):
        yield f"{where}.target: lesions are of slides; name a classification of level slide"


def _saliency_faults(config: Config, claim: SaliencyClaim, where: str) -> Iterator[str]:
    model = config.models.get(claim.model)
    if model is not None and not isinstance(model, NicCnnSettings):
        yield f"{where}.model: '{claim.model}' is a {model.kind}; Grad-CAM needs a nic-cnn"
    if claim.encoder in config.features:
        yield f"{where}.encoder: '{claim.encoder}' was made elsewhere: its tiles' place is unknown"
    if config.phantom is None:
        yield f"{where}: only phantoms have a class map; set phantom.slides"
