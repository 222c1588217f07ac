"""Settings of phantom slides: everything that changes their pixels or their labels."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.simulate.settings import Share, check_ranges
from histopress.types import settings

Design = Literal["tumour", "growth", "node"]
Pattern = Literal["desmoplastic", "pushing", "replacement"]
"""Histological growth patterns of liver metastases (van Dam et al. 2017)."""

PATTERNS: tuple[Pattern, ...] = ("desmoplastic", "pushing", "replacement")
LEAST_MITOSES = 1e-3
"""Mitoses a mm² that a density of 0 is taken for, where its logarithm is."""

Density = Annotated[float, Field(ge=0.0, le=2000.0)]
Microns = Annotated[float, Field(ge=8.0, le=20_000.0)]


@settings
class MitosisSettings:
    """Mitotic figures in tumour, among dark nuclei that only look like them."""

    per_mm2: Annotated[
        tuple[Density, Density],
        Field(
            description="Lowest and highest number of mitoses a mm² of tumour; a patient's is "
            "drawn evenly on a logarithmic scale."
        ),
    ] = (2.0, 40.0)
    dark_per_mm2: Annotated[
        float,
        Field(
            ge=0.0,
            le=2000.0,
            description="Mitoses and look-alikes together a mm² of tumour: where mitoses are few, "
            "look-alikes are many, so that dark spots do not tell.",
        ),
    ] = 60.0

    def __post_init__(self) -> None:
        check_ranges(self, ("per_mm2",))
        if self.per_mm2[1] > self.dark_per_mm2:
            raise ValueError(
                f"'dark_per_mm2' is {self.dark_per_mm2}; it counts mitoses too and must be at "
                f"least the highest of 'per_mm2', {self.per_mm2[1]}"
            )


@settings
class ArtefactSettings:
    """How often a slide shows what is not tissue, or tissue out of place."""

    holes: Annotated[Share, Field(description="Chance that the tissue has holes and tears.")] = 0.3
    folds: Annotated[Share, Field(description="Chance of a fold: tissue lying double.")] = 0.15
    pen: Annotated[Share, Field(description="Chance of pen marks on the glass.")] = 0.05
    dust: Annotated[Share, Field(description="Chance of dust and fibres.")] = 0.3
    blur: Annotated[Share, Field(description="Chance of an area out of focus.")] = 0.1


@settings
class PhantomSettings:
    """A cohort of drawn H&E-like slides."""

    design: Annotated[
        Design,
        Field(
            description="What the slides are of: 'tumour' draws bowel with tumour in some "
            "patients; 'growth' draws liver with a metastasis in every patient, whose growth "
            "pattern and mitoses differ; 'node' draws lymph nodes, some with a metastasis."
        ),
    ] = "tumour"
    size_px: Annotated[
        int, Field(ge=512, le=200_000, description="Side of a slide in level-0 pixels.")
    ] = 4096
    spacing_um: Annotated[
        float, Field(ge=0.2, le=2.0, description="Spacing of level 0 in µm per pixel.")
    ] = 0.5
    n_patients: Annotated[int, Field(ge=1, le=9999, description="Number of patients.")] = 24
    slides_per_patient: Annotated[
        tuple[
            Annotated[int, Field(ge=1, le=26)],
            Annotated[int, Field(ge=1, le=26)],
        ],
        Field(description="Fewest and most slides of a patient; counts take turns."),
    ] = (1, 2)
    n_centers: Annotated[
        int,
        Field(ge=1, le=26, description="Number of centres, named A, B, …; patients take turns."),
    ] = 2
    prevalence: Annotated[
        float,
        Field(
            ge=0.0,
            le=1.0,
            description="Share of patients with tumour, held in each centre; in 'growth' "
            "all have it.",
        ),
    ] = 0.5
    tumour_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest tumour share of the tissue area in positive slides; a "
            "node's is its metastasis."
        ),
    ] = (0.04, 0.25)
    gland_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest share of the tissue area that glands aim for; bowel "
            "only."
        ),
    ] = (0.05, 0.25)
    lymphocyte_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest share of the tissue area rich in lymphocytes; livers "
            "have a third of it, nodes what nodes have."
        ),
    ] = (0.02, 0.3)
    muscle_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest share of the tissue area that is smooth muscle; "
            "bowel only."
        ),
    ] = (0.0, 0.12)
    fat_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest share of the tissue area that is fat; bowel, and a "
            "little more around nodes."
        ),
    ] = (0.0, 0.1)
    mucus_fraction: Annotated[
        tuple[Share, Share],
        Field(description="Lowest and highest share of the tissue area that is mucus; bowel only."),
    ] = (0.0, 0.04)
    blood_fraction: Annotated[
        tuple[Share, Share],
        Field(description="Lowest and highest share of the tissue area that is blood."),
    ] = (0.0, 0.03)
    necrosis_fraction: Annotated[
        tuple[Share, Share],
        Field(
            description="Lowest and highest share of the tissue area that is necrosis; not in "
            "nodes."
        ),
    ] = (0.0, 0.03)
    metastasis_um: Annotated[
        tuple[Microns, Microns],
        Field(
            description="Smallest and largest diameter of a node's metastasis in µm, drawn evenly "
            "on a logarithmic scale; below about 20 µm it is a single cell."
        ),
    ] = (200.0, 2000.0)
    mitoses: Annotated[
        MitosisSettings, Field(description="Mitotic figures, and what looks like them.")
    ] = field(default_factory=MitosisSettings)
    artefacts: Annotated[
        ArtefactSettings, Field(description="What preparation and scanning leave on slides.")
    ] = field(default_factory=ArtefactSettings)
    center_shift: Annotated[
        float,
        Field(
            ge=0.0,
            le=0.5,
            description="Relative standard deviation of stains, and of scanners, between centres.",
        ),
    ] = 0.12
    slide_shift: Annotated[
        float,
        Field(ge=0.0, le=0.5, description="Relative standard deviation of stains within a centre."),
    ] = 0.1
    noise: Annotated[
        float,
        Field(ge=0.0, le=30.0, description="Standard deviation of sensor noise in grey levels."),
    ] = 2.5
    container: Annotated[
        Literal["generic", "aperio"],
        Field(
            description="Kind of pyramidal TIFF: 'generic' halves from level to level; 'aperio' is "
            "built as an Aperio scanner's SVS, with thumbnail, label and macro picture."
        ),
    ] = "generic"
    quality: Annotated[int, Field(ge=10, le=100, description="JPEG quality of the pyramid.")] = 80

    def __post_init__(self) -> None:
        check_ranges(
            self,
            (
                "slides_per_patient",
                "tumour_fraction",
                "gland_fraction",
                "lymphocyte_fraction",
                "muscle_fraction",
                "fat_fraction",
                "mucus_fraction",
                "blood_fraction",
                "necrosis_fraction",
                "metastasis_um",
            ),
        )
