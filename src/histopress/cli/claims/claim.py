"""``histopress claim``: a finished study held against one claim that was stated before."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.claims.settings import ClaimSettings
from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.config import Seed
from histopress.learn.settings import ModelSettings, NicCnnSettings, NumericsSettings
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.types import settings

if TYPE_CHECKING:
    # For the digest of the code alone: never imported, for it loads every library.
    from histopress.claims import basis as basis
    from histopress.claims.result import ClaimResult


@settings
class Rules:
    """What judges all claims of a study alike; see :class:`ClaimsSettings`."""

    family: Annotated[int, Field(ge=1)] = 1
    alpha: Annotated[float, Field(gt=0, le=0.2)] = 0.05
    resamples: Annotated[int, Field(ge=200)] = 2000
    headed: str = ""


@settings
class ClaimJobSettings:
    """What decides a verdict."""

    seed: Seed = 1
    claim: ClaimSettings
    rules: Rules = field(default_factory=Rules)
    tasks: Annotated[
        dict[str, tuple[str, ...]], Field(description="Tasks that each encoder learned.")
    ] = field(default_factory=dict)
    target: TargetSettings | None = None
    model: ModelSettings = field(default_factory=NicCnnSettings)
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)
    numerics: NumericsSettings = field(default_factory=NumericsSettings)
    divisions: Annotated[int, Field(ge=1)] = 1
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    phantom: PhantomSettings | None = None


def claim(job: Job) -> None:
    """Judge the claim, write what was found and draw it."""
    from histopress.claims.figures import claim_figure
    from histopress.cli.claims.finish import finish
    from histopress.evaluate.figures import save_svg
    from histopress.evaluate.undefined import UndefinedMetricError
    from histopress.store import write_json

    try:
        result = judges()[job.settings.claim.kind](job)
    except UndefinedMetricError as error:
        result = finish(job, reason=str(error))
    write_json(job.output("result"), result.as_json())
    figure = claim_figure(result)
    save_svg(figure, job.output("figure"), description=f"{result.statement} {result.sentence}.")
    job.facts.update(verdict=result.sentence)


def judges() -> "Mapping[str, Callable[[Job], ClaimResult]]":
    """Functions that judge, by kind of claim."""
    from histopress.cli.claims.contrast import judge_contrast
    from histopress.cli.claims.inclusion import judge_inclusion
    from histopress.cli.claims.limit import judge_limit
    from histopress.cli.claims.precision import judge_precision
    from histopress.cli.claims.saliency import judge_saliency
    from histopress.cli.claims.separation import judge_separation

    return {
        "contrast": judge_contrast,
        "inclusion": judge_inclusion,
        "separation": judge_separation,
        "limit": judge_limit,
        "saliency": judge_saliency,
        "precision": judge_precision,
    }


VERB = Verb(
    name="claim",
    environment="learn",
    settings=ClaimJobSettings,
    inputs=(
        Port(name="manifest", help="table of the slides"),
        Port(name="labels", help="table of the labels, where the target names one", optional=True),
        Port(name="links", help="table of each patient's slides beside it", optional=True),
        Port(name="evaluation", help="folder of evaluations", optional=True),
        Port(name="models", help="folder of models", optional=True),
        Port(name="compressed", help="folder of the encoders' compressed slides", optional=True),
        Port(name="latents", help="table of the drawn patients' latent causes", optional=True),
    ),
    outputs=(
        Port(name="result", help="JSON: estimate, intervals, verdict"),
        Port(name="figure", help="SVG: what was found"),
    ),
    wildcards=("claim",),
    run=claim,
)
