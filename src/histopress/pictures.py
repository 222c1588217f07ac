"""Small pictures: decoding, hashing, and which of them show the same thing."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from histopress.errors import ConfigError

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff"})
"""Endings, in lower case, of the files that count as pictures."""
HASH_SIDE = 8
HASH_BITS = HASH_SIDE**2 - 1
CHUNK_PAIRS = 4_000_000

Pairs = tuple[Int64[np.ndarray, "M"], Int64[np.ndarray, "M"]]


def read_picture(data: bytes, name: str) -> UInt8[np.ndarray, "H W 3"]:
    """Decode a picture to RGB.

    Parameters
    ----------
    data : bytes
        A whole file; grey and 16-bit pictures become three channels of 8 bits.
    name : str
        For the message.

    Raises
    ------
    ConfigError
        It cannot be decoded.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise ConfigError(f"picture '{name}': cannot be decoded; remove it or save it anew")
    return np.ascontiguousarray(picture[..., ::-1])


def hash_picture(picture: UInt8[np.ndarray, "H W 3"]) -> int:
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


def group_duplicates(
    digests: Sequence[str], hashes: UInt64[np.ndarray, "N"], bits: int
) -> Int64[np.ndarray, "N"]:
    """Group near-duplicates.

    Pictures belong together if their digests are equal or their hashes, in any of the eight
    orientations, differ in at most ``bits`` of 63 bits, directly or through others.
    Unlike pictures differ in some 31 ± 4 bits, and hardly a pair among millions, in its best
    orientation, in fewer than 10 (4,000 PatchCamelyon tiles). Nearly empty pictures look alike
    and may be grouped: that costs pictures but lets no patient's picture serve another.

    Parameters
    ----------
    digests : sequence of str (N)
        Of the bytes or the pixels.
    hashes : uint64 ndarray (N,)
        Of :func:`hash_picture`.
    bits : int
        Largest difference, 0 to 16.

    Returns
    -------
    int64 ndarray (N,)
        The number of each picture's group, in order of first appearance.

    Notes
    -----
    Hashes that differ in at most ``bits`` agree wholly in one of ``bits + 1`` strips of their
    bits (pigeonhole), so only those that share a strip are compared; every pair within
    ``bits`` is found. With 4 bits some 20 s for 200,000 pictures; with 16 nearly all pairs are
    compared.
    """
    orbit = _orientations(_unpack(hashes))
    # The least of a picture's eight hashes stands for all of them: pictures that are equal but
    # for orientation, such as empty ones, are compared once.
    least = np.min([_pack(view) for view in orbit], axis=0) if len(hashes) else hashes
    unique, hash_group = np.unique(least, return_inverse=True)
    by_hash = _join_near(unique, bits)[hash_group]
    by_digest = np.unique(np.asarray(digests, dtype=object), return_inverse=True)[1]
    return join(len(hashes), by_hash, by_digest)


def join(count: int, *labellings: np.ndarray) -> Int64[np.ndarray, "N"]:
    """Make the finest groups in which whatever shares a label, in any labelling, is together.

    Parameters
    ----------
    count : int
        Number of items, N.
    *labellings : int ndarray (N,)
        Labels from 0; an item with −1 shares nothing.

    Returns
    -------
    int64 ndarray (N,)
        Groups in order of first appearance.

    Examples
    --------
    >>> join(5, np.array([0, 0, 1, 2, -1]), np.array([0, 1, 1, 2, -1])).tolist()
    [0, 0, 0, 1, 2]
    """
    items, hubs, size = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], count
    for labels in labellings:
        known = np.flatnonzero(labels >= 0)
        items.append(known)
        hubs.append(labels[known] + size)
        size += int(labels.max(initial=-1)) + 1
    return number_groups(_components((np.concatenate(items), np.concatenate(hubs)), size)[:count])


def number_groups(labels: np.ndarray) -> Int64[np.ndarray, "N"]:
    """Renumber labels from 0 in order of first appearance."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _join_near(unique: UInt64[np.ndarray, "U"], bits: int) -> Int64[np.ndarray, "U"]:
    """Group hashes that are near in some orientation."""
    labels = np.arange(len(unique))
    if not len(unique):
        return labels
    views = np.concatenate([_pack(view) for view in _orientations(_unpack(unique))])
    owners = np.tile(np.arange(len(unique)), len(views) // len(unique))
    for rows, cols in _candidates(unique, views, bits + 1):
        near = np.bitwise_count(unique[rows] ^ views[cols]) <= bits
        # Folded into the labels at once: clusters of look-alikes have too many pairs to keep.
        found = (labels[rows[near]], labels[owners[cols[near]]])
        if np.any(found[0] != found[1]):
            labels = _components(found, len(unique))[labels]
    return labels


def _candidates(
    queries: UInt64[np.ndarray, "U"], views: UInt64[np.ndarray, "V"], strips: int
) -> Iterator[Pairs]:
    """Yield pairs of a query and a view that agree in one strip of bits."""
    for strip in range(strips):
        places = range(strip, HASH_BITS, strips)
        mask = np.uint64(sum(1 << place for place in places))
        order = np.argsort(views & mask, kind="stable")
        keys = (views & mask)[order]
        wanted = queries & mask
        start = np.searchsorted(keys, wanted, "left")
        count = np.searchsorted(keys, wanted, "right") - start
        ends = np.cumsum(count)
        low = 0
        while low < len(queries):
            reach = int(ends[low - 1]) if low else 0
            high = max(int(np.searchsorted(ends, reach + CHUNK_PAIRS, "right")), low + 1)
            counts = count[low:high]
            rows = np.repeat(np.arange(low, high), counts)
            within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            yield rows, order[start[rows] + within]
            low = high


def _components(pairs: Pairs, count: int) -> Int64[np.ndarray, "count"]:
    """Label the connected components of a graph."""
    graph = coo_array((np.ones(len(pairs[0]), bool), pairs), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


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
