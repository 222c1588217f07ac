"""Settings of the digits set."""

from typing import Annotated

from pydantic import Field

from histopress.types import settings

MAX_COVERAGE = 0.4
"""Largest share of an image that digits may cover; scattered squares jam at some 0.56."""

Long = Annotated[int, Field(ge=2, le=8192)]
Tilt = Annotated[int, Field(gt=0, lt=180)]
Level = Annotated[int, Field(ge=0, le=255)]
Rgb = tuple[Level, Level, Level]


@settings
class DigitsSettings:
    """Images of scattered digits with two rectangles of one class each."""

    image_px: Annotated[int, Field(ge=32, le=16_384, description="Side of an image in pixels.")] = (
        3600
    )
    digit_px: Annotated[int, Field(ge=5, le=64, description="Side of a digit in pixels.")] = 9
    n_digits: Annotated[
        int, Field(ge=1, le=4_000_000, description="Digits of an image; they never overlap.")
    ] = 25_920
    long_px: Annotated[
        tuple[Long, Long],
        Field(
            description="Least and greatest long side of a rectangle in pixels, at most half of "
            "the image's; the short side is half as long."
        ),
    ] = (36, 1800)
    tilts_deg: Annotated[
        tuple[Tilt, ...],
        Field(
            min_length=1,
            description="Angles in degrees, other than 90, that the tilted rectangle's long side "
            "may stand at.",
        ),
    ] = (45, 135)
    spacing_um: Annotated[
        float, Field(ge=0.05, le=10.0, description="Spacing that TIFFs declare, in µm per pixel.")
    ] = 0.5
    background_rgb: Annotated[
        Rgb, Field(description="Colour that black has in TIFFs, by default that of eosin.")
    ] = (226, 176, 204)
    ink_rgb: Annotated[
        Rgb, Field(description="Colour that white has in TIFFs, by default that of haematoxylin.")
    ] = (64, 38, 112)
    quality: Annotated[int, Field(ge=10, le=100, description="JPEG quality of TIFFs.")] = 90

    def __post_init__(self) -> None:
        low, high = self.long_px
        if low > high:
            raise ValueError(f"'long_px' is ({low}, {high}); give the lower value first")
        if high > self.image_px // 2:
            raise ValueError(
                f"'long_px' reaches {high}, 'image_px' is {self.image_px}; rectangles find room "
                f"for certain up to half of the image's side, {self.image_px // 2}"
            )
        if 90 in self.tilts_deg:
            raise ValueError("'tilts_deg' holds 90, which is upright; give other angles")
        most = int(MAX_COVERAGE * self.image_px**2) // self.digit_px**2
        if self.n_digits > most:
            raise ValueError(
                f"'n_digits' is {self.n_digits}; an image of {self.image_px} px takes at most "
                f"{most} digits of {self.digit_px} px ({MAX_COVERAGE:.0%} of it)"
            )
