"""Settings of simulated slides: everything that changes their pixels or their labels."""

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated

from pydantic import Field

from histopress.types import settings

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1, le=100_000)]


def check_ranges(owner: object, names: Sequence[str]) -> None:
    """Refuse a range whose first value is above its second (pydantic reports the key)."""
    for name in names:
        low, high = getattr(owner, name)
        if low > high:
            raise ValueError(f"'{name}' is ({low}, {high}); give the lower value first")


@settings
class SurvivalSettings:
    """The law of simulated survival, see :mod:`histopress.simulate.follow_up`."""

    median_months: Annotated[
        float,
        Field(
            ge=1,
            le=1200,
            description="Median time to the event at the average tumour fraction and grade 2.",
        ),
    ] = 30.0
    log_hazard: Annotated[
        float,
        Field(
            ge=-4,
            le=4,
            description="Log-hazard a standard deviation of the patient's mean tumour fraction.",
        ),
    ] = 1.0
    grade_log_hazard: Annotated[
        float, Field(ge=-4, le=4, description="Log-hazard a step of the patient's grade (1 to 3).")
    ] = 0.5
    censoring_share: Annotated[
        float,
        Field(ge=0, le=0.95, description="Expected share of patients whose event is not seen."),
    ] = 0.3


@settings
class GrowthSurvivalSettings:
    """What is recorded of patients of the design ``growth``.

    A law of survival, and how exactly proliferation and growth pattern are recorded; see
    :mod:`histopress.simulate.latents`.
    """

    median_months: Annotated[
        float,
        Field(
            ge=1,
            le=1200,
            description="Median time to the event at the average mitotic density (on a "
            "logarithmic scale) and the pattern 'pushing'.",
        ),
    ] = 30.0
    mitosis_log_hazard: Annotated[
        float,
        Field(
            ge=-4,
            le=4,
            description="Log-hazard a standard deviation of the logarithm of mitotic density.",
        ),
    ] = 0.8
    pattern_log_hazard: Annotated[
        float,
        Field(
            ge=-4,
            le=4,
            description="Log-hazard that 'replacement' has more than 'pushing', and 'desmoplastic' "
            "less.",
        ),
    ] = 0.8
    censoring_share: Annotated[
        float,
        Field(ge=0, le=0.95, description="Expected share of patients whose event is not seen."),
    ] = 0.3
    proliferation_sd: Annotated[
        float,
        Field(
            ge=0,
            le=10,
            description="Standard deviation of the error of the recorded proliferation score; one "
            "step is a doubling of mitotic density.",
        ),
    ] = 0.4
    mislabelled_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            description="Expected share of patients whose recorded growth pattern is one of the "
            "other two.",
        ),
    ] = 0.0


@settings
class CollageSettings:
    """A cohort of slides built from labelled real tiles."""

    positive_classes: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="Names of the folders whose tiles are positive."),
    ] = ("tumour",)
    negative_classes: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="Names of the folders whose tiles are negative."),
    ] = ("normal",)
    tile_px: Annotated[
        int, Field(ge=16, le=4096, description="Side of the tiles in pixels; all are equal.")
    ] = 96
    spacing_um: Annotated[
        float, Field(ge=0.05, le=10.0, description="The tiles' own spacing in µm per pixel.")
    ] = 0.97
    n_patients: Annotated[int, Field(ge=1, le=9999, description="Number of patients.")] = 40
    slides_per_patient: Annotated[
        tuple[
            Annotated[int, Field(ge=1, le=26)],
            Annotated[int, Field(ge=1, le=26)],
        ],
        Field(description="Fewest and most slides of a patient; counts take turns."),
    ] = (1, 2)
    prevalence: Annotated[
        float, Field(ge=0.0, le=1.0, description="Share of patients whose slides are positive.")
    ] = 0.5
    tiles_per_slide: Annotated[
        tuple[Count, Count], Field(description="Fewest and most tiles placed on a slide.")
    ] = (36, 44)
    positive_fraction: Annotated[
        tuple[Share, Share],
        Field(description="Lowest and highest share of positive tiles on a positive slide."),
    ] = (0.2, 0.6)
    n_centers: Annotated[
        int,
        Field(
            ge=1,
            le=26,
            description="Number of centres, named A, B, …; drawn for each patient, without any "
            "effect on slides or survival.",
        ),
    ] = 3
    survival: Annotated[
        SurvivalSettings, Field(description="How patients' survival follows their slides.")
    ] = field(default_factory=SurvivalSettings)
    duplicate_bits: Annotated[
        int,
        Field(
            ge=0,
            le=16,
            description="Tiles whose 64-bit perceptual hashes differ in at most so many bits "
            "count as near-duplicates.",
        ),
    ] = 4
    exclude: Annotated[
        tuple[str, ...],
        Field(description="SHA-256 digests of tile files to keep out, with their near-duplicates."),
    ] = ()
    quality: Annotated[int, Field(ge=10, le=100, description="JPEG quality of the pyramid.")] = 90

    def __post_init__(self) -> None:
        check_ranges(self, ("slides_per_patient", "tiles_per_slide", "positive_fraction"))
        both = sorted(set(self.positive_classes) & set(self.negative_classes))
        if both:
            raise ValueError(f"classes {both} are both positive and negative; name each once")
