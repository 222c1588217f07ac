"""Settings of protocols: how patients are divided for training, validation and test."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from histopress.types import settings

DEFAULT = "rotation"
"""The kind of protocol where none is named."""

Share = Annotated[
    float,
    Field(
        gt=0,
        le=0.5,
        description="Share of the training patients that is cut off for validation, class by "
        "class, where none are named.",
    ),
]


@settings
class RotationProtocol:
    """Every patient is tested once, by a model that their label never touched."""

    kind: Annotated[
        Literal["rotation"],
        Field(description="Each fold is tested once; the next one validates, the rest train."),
    ] = "rotation"
    folds: Annotated[
        int, Field(ge=3, le=20, description="Number of folds that patients are divided into.")
    ] = 4
    repeats: Annotated[
        int,
        Field(
            ge=1,
            le=50,
            description="How often patients are divided anew and everything is trained again; "
            "above 1, figures can tell how the procedure does on a new cohort.",
        ),
    ] = 1


@settings
class ExternalSettings:
    """Which slides are the external set."""

    column: Annotated[
        str, Field(min_length=1, description="Column of the manifest that tells; also `center`.")
    ]
    values: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="Values of that column that mean an external slide."),
    ]


@settings
class EnsembleProtocol:
    """The publication's 3/1: networks of all folds, averaged on an external set."""

    kind: Annotated[
        Literal["ensemble"],
        Field(
            description="Each fold validates once while the rest train; all networks are averaged "
            "on the external slides, which are tested by every one of them."
        ),
    ] = "ensemble"
    folds: Annotated[
        int, Field(ge=2, le=20, description="Number of folds that patients are divided into.")
    ] = 4
    external: Annotated[ExternalSettings, Field(description="The slides that are tested.")]


@settings
class FixedProtocol:
    """One division that a column of the manifest names."""

    kind: Annotated[
        Literal["fixed"],
        Field(
            description="One division, as a column says: `train`, `validation` (or `val`, "
            "`valid`), `test`, or `none` for slides that take no part."
        ),
    ] = "fixed"
    column: Annotated[str, Field(min_length=1, description="Column that holds these words.")]
    validation_share: Share = 0.2


@settings
class CentresProtocol:
    """Leave one centre out."""

    kind: Annotated[
        Literal["centres"],
        Field(
            description="Each centre is tested once by a model of all others; one of their inner "
            "folds validates."
        ),
    ] = "centres"
    folds: Annotated[
        int,
        Field(ge=2, le=20, description="Inner folds; one of them validates, the rest train."),
    ] = 4


@settings
class PreservedSiteProtocol:
    """Folds that keep every centre whole (Howard et al. 2021)."""

    kind: Annotated[
        Literal["preserved-site"],
        Field(
            description="As `rotation`, but the patients of a centre stay together, so that no "
            "model is tested on a centre that it learned from."
        ),
    ] = "preserved-site"
    folds: Annotated[
        int, Field(ge=3, le=20, description="Number of folds that centres are divided into.")
    ] = 3


@settings
class TableProtocol:
    """Divisions that another tool wrote, taken as they are."""

    kind: Annotated[
        Literal["table"], Field(description="The divisions of a split table of another tool.")
    ] = "table"
    path: Annotated[
        str,
        Field(
            min_length=1,
            description="A file of CLAM (`splits_0.csv`), a folder of them, or a file of "
            "Patho-Bench (`k=all.tsv`), relative to the project.",
        ),
    ]
    validation_share: Share = 0.2


def _name_kind(values: Any) -> Any:
    if isinstance(values, Mapping) and "kind" not in values:
        return {"kind": DEFAULT, **values}
    return values


ProtocolSettings = Annotated[
    Annotated[
        RotationProtocol
        | EnsembleProtocol
        | FixedProtocol
        | CentresProtocol
        | PreservedSiteProtocol
        | TableProtocol,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_name_kind),
]
"""Any protocol; ``kind`` tells which, :data:`DEFAULT` where it is left out."""
