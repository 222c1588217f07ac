"""Settings of probes and of their comparison."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.encoder.settings import ScheduleSettings
from histopress.types import settings

Classifier = Literal["logistic", "mlp"]
CLASSIFIERS: tuple[Classifier, ...] = ("logistic", "mlp")
Metric = Literal["auc", "balanced_accuracy", "accuracy"]
METRICS: tuple[Metric, ...] = ("auc", "balanced_accuracy", "accuracy")

Replicates = Annotated[
    int, Field(ge=200, le=1_000_000, description="Resamples of groups behind an interval.")
]
Level = Annotated[
    float, Field(ge=0.5, le=0.999, description="Coverage of intervals, as a fraction.")
]


@settings
class ProbeSettings:
    """How a frozen encoder is judged on labelled patches."""

    n_train: Annotated[
        int | None,
        Field(
            ge=4,
            description="Most patches that classifiers are fitted on, drawn evenly over classes; "
            "none takes all. A smaller number draws a subset of a larger one's patches.",
        ),
    ] = None
    strengths: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1e6)], ...],
        Field(
            min_length=1,
            description="Inverse strengths of the logistic regression's L2 penalty to try; the "
            "tuning part chooses.",
        ),
    ] = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    hidden: Annotated[
        int, Field(ge=2, le=4096, description="Hidden units of the MLP; 256 as published.")
    ] = 256
    mlp: Annotated[ScheduleSettings, Field(description="Steps and step sizes of the MLP.")] = field(
        default_factory=lambda: ScheduleSettings(
            epochs=60, steps=50, batch=64, patience=4, stop_patience=10
        )
    )
    bootstrap: Replicates = 2000
    level: Level = 0.95
