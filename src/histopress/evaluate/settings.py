"""Settings of evaluation."""

from typing import Annotated

from pydantic import Field

from histopress.types import settings


@settings
class EvaluationSettings:
    """Intervals of the metrics."""

    bootstrap: Annotated[
        int,
        Field(ge=200, le=1_000_000, description="Resamples of patients behind an interval."),
    ] = 2000
    level: Annotated[
        float,
        Field(ge=0.5, le=0.999, description="Coverage of intervals, as a fraction."),
    ] = 0.95
