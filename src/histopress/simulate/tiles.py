"""Labelled tile files in a folder, and which of them show the same thing."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from histopress.errors import ConfigError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})
HASH_SIDE = 8
CHUNK_TILES = 512


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
        64 bits, see :func:`hash_picture`.
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


def read_picture(data: bytes, name: str) -> np.ndarray:
    """Decode a tile to uint8 RGB (H, W, 3); raises ConfigError naming it if that fails."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise ConfigError(f"tile '{name}': cannot be decoded as a picture; remove it")
    return np.ascontiguousarray(picture[..., ::-1])


def hash_picture(picture: np.ndarray) -> int:
    """Hash a picture by the signs of its 63 lowest frequencies (the constant is left out).

    Compression, brightness, contrast and stain change few signs. Frequencies are those of the
    cosine transform of the grey picture, averaged down to 32 × 32; there a mirrored picture
    only turns the signs of odd frequencies and a transposed one swaps them, so that
    :func:`group_duplicates` compares all eight orientations without decoding again. Two crops
    that overlap in part are not recognised.

    Parameters
    ----------
    picture : uint8 ndarray (H, W, 3)
        RGB, at least 8 × 8.

    Returns
    -------
    int
        Bit 63 − (8·row + column) is 1 where that frequency's coefficient is positive.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA)
    signs = cv2.dct(small)[:HASH_SIDE, :HASH_SIDE] > 0
    signs[0, 0] = False
    return int.from_bytes(np.packbits(signs).tobytes(), "big")


def group_duplicates(tiles: Sequence[TileFile], bits: int) -> tuple[int, ...]:
    """Group near-duplicates.

    Tiles belong together if their bytes are equal or their hashes, in any of the eight
    orientations, differ in at most ``bits`` of 63 bits, directly or through others.
    Unlike tiles differ in some 31 ± 4 bits, and hardly a pair among millions, in its best
    orientation, in fewer than 10 (4,000 PatchCamelyon tiles). Nearly empty tiles look alike and
    may be grouped: that costs tiles but lets no patient's tile serve another.

    Returns
    -------
    tuple of int
        The number of each tile's group, in order of first appearance.

    Notes
    -----
    Compares all pairs: time grows with the square of the number, some 4 s for 16,000 tiles.
    """
    hashes = np.array([tile.perceptual_hash for tile in tiles], np.uint64)
    turned = np.stack([_pack(view) for view in _orientations(_unpack(hashes))])
    first: list[np.ndarray] = [_equal_bytes(tiles)]
    second: list[np.ndarray] = [np.arange(len(tiles))]
    for start in range(0, len(tiles), CHUNK_TILES):
        chunk = hashes[start : start + CHUNK_TILES, None]
        near = np.zeros((len(chunk), len(tiles)), bool)
        for view in turned:
            near |= np.bitwise_count(chunk ^ view[None, :]) <= bits
        rows, cols = np.nonzero(near)
        first.append(rows + start)
        second.append(cols)
    pairs = (np.concatenate(first), np.concatenate(second))
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), shape=(len(tiles), len(tiles)))
    labels = connected_components(graph, directed=False)[1]
    order: dict[int, int] = {}
    return tuple(order.setdefault(int(label), len(order)) for label in labels)


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


def _equal_bytes(tiles: Sequence[TileFile]) -> Int64[np.ndarray, "N"]:
    """Index of the first tile with the same bytes, for each tile."""
    first: dict[str, int] = {}
    return np.array(
        [first.setdefault(tile.sha256, index) for index, tile in enumerate(tiles)], np.int64
    )


def _unpack(hashes: UInt64[np.ndarray, "N"]) -> Bool[np.ndarray, "N 8 8"]:
    """Signs by row and column of the frequency."""
    as_bytes = hashes.astype(">u8").view(np.uint8)
    return np.unpackbits(as_bytes).reshape(-1, HASH_SIDE, HASH_SIDE).astype(bool)


def _pack(signs: Bool[np.ndarray, "N 8 8"]) -> UInt64[np.ndarray, "N"]:
    """Undo :func:`_unpack`."""
    return np.packbits(signs.reshape(len(signs), -1), axis=1).view(">u8")[:, 0].astype(np.uint64)


def _orientations(signs: Bool[np.ndarray, "N 8 8"]) -> list[Bool[np.ndarray, "N 8 8"]]:
    """Turn the signs of a picture into its eight orientations."""
    odd = np.arange(HASH_SIDE) % 2 == 1
    views = []
    for upright in (signs, signs.transpose(0, 2, 1)):
        for down in (odd, ~odd & odd):
            for right in (odd, ~odd & odd):
                views.append(upright ^ down[:, None] ^ right[None, :])
    return views
