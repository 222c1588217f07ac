"""Patches as arrays in pairs of HDF5 files, as PatchCamelyon ships."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from jaxtyping import UInt8

from histopress.errors import ConfigError
from histopress.patches.faults import refuse
from histopress.patches.listing import read_rows
from histopress.patches.settings import Hdf5Source
from histopress.patches.source import Origin

SLIDE_COLUMNS = ("slide_id", "wsi")


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Files of one part, and their keys in the configuration."""

    x: Path
    y: Path
    meta: Path | None
    part: Literal["", "training", "validation"]
    prefix: str


class Hdf5Patches:
    """Images of one or two HDF5 files, read one at a time; a label is the integer as text.

    Parameters
    ----------
    source : Hdf5Source
        Files of images, labels and slides.
    root : Path
        Folder that relative paths start from.
    task : str
        Name of the task, for messages.

    Raises
    ------
    ConfigError
        Files or datasets are missing, of another shape or type, or differ in length.
    """

    spacing_um = None

    def __init__(self, source: Hdf5Source, *, root: Path, task: str) -> None:
        pairs = _pairs(source, root=root, task=task)
        self._images: list[h5py.Dataset] = []
        self._starts = [0]
        origins: list[Origin] = []
        faults: list[str] = []
        for pair in pairs:
            images, found, wrong = _open_pair(pair)
            faults += wrong
            if images is not None:
                self._images.append(images)
                self._starts.append(self._starts[-1] + len(images))
                origins += found
        refuse(faults)
        self.origins: Sequence[Origin] = tuple(origins)
        self.files: tuple[Path, ...] = tuple(
            path for pair in pairs for path in (pair.x, pair.y, pair.meta) if path is not None
        )

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        number = int(np.searchsorted(self._starts, index, "right")) - 1
        return np.asarray(self._images[number][index - self._starts[number]])


def _pairs(source: Hdf5Source, *, root: Path, task: str) -> list[_Pair]:
    """Sort the files by part."""
    if (source.validation_x is None) != (source.validation_y is None):
        missing = "validation_y" if source.validation_y is None else "validation_x"
        raise ConfigError(
            f"task '{task}': '{missing}' is missing; give both 'validation_x' and 'validation_y', "
            "or neither"
        )
    if source.validation_meta is not None and source.validation_x is None:
        raise ConfigError(
            f"task '{task}': 'validation_meta' without 'validation_x'; give the images or remove it"
        )
    named = source.validation_x is not None
    meta = source.meta
    pairs = [
        _Pair(
            x=root / source.x,
            y=root / source.y,
            meta=root / meta if meta is not None else None,
            part="training" if named else "",
            prefix="",
        )
    ]
    if source.validation_x is not None and source.validation_y is not None:
        meta = source.validation_meta
        pairs.append(
            _Pair(
                x=root / source.validation_x,
                y=root / source.validation_y,
                meta=root / meta if meta is not None else None,
                part="validation",
                prefix="validation_",
            )
        )
    return pairs


def _open_pair(pair: _Pair) -> tuple[h5py.Dataset | None, list[Origin], list[str]]:
    """Open one part: its images, what is known of each, and what is wrong."""
    try:
        images, labels = _dataset(pair.x, "x"), _dataset(pair.y, "y")
    except ConfigError as error:
        return None, [], [str(error)]
    faults = []
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        faults.append(
            f"{pair.x}: dataset 'x' is {images.dtype} {images.shape}; allowed is uint8 (N, h, w, 3)"
        )
    if labels.size != len(labels) or not np.issubdtype(labels.dtype, np.integer):
        faults.append(
            f"{pair.y}: dataset 'y' is {labels.dtype} {labels.shape}; allowed are integers, "
            "one an image"
        )
    if len(labels) != len(images):
        faults.append(
            f"{pair.y}: {len(labels)} labels, {pair.x} has {len(images)} images; "
            f"'{pair.prefix}x' and '{pair.prefix}y' must name files of one part"
        )
    rows: list[dict[str, str]] = [{}] * len(images)
    if pair.meta is not None:
        rows = [row for _, row in read_rows(pair.meta, needed=())]
        faults += _meta_faults(pair, rows, len(images))
    if faults:
        return images, [], faults
    texts = [str(label) for label in labels[...].ravel().tolist()]
    origins = [
        Origin(
            name=f"{pair.x.name}[{number}]",
            label=label,
            slide_id=next((row[name] for name in SLIDE_COLUMNS if name in row), ""),
            patient_id=row.get("patient_id", ""),
            center=row.get("center", ""),
            part=pair.part,
        )
        for number, (label, row) in enumerate(zip(texts, rows, strict=True))
    ]
    return images, origins, []


def _meta_faults(pair: _Pair, rows: Sequence[dict[str, str]], count: int) -> list[str]:
    """Say what is wrong with the table of slides."""
    faults = []
    if rows and not any(name in rows[0] for name in SLIDE_COLUMNS):
        found = ", ".join(f"'{name}'" for name in rows[0])
        faults.append(
            f"{pair.meta}: no column 'wsi' or 'slide_id'; columns found: {found}; "
            f"rename one, or leave '{pair.prefix}meta' out"
        )
    if len(rows) != count:
        faults.append(
            f"{pair.meta}: {len(rows)} rows, {pair.x} has {count} images; give one row an image"
        )
    return faults


def _dataset(path: Path, name: str) -> h5py.Dataset:
    """Open one dataset; the file is closed with the last reference to it."""
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read as HDF5 ({error}); give the unpacked .h5 file"
        ) from error
    if name not in file or not isinstance(file[name], h5py.Dataset) or not file[name].shape:
        found = ", ".join(f"'{key}'" for key in file)
        raise ConfigError(f"{path}: no dataset '{name}'; found: {found or 'none'}")
    return file[name]
