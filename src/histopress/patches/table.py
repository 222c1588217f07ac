"""Labelled patches, fitted to an encoder and divided so that no group is on two sides."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError, StoreError
from histopress.store import canonical_json, create_h5, open_h5, put

SCHEMA = "patches/2"

Part = Literal["training", "tuning", "validation"]
PARTS: tuple[Part, ...] = ("training", "tuning", "validation")
"""Fits weights; steers the schedule; is scored once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PatchTable:
    """Patches of equal size with one label each.

    Attributes
    ----------
    images : uint8 ndarray (N, h, h, 3)
        RGB; ``h - input_px`` is the margin. May be a read-only memory map.
    labels : int64 ndarray (N,)
        Index into ``classes``.
    classes : tuple of str
        Names of the classes.
    groups : tuple of str (N)
        What must stay on one side of a split: patient, slide or set of near-duplicates.
    centers : tuple of str (N)
        Medical centre; empty where unknown.
    parts : uint8 ndarray (N,)
        Index into :data:`PARTS`.
    neighbours : int64 ndarray (N,)
        Index of a patch that lies beside this one on the slide; −1 where none is known.
    input_px : int
        Side of the central part that an encoder sees.
    spacing_um : float
        µm/px of the images; NaN where nobody knows.
    facts : mapping
        What cards tell: ``task``, ``grouping`` (``patient``, ``slide``, ``near-duplicate``),
        ``licence``, ``note``, ``warnings`` and whatever else the source tells; plain JSON.

    Raises
    ------
    ConfigError
        The parts differ in length, or a label names no class.
    """

    images: UInt8[np.ndarray, "N h h 3"]
    labels: Int64[np.ndarray, "N"]
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    spacing_um: float
    input_px: int = 0
    centers: tuple[str, ...] = ()
    parts: UInt8[np.ndarray, "N"] = field(default_factory=lambda: np.zeros(0, np.uint8))
    neighbours: Int64[np.ndarray, "N"] = field(default_factory=lambda: np.zeros(0, np.int64))
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.images)
        fill = object.__setattr__
        fill(self, "centers", self.centers or ("",) * count)
        if not self.input_px:
            fill(self, "input_px", int(self.images.shape[1]))
        if count and not len(self.parts):
            fill(self, "parts", np.zeros(count, np.uint8))
        if count and not len(self.neighbours):
            fill(self, "neighbours", np.full(count, -1, np.int64))
        columns = (self.labels, self.groups, self.centers, self.parts, self.neighbours)
        if any(len(column) != count for column in columns):
            raise ConfigError(
                f"a patch table holds {count} images, {len(self.labels)} labels, "
                f"{len(self.groups)} groups, {len(self.centers)} centres, {len(self.parts)} parts "
                f"and {len(self.neighbours)} neighbours; give one of each a patch"
            )
        if count and not (0 <= self.labels.min() <= self.labels.max() < self.n_classes):
            raise ConfigError(
                f"labels run from {self.labels.min()} to {self.labels.max()}; "
                f"{self.n_classes} classes allow 0 to {self.n_classes - 1}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def n_classes(self) -> int:
        """Number of classes, whether or not each has patches."""
        return len(self.classes)

    @property
    def margin_px(self) -> int:
        """Pixels around the encoder's input, on each side."""
        return (int(self.images.shape[1]) - self.input_px) // 2

    def indices(self, part: Part) -> Int64[np.ndarray, "M"]:
        """Places of the patches of one part, ascending."""
        return np.flatnonzero(self.parts == PARTS.index(part))

    def cropped(self, indices: Int64[np.ndarray, "M"]) -> UInt8[np.ndarray, "M S S 3"]:
        """Give the central parts, without margin, of the patches at ``indices``."""
        inner = slice(self.margin_px, self.margin_px + self.input_px)
        return np.ascontiguousarray(self.images[indices][:, inner, inner])

    def select(self, indices: Int64[np.ndarray, "M"]) -> "PatchTable":
        """Keep the patches at ``indices``, in their order; neighbours that go are forgotten."""
        place = np.full(len(self) + 1, -1, np.int64)
        place[indices] = np.arange(len(indices))
        return replace(
            self,
            images=self.images[indices],
            labels=self.labels[indices],
            groups=tuple(self.groups[index] for index in indices),
            centers=tuple(self.centers[index] for index in indices),
            parts=self.parts[indices],
            neighbours=place[self.neighbours[indices]],
        )


def write_patches(path: Path, table: PatchTable) -> None:
    """Write a table as HDF5 (schema ``patches/2``); equal tables give equal bytes."""
    attributes = {
        "spacing_um": table.spacing_um,
        "input_px": table.input_px,
        "n_classes": table.n_classes,
        "facts": canonical_json(dict(table.facts)),
    }
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        # One piece, so that readers can map it into memory.
        put(file, "images", table.images)
        put(file, "labels", table.labels)
        put(file, "parts", table.parts)
        put(file, "neighbours", table.neighbours)
        for name in ("classes", "groups", "centers"):
            put(file, name, _encode(getattr(table, name)))


def read_patches(path: Path) -> PatchTable:
    """Read a table; its images are mapped into memory, not read.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        return PatchTable(
            images=_map(path, file["images"]),
            labels=file["labels"][...],
            classes=_decode(file["classes"][...]),
            groups=_decode(file["groups"][...]),
            centers=_decode(file["centers"][...]),
            parts=file["parts"][...],
            neighbours=file["neighbours"][...],
            input_px=int(file.attrs["input_px"]),
            spacing_um=float(file.attrs["spacing_um"]),
            facts=json.loads(file.attrs["facts"]),
        )


def _map(path: Path, images: h5py.Dataset) -> UInt8[np.ndarray, "N h h 3"]:
    """Map a dataset that lies in one piece; a table of millions of patches costs no memory."""
    if not images.size:
        return images[...]
    offset = images.id.get_offset()
    if offset is None or images.dtype != np.uint8:
        raise StoreError(f"{path}: its images do not lie in one piece of uint8; write it again")
    return np.memmap(path, np.uint8, mode="r", offset=offset, shape=images.shape)


def _encode(names: tuple[str, ...]) -> np.ndarray:
    """Text as fixed-width UTF-8: variable-width strings would lie in a heap of their own."""
    return np.asarray([name.encode("utf-8") for name in names] or [b""][:0], dtype="S")


def _decode(names: np.ndarray) -> tuple[str, ...]:
    return tuple(name.decode("utf-8") for name in names.tolist())
