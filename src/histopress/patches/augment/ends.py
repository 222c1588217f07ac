"""Each transform alone, at both ends of its range: what a person looks at before training."""

from collections.abc import Iterator

import torch
from torch import Tensor

from histopress.patches.augment.parameters import Variation, check_ranges
from histopress.patches.settings import AugmentSettings

_RANGES = ("brightness", "contrast", "noise", "blur")
_AROUND_ZERO = ("hue", "saturation")
_STAIN_NAMES = ("haematoxylin", "eosin", "DAB")


def transform_ends(
    settings: AugmentSettings,
) -> Iterator[tuple[str, tuple[Variation, Variation]]]:
    """Give each transform that is on, with the variation of one patch at its lower and upper end.

    Quarter turns end at one and three, shifts in the margin's corners; an elastic deformation is
    weakest at low α and high σ and strongest at high α and low σ. Stains are given one by one,
    factor and bias together.

    Yields
    ------
    tuple
        A label with the range, and two variations of a single patch.

    Raises
    ------
    ConfigError
        A range cannot be used.
    """
    check_ranges(settings)
    yield from _moves(settings)
    yield from _one(settings, "scale")
    yield from _elastic(settings)
    for name in _AROUND_ZERO:
        yield from _one(settings, name)
    if settings.stain is not None:
        for place, name in enumerate(_STAIN_NAMES):
            change = torch.zeros(1, 3)
            change[0, place] = settings.stain
            yield (
                f"{name} ±{settings.stain:g}",
                (
                    Variation(stain_factor=-change, stain_bias=-change),
                    Variation(stain_factor=change, stain_bias=change),
                ),
            )
    for name in _RANGES:
        yield from _one(settings, name)


def _moves(settings: AugmentSettings) -> Iterator[tuple[str, tuple[Variation, Variation]]]:
    if settings.turn:
        yield "turn", (Variation(turn=torch.tensor([1])), Variation(turn=torch.tensor([3])))
    if settings.mirror:
        yield (
            "mirror",
            (Variation(mirror=torch.tensor([False])), Variation(mirror=torch.tensor([True]))),
        )
    if settings.shift:
        corner = torch.ones(1, 2)
        yield "shift", (Variation(shift=-corner), Variation(shift=corner))


def _elastic(settings: AugmentSettings) -> Iterator[tuple[str, tuple[Variation, Variation]]]:
    if settings.elastic_alpha is not None:
        (weak, strong), (rough, smooth) = settings.elastic_alpha, settings.elastic_sigma
        yield (
            f"elastic α {weak:g}–{strong:g}, σ {rough:g}–{smooth:g} px",
            (
                Variation(elastic_alpha=_single(weak), elastic_sigma=_single(smooth)),
                Variation(elastic_alpha=_single(strong), elastic_sigma=_single(rough)),
            ),
        )


def _one(settings: AugmentSettings, name: str) -> Iterator[tuple[str, tuple[Variation, Variation]]]:
    value = getattr(settings, name)
    if value is None:
        return
    low, high = (-value, value) if name in _AROUND_ZERO else value
    label = f"{name} ±{value:g}" if name in _AROUND_ZERO else f"{name} {low:g}–{high:g}"
    yield label, (Variation(**{name: _single(low)}), Variation(**{name: _single(high)}))


def _single(value: float) -> Tensor:
    return torch.tensor([value])
