"""Settings of targets; those of protocols beside them."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.cohort.covariates import CovariateSettings
from histopress.cohort.splitting.settings import ProtocolSettings as ProtocolSettings
from histopress.cohort.splitting.settings import RotationProtocol as RotationProtocol
from histopress.types import settings


@settings
class TableSettings:
    """A table beside the manifest that holds labels."""

    path: Annotated[
        str,
        Field(
            min_length=1,
            description="A .csv, .tsv, .txt (tabs) or .xlsx file, relative to the project.",
        ),
    ]
    by: Annotated[
        Literal["slide", "patient"] | None,
        Field(
            description="What rows are joined by; without, by slide where the table names slides, "
            "otherwise by patient."
        ),
    ] = None
    links: Annotated[
        str | None,
        Field(
            description="A second table that names the slides of each patient of the first "
            "(STAMP's SLIDE table), where the manifest's patient ids are others."
        ),
    ] = None
    columns: Annotated[
        tuple[str, ...] | None,
        Field(description="Names of the columns of a table without a header."),
    ] = None
    numbered: Annotated[
        str | None,
        Field(
            description="Row n of a table without a header is the slide named so and numbered "
            "with three digits, such as `TUPAC-TR-` for `TUPAC-TR-001`."
        ),
    ] = None


@settings
class TargetBase:
    """What all targets share."""

    table: Annotated[
        TableSettings | None,
        Field(description="Table that holds the label; without, the manifest does."),
    ] = None
    note: Annotated[
        str | None,
        Field(max_length=400, description="What a reader must know; stands beside every figure."),
    ] = None
    permute: Annotated[
        int | None,
        Field(
            ge=0,
            description="A control: labels are shuffled among patients of a centre with this "
            "seed, so that nothing can be learned.",
        ),
    ] = None
    covariates: Annotated[
        dict[str, CovariateSettings],
        Field(
            description="Columns of the manifest that a clinical model learns from, and that the "
            "image score is adjusted for."
        ),
    ] = field(default_factory=dict)
    subgroups: Annotated[
        tuple[str, ...],
        Field(description="Columns of the manifest by which the primary figure is broken down."),
    ] = ()


@settings
class ClassificationTarget(TargetBase):
    """A class of each slide or patient."""

    kind: Annotated[
        Literal["classification"], Field(description="The label is one of some classes.")
    ] = "classification"
    column: Annotated[str, Field(min_length=1, description="Column that holds the label.")]
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


@settings
class RegressionTarget(TargetBase):
    """A number of each slide or patient."""

    kind: Annotated[Literal["regression"], Field(description="The label is a number.")] = (
        "regression"
    )
    column: Annotated[str, Field(min_length=1, description="Column that holds the number.")]
    unit: Annotated[
        str | None, Field(max_length=40, description="Unit of the number, for tables and figures.")
    ] = None
    level: Annotated[
        Literal["slide", "patient"],
        Field(
            description="Whether the number belongs to the slide or to the patient; a patient's "
            "prediction is the mean over their slides."
        ),
    ] = "slide"


@settings
class SurvivalTarget(TargetBase):
    """Time to an event, which may be censored, of each patient."""

    kind: Annotated[
        Literal["survival"], Field(description="The label is a time to an event, or censored.")
    ] = "survival"
    endpoint: Annotated[
        str | None,
        Field(
            description="Endpoint whose columns are found by the names that other tools give them, "
            "such as `os` (`survival_months` with `censorship`, `OS_MONTHS` with `OS_STATUS`); "
            "in place of `time` and `event`."
        ),
    ] = None
    time: Annotated[
        str | None, Field(min_length=1, description="Column of the time to event or censoring.")
    ] = None
    event: Annotated[
        str | None, Field(min_length=1, description="Column that says how the time ended.")
    ] = None
    coding: Annotated[
        Literal["event", "censorship"] | None,
        Field(
            description="What 1 means in that column: `event`, the event was seen, or "
            "`censorship`, it was not; without, the column's name tells."
        ),
    ] = None
    unit: Annotated[Literal["days", "months", "years"], Field(description="Unit of the times.")] = (
        "months"
    )
    competing: Annotated[
        tuple[str, ...],
        Field(
            description="Values of the event's column that mean an event which makes this one "
            "impossible; the analysis is cause-specific."
        ),
    ] = ()
    horizons: Annotated[
        tuple[Annotated[float, Field(gt=0)], ...],
        Field(description="Times at which AUC, calibration and net benefit are given, in `unit`."),
    ] = ()
    level: Annotated[
        Literal["slide", "patient"],
        Field(
            description="Survival belongs to the patient; `slide` is for tables in which each "
            "slide is a patient."
        ),
    ] = "patient"


TargetSettings = Annotated[
    ClassificationTarget | RegressionTarget | SurvivalTarget, Field(discriminator="kind")
]
"""Any target; ``kind`` tells which."""
