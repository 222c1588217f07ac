"""Labelled patches, whose patients are known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError, LeakError
from histopress.store import create_h5, open_h5, put

SCHEMA = "patches/1"
CHUNK_PATCHES = 256


@dataclass(frozen=True, kw_only=True, eq=False)
class PatchTable:
    """Patches of equal size with one label each.

    Attributes
    ----------
    images : uint8 ndarray (N, h, w, 3)
        RGB.
    labels : int64 ndarray (N,)
        Index into ``classes``.
    classes : tuple of str
        Names of the classes.
    patient_ids : tuple of str (N)
        Whom each patch is cut from.
    spacing_um : float
        µm/px of the images.

    Raises
    ------
    ConfigError
        The parts differ in length, or a label names no class.
    """

    images: UInt8[np.ndarray, "N h w 3"]
    labels: Int64[np.ndarray, "N"]
    classes: tuple[str, ...]
    patient_ids: tuple[str, ...]
    spacing_um: float

    def __post_init__(self) -> None:
        lengths = {len(self.images), len(self.labels), len(self.patient_ids)}
        if len(lengths) > 1:
            raise ConfigError(
                f"a patch table holds {len(self.images)} images, {len(self.labels)} labels and "
                f"{len(self.patient_ids)} patient ids; give one of each a patch"
            )
        if len(self.labels) and not (0 <= self.labels.min() <= self.labels.max() < self.n_classes):
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

    def select(self, indices: Int64[np.ndarray, "M"]) -> "PatchTable":
        """Keep the patches at ``indices``, in their order."""
        return PatchTable(
            images=self.images[indices],
            labels=self.labels[indices],
            classes=self.classes,
            patient_ids=tuple(self.patient_ids[index] for index in indices),
            spacing_um=self.spacing_um,
        )


def write_patches(path: Path, table: PatchTable) -> None:
    """Write a table as HDF5 (schema ``patches/1``); equal tables give equal bytes."""
    attributes = {"spacing_um": table.spacing_um, "n_classes": table.n_classes}
    chunk = (min(CHUNK_PATCHES, max(len(table), 1)), *table.images.shape[1:])
    with create_h5(path, schema=SCHEMA, attributes=attributes) as file:
        put(file, "images", table.images, chunks=chunk)
        put(file, "labels", table.labels)
        put(file, "classes", _encode(table.classes))
        put(file, "patient_ids", _encode(table.patient_ids))


def read_patches(path: Path) -> PatchTable:
    """Read a whole table.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    with open_h5(path, schema=SCHEMA) as file:
        return PatchTable(
            images=file["images"][...],
            labels=file["labels"][...],
            classes=_decode(file["classes"][...]),
            patient_ids=_decode(file["patient_ids"][...]),
            spacing_um=float(file.attrs["spacing_um"]),
        )


def split_by_patient(
    table: PatchTable, fraction: float, rng: np.random.Generator
) -> tuple[PatchTable, PatchTable]:
    """Split off the patches of a share of the patients, drawn at random.

    Parameters
    ----------
    table : PatchTable
        Patches of at least two patients.
    fraction : float
        Share of the patients to split off, 0 to 1; at least one goes and at least one stays.
    rng : Generator
        Draws the patients.

    Returns
    -------
    tuple of PatchTable
        What stays and what is split off; no patient is in both, order is kept.

    Raises
    ------
    LeakError
        All patches are of one patient, so that no split keeps patients apart.
    """
    patients = sorted(set(table.patient_ids))
    if len(patients) < 2:
        raise LeakError(
            f"{len(table)} patches of {len(patients)} patient(s) cannot be split by patient; "
            "give patches of at least 2 patients"
        )
    count = min(max(round(fraction * len(patients)), 1), len(patients) - 1)
    chosen = rng.choice(patients, count, replace=False)
    apart = np.isin(np.asarray(table.patient_ids), chosen)
    return table.select(np.flatnonzero(~apart)), table.select(np.flatnonzero(apart))


def _encode(names: tuple[str, ...]) -> np.ndarray:
    """Text as fixed-width UTF-8: variable-width strings would lie in a heap of their own."""
    return np.asarray([name.encode("utf-8") for name in names], dtype=np.bytes_)


def _decode(names: np.ndarray) -> tuple[str, ...]:
    return tuple(name.decode("utf-8") for name in names.tolist())
