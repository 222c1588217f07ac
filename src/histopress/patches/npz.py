"""Patches as arrays in one NPZ file, as MedMNIST ships."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Integer, UInt8

from histopress.errors import ConfigError
from histopress.patches.faults import refuse
from histopress.patches.settings import NpzSource
from histopress.patches.source import Origin


class NpzPatches:
    """Images of one NPZ file; a label is the integer as text, grey becomes RGB.

    Arrays that are stored as they are get mapped into memory; compressed ones are read whole.

    Parameters
    ----------
    source : NpzSource
        The file and the arrays that are the validation part.
    root : Path
        Folder that a relative path starts from.

    Raises
    ------
    ConfigError
        The file cannot be read, arrays are missing, of another shape or type, or differ in
        length.
    """

    spacing_um = None

    def __init__(self, source: NpzSource, *, root: Path) -> None:
        path = root / source.path
        self.files: tuple[Path, ...] = (path,)
        self._images: list[np.ndarray] = []
        self._starts = [0]
        origins: list[Origin] = []
        part: Literal["", "training"] = "" if source.validation is None else "training"
        parts: list[tuple[str, Literal["", "training", "validation"]]] = [("train", part)]
        if source.validation is not None:
            parts.append((source.validation, "validation"))
        arrays = _open(path, [name for name, _ in parts])
        faults: list[str] = []
        for name, side in parts:
            images, labels = arrays[f"{name}_images"], arrays[f"{name}_labels"]
            faults += [f"{path}: {fault}" for fault in _faults(name, images, labels)]
            self._images.append(images)
            self._starts.append(self._starts[-1] + len(images))
            origins += [
                Origin(name=f"{path.name}:{name}[{number}]", label=str(label), part=side)
                for number, label in enumerate(labels.ravel().tolist())
            ]
        refuse(faults)
        self.origins: Sequence[Origin] = tuple(origins)

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        number = int(np.searchsorted(self._starts, index, "right")) - 1
        image = np.asarray(self._images[number][index - self._starts[number]])
        return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def _faults(
    name: str, images: UInt8[np.ndarray, "N ..."], labels: Integer[np.ndarray, "N ..."]
) -> list[str]:
    """Say what is wrong with the arrays of one part."""
    faults = []
    grey = images.ndim == 3
    colour = images.ndim == 4 and images.shape[-1] == 3
    if images.dtype != np.uint8 or not (grey or colour):
        faults.append(
            f"'{name}_images' is {images.dtype} {images.shape}; allowed is uint8 (N, h, w) or "
            "(N, h, w, 3)"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.size != len(labels):
        faults.append(
            f"'{name}_labels' is {labels.dtype} {labels.shape}; allowed are integers, one an image"
        )
    if len(labels) != len(images):
        faults.append(f"{len(images)} '{name}_images' and {len(labels)} '{name}_labels'")
    return faults


def _open(path: Path, parts: Sequence[str]) -> dict[str, np.ndarray]:
    """Open the arrays of some parts."""
    wanted = [f"{part}_{kind}" for part in parts for kind in ("images", "labels")]
    try:
        with np.load(path, allow_pickle=False) as file:
            found = list(file.files)
            missing = [name for name in wanted if name not in found]
            if missing:
                raise ConfigError(
                    f"{path}: no array {', '.join(map(repr, missing))}; found: {', '.join(found)}; "
                    "'validation' may be 'val', 'test' or none"
                )
            arrays = {}
            for name in wanted:
                mapped = _map(path, name)
                arrays[name] = file[name] if mapped is None else mapped
            return arrays
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path}: cannot be read as NPZ ({error})") from error


def _map(path: Path, name: str) -> np.ndarray | None:
    """Map an array that is stored without compression; None for others."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{name}.npy")
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        with path.open("rb") as raw:
            raw.seek(info.header_offset)
            # A local header has 30 bytes, then the name and an extra field of the lengths told
            # in it; the central directory's extra field may be of another length.
            header = raw.read(30)
            raw.seek(
                int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1
            )
            version = np.lib.format.read_magic(raw)
            if version != (1, 0):
                return None
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(raw)
            if fortran or dtype.hasobject or not np.prod(shape):
                return None
            return np.memmap(path, dtype, mode="r", offset=raw.tell(), shape=shape)
