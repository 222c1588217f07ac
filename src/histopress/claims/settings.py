"""What is claimed: contrasts that are written down before anything has run."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from histopress.patches.phantom_settings import TissueName
from histopress.types import settings

Name = Annotated[str, Field(min_length=1, max_length=100)]
Names = Annotated[tuple[Name, ...], Field(min_length=1)]
Margin = Annotated[
    float,
    Field(gt=0, lt=1, description="Smallest effect of interest, on the metric's own scale."),
]
Reference = Annotated[
    float | None,
    Field(
        gt=-1,
        lt=1,
        description="Metric that the second arm is thought to reach, for the power; without, the "
        "middle between chance and 1.",
    ),
]


@settings
class ClaimBase:
    """What every claim says of itself."""

    letter: Annotated[
        Literal["a", "b", "c", "d", "e", "f", "g"],
        Field(description="Which of the publications' claims it is part of."),
    ]
    statement: Annotated[
        str, Field(min_length=8, max_length=300, description="The claim in one sentence.")
    ]
    note: Annotated[
        str | None,
        Field(max_length=400, description="What a reader must know; stands beside the verdict."),
    ] = None


@settings
class RowClaim(ClaimBase):
    """A claim about one target and one kind of slide-level model."""

    target: Annotated[str, Field(min_length=1, description="Key of `targets`.")]
    model: Annotated[str, Field(min_length=1, description="Key of `models`.")]


@settings
class ContrastClaim(RowClaim):
    """One group of encoders is better than another, on the same patients."""

    kind: Annotated[
        Literal["contrast"],
        Field(description="Encoders against others; several of a side are trainings of one kind."),
    ] = "contrast"
    first: Annotated[Names, Field(description="Encoders that should be better.")]
    second: Annotated[Names, Field(description="Encoders that they are held against.")]
    margin: Margin = 0.05
    reference: Reference = None

    def __post_init__(self) -> None:
        _check_once("first' and 'second", (*self.first, *self.second))


@settings
class InclusionClaim(RowClaim):
    """Performance grows with the number of tasks that an encoder learned."""

    kind: Annotated[
        Literal["inclusion"],
        Field(description="Encoders of many subsets of the patch tasks: which task helps?"),
    ] = "inclusion"
    encoders: Annotated[Names, Field(description="Encoders; their tasks are those they learn.")]
    margin: Annotated[
        float, Field(gt=0, lt=1, description="Smallest gain a further task that is of interest.")
    ] = 0.02

    def __post_init__(self) -> None:
        _check_once("encoders", self.encoders)


@settings
class SeparationClaim(RowClaim):
    """Predicted risk separates patients who do well from those who do not."""

    kind: Annotated[
        Literal["separation"],
        Field(description="Survival split at each fold's training median, or by another score."),
    ] = "separation"
    encoder: Annotated[str, Field(min_length=1, description="Key of `encoders`.")]
    proxy: Annotated[
        str | None,
        Field(
            description="A classification target whose score stands for the risk; none takes "
            "the risk that was learned from survival itself."
        ),
    ] = None
    proxy_class: Annotated[
        str | None, Field(description="The class whose probability means a higher risk.")
    ] = None
    permutations: Annotated[
        int,
        Field(
            ge=99,
            le=100_000,
            description="Times that outcomes are shuffled among a fold's patients.",
        ),
    ] = 1999
    margin: Annotated[
        float, Field(gt=0, description="Smallest log hazard ratio of the groups of interest.")
    ] = 0.4

    def __post_init__(self) -> None:
        if (self.proxy is None) != (self.proxy_class is None):
            raise ValueError("'proxy' and 'proxy_class' go together; give both or neither")


@settings
class LimitClaim(RowClaim):
    """Small lesions are the limit."""

    kind: Annotated[
        Literal["limit"],
        Field(description="Score against lesion size, encoder and number of training patients."),
    ] = "limit"
    encoders: Annotated[
        Names, Field(description="Encoders of several code sizes or strides; the first is usual.")
    ]
    sizes: Annotated[
        str, Field(min_length=1, description="Column of the table of latents that tells sizes.")
    ] = "metastasis_um"
    bins: Annotated[
        int, Field(ge=2, le=10, description="Groups of lesions of equal number, by size.")
    ] = 3
    shares: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...],
        Field(min_length=1, description="Shares of the training patients that are learned from."),
    ] = (0.25, 0.5, 1.0)
    seeds: Annotated[int, Field(ge=1, le=100, description="Trainings of each.")] = 2
    margin: Margin = 0.1

    def __post_init__(self) -> None:
        _check_once("encoders", self.encoders)
        _check_once("shares", self.shares)


@settings
class SaliencyClaim(RowClaim):
    """Where the model looks is where the cause is."""

    kind: Annotated[
        Literal["saliency"],
        Field(description="Grad-CAM on the first convolution against the class map."),
    ] = "saliency"
    encoder: Annotated[str, Field(min_length=1, description="Key of `encoders`.")]
    tissue: Annotated[
        tuple[TissueName, ...], Field(min_length=1, description="Tissue that the map should mark.")
    ] = ("tumour",)
    margin: Annotated[
        float, Field(gt=0, lt=0.5, description="Smallest gain of pixel AUROC over chance.")
    ] = 0.1


@settings
class PrecisionClaim(RowClaim):
    """Compressed slides are small, and eight bits a number are enough."""

    kind: Annotated[
        Literal["precision"],
        Field(description="Ratio, bytes a slide, and the score after rounding to fewer bits."),
    ] = "precision"
    encoder: Annotated[str, Field(min_length=1, description="Key of `encoders`.")]
    bits: Annotated[
        tuple[Annotated[int, Field(ge=2, le=12)], ...],
        Field(min_length=1, description="Bits a number that are tried, each channel scaled."),
    ] = (8, 4)
    seeds: Annotated[int, Field(ge=1, le=100, description="Trainings of each.")] = 2
    margin: Margin = 0.03

    def __post_init__(self) -> None:
        _check_once("bits", self.bits)


ClaimSettings = Annotated[
    ContrastClaim | InclusionClaim | SeparationClaim | LimitClaim | SaliencyClaim | PrecisionClaim,
    Field(discriminator="kind"),
]


def _check_once(key: str, values: Sequence[object]) -> None:
    """Refuse what stands twice: it would count as an independent training, or be trained twice."""
    twice = next((each for each in values if values.count(each) > 1), None)
    if twice is not None:
        raise ValueError(f"'{key}' name {twice} twice; name each once")


def encoders_of(claim: ClaimSettings) -> list[tuple[str, str]]:
    """List all encoders that a claim names, each with the key that names it."""
    found: list[tuple[str, str]] = []
    for key in ("first", "second", "encoders"):
        found += [(key, name) for name in getattr(claim, key, ())]
    alone = getattr(claim, "encoder", None)
    return found + ([("encoder", alone)] if alone else [])


@settings
class ClaimsSettings:
    """The claims of a study, and what judges them all alike."""

    family: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Number of claims that share the risk of a wrong verdict, those of other "
            "studies included; each interval is corrected for it (Bonferroni).",
        ),
    ]
    alpha: Annotated[
        float, Field(gt=0, le=0.2, description="Risk of any wrong verdict in the family.")
    ] = 0.05
    correlation: Annotated[
        float,
        Field(ge=0, lt=1, description="Assumed correlation of two arms' estimates, for the power."),
    ] = 0.5
    resamples: Annotated[
        int, Field(ge=200, le=100_000, description="Bootstrap resamples of patients.")
    ] = 2000
    latents: Annotated[
        str | None,
        Field(description="Table of the drawn patients' latent causes; none of real slides."),
    ] = None
    headed: Annotated[
        str,
        Field(max_length=400, description="What every table of these verdicts is headed with."),
    ] = ""
    of: Annotated[dict[str, ClaimSettings], Field(min_length=1, description="The claims by name.")]
