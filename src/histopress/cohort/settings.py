"""Settings of targets and of cross-validation."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings


@settings
class TargetSettings:
    """What is learned from the slides."""

    kind: Annotated[
        Literal["classification"], Field(description="What kind of quantity the label is.")
    ] = "classification"
    column: Annotated[
        str, Field(min_length=1, description="Column of the manifest that holds the label.")
    ]
    classes: Annotated[
        tuple[str, ...] | None,
        Field(
            min_length=2,
            description="Labels in their order; without, those found, numbers in numeric order. "
            "A label that is not listed is refused.",
        ),
    ] = None
    positive: Annotated[
        str | None,
        Field(
            description="Of two classes the one whose probability is the score; without, the last.",
        ),
    ] = None
    level: Annotated[
        Literal["slide", "patient"],
        Field(
            description="Whether the label belongs to the slide or to the patient; a patient's "
            "score is the mean over their slides."
        ),
    ] = "slide"
    note: Annotated[
        str | None,
        Field(max_length=400, description="What a reader must know; stands beside every figure."),
    ] = None
    permute: Annotated[
        int | None,
        Field(
            ge=0,
            description="A control: labels are shuffled among slides (or patients, by level) "
            "with this seed, so that nothing can be learned.",
        ),
    ] = None


@settings
class ProtocolSettings:
    """How patients are divided for training, validation and test."""

    kind: Annotated[
        Literal["rotation"],
        Field(description="Each fold is tested once; the next one validates, the rest train."),
    ] = "rotation"
    folds: Annotated[
        int, Field(ge=3, le=20, description="Number of folds that patients are divided into.")
    ] = 4
