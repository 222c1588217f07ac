"""What is drawn for each patch before it is varied."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from histopress.errors import ConfigError
from histopress.patches.settings import AugmentSettings

STAINS = 3
_WIDTHS = {
    "turn": 1,
    "mirror": 1,
    "shift": 2,
    "scale": 1,
    "elastic_alpha": 1,
    "elastic_sigma": 1,
    "hue": 1,
    "saturation": 1,
    "stain_factor": STAINS,
    "stain_bias": STAINS,
    "brightness": 1,
    "contrast": 1,
    "noise": 1,
    "blur": 1,
}
"""Uniform numbers that each parameter takes, in the order of drawing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Variation:
    """How each patch of a batch is varied; a field that is None leaves the batch as it is.

    Attributes
    ----------
    turn : int64 tensor (B,)
        Quarter turns, 0 to 3, in the sense of :func:`torch.rot90`.
    mirror : bool tensor (B,)
        Whether left and right change places, after the turn.
    shift : float32 tensor (B, 2)
        In x and y, −1 to 1: share of what the margin allows.
    scale : float32 tensor (B,)
        Factor of the content's size; 2 shows half the field.
    elastic_alpha, elastic_sigma : float32 tensor (B,)
        Strength and smoothness of the elastic deformation, px of the output; both or neither.
    hue : float32 tensor (B,)
        Added to the hue; 1 is the whole circle.
    saturation : float32 tensor (B,)
        −1 to 1: relative change of the saturation.
    stain_factor, stain_bias : float32 tensor (B, 3)
        Relative change and added amount of haematoxylin, eosin, DAB; both or neither.
    brightness, contrast : float32 tensor (B,)
        Factors.
    noise : float32 tensor (B,)
        Standard deviation; 1 is white.
    blur : float32 tensor (B,)
        Standard deviation in px of the output.
    """

    turn: Int64[Tensor, "B"] | None = None
    mirror: Bool[Tensor, "B"] | None = None
    shift: Float[Tensor, "B 2"] | None = None
    scale: Float[Tensor, "B"] | None = None
    elastic_alpha: Float[Tensor, "B"] | None = None
    elastic_sigma: Float[Tensor, "B"] | None = None
    hue: Float[Tensor, "B"] | None = None
    saturation: Float[Tensor, "B"] | None = None
    stain_factor: Float[Tensor, "B 3"] | None = None
    stain_bias: Float[Tensor, "B 3"] | None = None
    brightness: Float[Tensor, "B"] | None = None
    contrast: Float[Tensor, "B"] | None = None
    noise: Float[Tensor, "B"] | None = None
    blur: Float[Tensor, "B"] | None = None

    def part(self, chosen: "slice | Tensor") -> "Variation":
        """Keep the parameters of some patches of the batch."""
        fields = vars(self).items()
        return Variation(**{name: field[chosen] for name, field in fields if field is not None})


def draw_variation(settings: AugmentSettings, count: int, *, source: torch.Generator) -> Variation:
    """Draw the parameters of ``count`` patches, uniformly within their ranges.

    The numbers of one patch are drawn together and whether or not they are used: switching one
    transform off leaves the parameters of the others as they were, and on the CPU the first
    patches of a longer batch get the same parameters.

    Raises
    ------
    ConfigError
        A range runs downwards, or begins below what its transform can do.
    """
    check_ranges(settings)
    drawn = torch.rand((count, sum(_WIDTHS.values())), generator=source, device=source.device)
    pieces = drawn.split(list(_WIDTHS.values()), dim=1)
    share = {
        name: piece if piece.shape[1] > 1 else piece[:, 0]
        for name, piece in zip(_WIDTHS, pieces, strict=True)
    }

    def between(name: str, limits: tuple[float, float] | None) -> Tensor | None:
        return None if limits is None else limits[0] + share[name] * (limits[1] - limits[0])

    def around_zero(name: str, most: float | None) -> Tensor | None:
        return None if most is None else (2 * share[name] - 1) * most

    elastic = settings.elastic_alpha is not None
    return Variation(
        turn=(share["turn"] * 4).long() if settings.turn else None,
        mirror=share["mirror"] < 0.5 if settings.mirror else None,
        shift=around_zero("shift", 1.0 if settings.shift else None),
        scale=between("scale", settings.scale),
        elastic_alpha=between("elastic_alpha", settings.elastic_alpha),
        elastic_sigma=between("elastic_sigma", settings.elastic_sigma if elastic else None),
        hue=around_zero("hue", settings.hue),
        saturation=around_zero("saturation", settings.saturation),
        stain_factor=around_zero("stain_factor", settings.stain),
        stain_bias=around_zero("stain_bias", settings.stain),
        brightness=between("brightness", settings.brightness),
        contrast=between("contrast", settings.contrast),
        noise=between("noise", settings.noise),
        blur=between("blur", settings.blur),
    )


def check_ranges(settings: AugmentSettings) -> None:
    """Refuse ranges that run downwards or hold values without a meaning.

    Raises
    ------
    ConfigError
        Names the setting, its value and what is allowed.
    """
    above_zero = ("scale", "elastic_sigma", "blur")
    for name in (*above_zero, "elastic_alpha", "brightness", "contrast", "noise"):
        limits = getattr(settings, name)
        if limits is None:
            continue
        low, high = limits
        if low > high or low < 0 or (name in above_zero and low == 0):
            least = "above 0" if name in above_zero else "0 or more"
            raise ConfigError(
                f"augmentation: '{name}' is ({low:g}, {high:g}); give the lowest value, {least}, "
                "and then the highest"
            )
