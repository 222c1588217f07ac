"""Settings of labelled patches."""

from typing import Annotated

from pydantic import Field

from histopress.types import settings


@settings
class PatchSettings:
    """Patches cut from phantom slides of patients outside the cohort."""

    n_patients: Annotated[
        int, Field(ge=2, le=9999, description="Number of patients that patches are cut from.")
    ] = 16
    n_per_class: Annotated[
        int, Field(ge=1, le=1_000_000, description="Number of patches of each class.")
    ] = 600
    tile_px: Annotated[
        int, Field(ge=16, le=512, description="Side of a patch in pixels of the phantom's level 0.")
    ] = 128
