"""Settings of explanations."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.types import settings

Method = Literal["grad-cam", "attention"]
"""``grad-cam`` explains the CNN (nic-cnn), ``attention`` the attention model (abmil)."""


@settings
class ExplanationSettings:
    """Which maps are made, and of what."""

    methods: Annotated[
        tuple[Method, ...],
        Field(description="Maps to make; none named makes all that the model offers."),
    ] = ()
    output: Annotated[
        str | None,
        Field(
            description="Class whose evidence Grad-CAM shows; without, the scored one. Other kinds "
            "of targets have one output."
        ),
    ] = None
    rectify: Annotated[
        bool,
        Field(
            description="Set evidence against the output to 0 (the ReLU of Selvaraju et al.); "
            "without, maps are signed."
        ),
    ] = False
