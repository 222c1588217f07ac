"""Settings of comparisons and of controls."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings


@settings
class ComparedSettings:
    """How models are held against each other."""

    reference: Annotated[
        tuple[str, str] | None,
        Field(
            description="Encoder and model that each other row is compared with; without, the "
            "first row of the target."
        ),
    ] = None
    correction: Annotated[
        Literal["holm", "benjamini-hochberg", "none"],
        Field(description="Correction of p-values for the number of rows compared in a target."),
    ] = "holm"
    nested: Annotated[
        bool,
        Field(
            description="Adds a row that takes, in each fold, the encoder and model that its "
            "validation patients favour: the figure to quote where the best row is chosen."
        ),
    ] = True


@settings
class ControlSettings:
    """What must come out as chance, or be refused."""

    permutations: Annotated[
        dict[str, Annotated[int, Field(ge=5, le=100_000)]],
        Field(
            description="How often labels are shuffled among patients of a centre and taken "
            "through the whole cross-validation, by model; 200 or more for `mean`."
        ),
    ] = field(default_factory=dict)
    encoders: Annotated[
        tuple[str, ...],
        Field(description="Encoders whose grids are used; none named, the first one."),
    ] = ()
    leaks: Annotated[
        bool,
        Field(description="Injects leaks of every kind, each of which must be refused."),
    ] = True
