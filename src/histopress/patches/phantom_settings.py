"""Settings of patches that are cut from phantom slides."""

from typing import Annotated, Literal

from pydantic import Field

from histopress.simulate.phantom_settings import PhantomSettings
from histopress.types import settings

PhantomTaskName = Literal["tissue", "epithelium", "metastasis", "mitosis"]
TissueName = Literal[
    "stroma",
    "gland",
    "lymphocytes",
    "tumour",
    "muscle",
    "fat",
    "mucus",
    "blood",
    "necrosis",
    "parenchyma",
    "follicle",
]


@settings
class PhantomPatchSettings:
    """Patches cut from phantom slides of patients outside the cohort."""

    task: Annotated[
        PhantomTaskName,
        Field(
            description="What the classes are: 'tissue' (kinds of tissue), 'epithelium' (gland or "
            "tumour against the rest), 'metastasis' (of lymph nodes, tumour against normal), "
            "'mitosis' (with a mitotic figure or without)."
        ),
    ] = "tissue"
    n_patients: Annotated[
        int, Field(ge=2, le=9999, description="Number of patients that patches are cut from.")
    ] = 16
    n_per_class: Annotated[
        int, Field(ge=1, le=1_000_000, description="Number of patches of each class.")
    ] = 600
    tile_px: Annotated[
        int, Field(ge=16, le=512, description="Side of a patch in pixels of the phantom's level 0.")
    ] = 128
    classes: Annotated[
        tuple[TissueName, ...],
        Field(
            description="Kinds of tissue in the order of the labels, for the task 'tissue' alone; "
            "none takes the nine of bowel: all but parenchyma and follicle."
        ),
    ] = ()

    def __post_init__(self) -> None:
        chosen = list(self.classes)
        if chosen and self.task != "tissue":
            raise ValueError(
                f"'classes' is {chosen}, but the task '{self.task}' has its own classes; leave "
                "'classes' out, or take the task 'tissue'"
            )
        if chosen and not 2 <= len(chosen) == len(set(chosen)):
            raise ValueError(f"'classes' is {chosen}; name at least two kinds of tissue, each once")


def follow_cohort(slides: PhantomSettings) -> PhantomSettings:
    """Keep what patches take over from a cohort: organ, spacing, centres, stains and scanner.

    Nothing else of the cohort changes a patch.
    """
    return PhantomSettings(
        design=slides.design,
        spacing_um=slides.spacing_um,
        n_centers=slides.n_centers,
        center_shift=slides.center_shift,
        slide_shift=slides.slide_shift,
        noise=slides.noise,
        quality=slides.quality,
    )
