"""Units, shapes and settings shared by every room.

Units travel in types: a spacing is in micrometres per pixel (:data:`Microns`), a position on a
slide in level-0 pixels (:data:`SlidePixels`), a length inside a tile in pixels at the working
spacing (:data:`TilePixels`). Shapes stand in annotations, in jaxtyping's notation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NewType, TypeVar, dataclass_transform

Microns = NewType("Microns", float)
SlidePixels = NewType("SlidePixels", int)
TilePixels = NewType("TilePixels", int)

Status = Literal["ok", "excluded"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def settings(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, keyword-only dataclass that refuses unknown keys when validated.

    Bounds and descriptions stand in the annotations as :func:`pydantic.Field`; the
    configuration's schema and key table are derived from them.

    Examples
    --------
    >>> @settings
    ... class Blur:
    ...     sigma_px: float = 1.0
    >>> Blur(sigma_px=2.0)
    Blur(sigma_px=2.0)
    """
    cls.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    return dataclass(frozen=True, kw_only=True)(cls)


Progress = Callable[[int, int], None]
"""Called with (done, total) as long work advances."""
