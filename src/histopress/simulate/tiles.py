"""Labelled tile files in a folder, and which of them show the same thing."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from histopress import pictures
from histopress.errors import ConfigError
from histopress.pictures import SUFFIXES, hash_picture, read_picture


@dataclass(frozen=True, kw_only=True, order=True)
class TileFile:
    """One labelled tile on disk.

    Attributes
    ----------
    file : str
        Path below the folder, with forward slashes.
    class_name : str
        Name of the folder that holds the file.
    sha256 : str
        Digest of the file's bytes.
    perceptual_hash : int
        64 bits, see :func:`histopress.pictures.hash_picture`.
    side_px : int
        Height and width in pixels.
    """

    file: str
    class_name: str
    sha256: str
    perceptual_hash: int
    side_px: int


def gather_tiles(
    folder: Path,
    classes: Sequence[str],
    *,
    exclude: Collection[str] = (),
    duplicate_bits: int = 4,
) -> tuple[TileFile, ...]:
    """List the tiles of the named classes anywhere below a folder, ordered by path.

    A tile's class is the name of the folder that holds it, so that ``train/normal`` and
    ``valid/normal`` are one class.

    Parameters
    ----------
    folder : Path
        Searched with all its subfolders.
    classes : sequence of str
        Names of the folders to take.
    exclude : collection of str
        SHA-256 digests of tiles to keep out, for instance those that an encoder was trained on.
        Tiles of the folder that are near-duplicates of an excluded one are kept out, too.
    duplicate_bits : int
        See :func:`group_duplicates`.

    Raises
    ------
    ConfigError
        A class has no tile, a file is no picture, or sizes differ or are not square.
    """
    paths = sorted(
        (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    tiles = tuple(_read(path, folder) for path in paths if path.parent.name in classes)
    _check(tiles, classes, folder=folder, found={path.parent.name for path in paths})
    if not exclude:
        return tiles
    groups = group_duplicates(tiles, duplicate_bits)
    refused = {
        group for group, tile in zip(groups, tiles, strict=True) if tile.sha256 in set(exclude)
    }
    return tuple(tile for group, tile in zip(groups, tiles, strict=True) if group not in refused)


def group_duplicates(tiles: Sequence[TileFile], bits: int) -> tuple[int, ...]:
    """Group near-duplicates, see :func:`histopress.pictures.group_duplicates`.

    Returns
    -------
    tuple of int
        The number of each tile's group, in order of first appearance.
    """
    hashes = np.array([tile.perceptual_hash for tile in tiles], np.uint64)
    groups = pictures.group_duplicates([tile.sha256 for tile in tiles], hashes, bits)
    return tuple(groups.tolist())


def _read(path: Path, folder: Path) -> TileFile:
    """Read, decode and hash one file."""
    name = path.relative_to(folder).as_posix()
    data = path.read_bytes()
    picture = read_picture(data, name)
    height, width = picture.shape[:2]
    if height != width:
        raise ConfigError(f"tile '{name}': is {height} × {width} px; collages take square tiles")
    return TileFile(
        file=name,
        class_name=path.parent.name,
        sha256=hashlib.sha256(data).hexdigest(),
        perceptual_hash=hash_picture(picture),
        side_px=height,
    )


def _check(
    tiles: Sequence[TileFile], classes: Sequence[str], *, folder: Path, found: Collection[str]
) -> None:
    """Refuse classes without tiles and tiles of several sizes."""
    empty = sorted(set(classes) - {tile.class_name for tile in tiles})
    if empty:
        raise ConfigError(
            f"{folder}: no tiles of {empty}; folders with pictures are {sorted(found)}. "
            "Name the classes after their folders"
        )
    sizes: dict[int, str] = {}
    for tile in tiles:
        sizes.setdefault(tile.side_px, tile.file)
    if len(sizes) > 1:
        examples = ", ".join(f"{side} px ('{file}')" for side, file in sorted(sizes.items()))
        raise ConfigError(f"{folder}: tiles differ in size: {examples}; give tiles of one size")
