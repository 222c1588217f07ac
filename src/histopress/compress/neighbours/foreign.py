"""Embeddings of one slide as another tool keeps them: a list of vectors and places."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float64

from histopress.errors import NoTissue, SlideFault

Convention = Literal["clam", "trident", "atlaspatch", "stamp", "nic"]
Unit = Literal["px", "um", "cell"]
"""Level-0 pixels, micrometres, or cells of a grid whose place on the slide is unknown."""


@dataclass(frozen=True, kw_only=True)
class ForeignFeatures:
    """What a file of another tool says of one slide.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    vectors : float ndarray (N, D)
        One embedding a patch, as stored.
    coords : float64 ndarray (N, 2)
        Top left of each patch, (x, y) from the slide's corner, in ``unit``.
    unit : str
        Of coordinates, stride, patch and extent.
    convention : str
        Whose layout it is.
    stride : float or None
        Distance of neighbouring patches; None where the file does not tell.
    patch : float or None
        Side of a patch.
    extent : (float, float) or None
        Width and height of the slide.
    shape : (int, int) or None
        Rows and columns of the grid, where the file tells.
    encoder : str or None
        What the file calls its encoder.
    spacing_um : float or None
        µm/px of the pixels that the encoder saw.
    spacing0_um : float or None
        µm/px of level 0.
    several_lattices : bool
        Whether the tool lays a lattice of its own for each piece of tissue.
    attributes : mapping
        ``tile_px`` and ``stride_px``, in px as the encoder saw them, where known.
    """

    slide_id: str
    vectors: Float[np.ndarray, "N D"]
    coords: Float64[np.ndarray, "N 2"]
    unit: Unit
    convention: Convention
    stride: float | None = None
    patch: float | None = None
    extent: tuple[float, float] | None = None
    shape: tuple[int, int] | None = None
    encoder: str | None = None
    spacing_um: float | None = None
    spacing0_um: float | None = None
    several_lattices: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


def checked(features: ForeignFeatures) -> ForeignFeatures:
    """Give ``features`` back if every patch has a finite vector and a place of its own.

    Raises
    ------
    NoTissue
        There is no patch.
    SlideFault
        Shapes do not fit, a value is not finite, or two patches lie at one place.
    """
    name, vectors, coords = features.slide_id, features.vectors, features.coords
    if vectors.ndim != 2 or vectors.dtype.kind != "f" or not vectors.shape[1]:
        raise SlideFault(
            f"slide '{name}': features are {vectors.dtype} of shape {vectors.shape}; expected are "
            "floats of shape (patches, channels)"
        )
    if coords.shape != (len(vectors), 2):
        raise SlideFault(
            f"slide '{name}': {len(vectors)} vectors, but coordinates of shape {coords.shape}; "
            "extract the features again"
        )
    if not len(vectors):
        raise NoTissue(f"slide '{name}': the features file holds no patch")
    _finite(vectors, name, "the embedding")
    _finite(coords, name, "the coordinate")
    _apart(coords, features)
    return features


def _finite(values: np.ndarray, name: str, what: str) -> None:
    if not np.isfinite(values).all():
        patch, column = np.argwhere(~np.isfinite(values))[0]
        raise SlideFault(
            f"slide '{name}': {what} of patch {patch} is {values[patch, column]} in column "
            f"{column}; extract the features again"
        )


def _apart(coords: np.ndarray, features: ForeignFeatures) -> None:
    order = np.lexsort((coords[:, 0], coords[:, 1]))
    same = np.flatnonzero((np.diff(coords[order], axis=0) == 0).all(axis=1))
    if same.size:
        first, second = sorted(order[same[0] : same[0] + 2])
        x, y = coords[first]
        raise SlideFault(
            f"slide '{features.slide_id}': patches {first} and {second} both lie at "
            f"({x:g}, {y:g}) {features.unit}, {same.size} such pairs; two runs may have been "
            "appended to one file: extract the features again"
        )


def plain_vectors(values: np.ndarray) -> np.ndarray:
    """Drop a leading axis of one, which some versions write: (1, N, D) is (N, D)."""
    return values[0] if values.ndim == 3 and values.shape[0] == 1 else values


def plain_coords(values: np.ndarray) -> Float64[np.ndarray, "N columns"]:
    """Drop a leading axis of one; no patches may come as a flat empty array."""
    values = values[0] if values.ndim == 3 and values.shape[0] == 1 else values
    values = values.reshape(0, 2) if not values.size else values
    return values.astype(np.float64)


def in_unit(features: ForeignFeatures, unit: Literal["px", "um"]) -> ForeignFeatures:
    """Express all lengths in level-0 pixels or in micrometres.

    Raises
    ------
    SlideFault
        The spacing of level 0 is needed and unknown, or the place on the slide is.
    """
    if features.unit == unit:
        return features
    if features.unit == "cell":
        raise SlideFault(
            f"slide '{features.slide_id}': its grid has no place on the slide; give --tiles"
        )
    if features.spacing0_um is None:
        raise SlideFault(
            f"slide '{features.slide_id}': lengths are in {features.unit}, asked are {unit}; give "
            "the setting spacing_um, µm per level-0 px"
        )
    factor = features.spacing0_um if unit == "um" else 1 / features.spacing0_um
    extent = features.extent
    return replace(
        features,
        unit=unit,
        coords=features.coords * factor,
        stride=features.stride and features.stride * factor,
        patch=features.patch and features.patch * factor,
        extent=extent and (extent[0] * factor, extent[1] * factor),
    )
