"""Random and other fields over the class map, and cells chosen by them."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

Field = Float32[np.ndarray, "rows cols"]
Mask = Bool[np.ndarray, "rows cols"]

FAR = 1e6
"""Distance in cells to something that is nowhere."""
COARSE_CELLS = 1024
"""Smooth shapes are computed on at most so many points a side and magnified."""
_TRIES = 5
_STRIP = 256
"""Rows that are blurred at a time; bounds the memory."""


def streams(rng: np.random.Generator, count: int) -> list[np.random.Generator]:
    """Split off ``count`` generators, so that how much one part draws changes no other part."""
    root = int(rng.integers(2**63))
    return [np.random.default_rng([root, number]) for number in range(count)]


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Field:
    """White noise blurred by ``sigma`` cells, with mean 0 and standard deviation 1.

    What is blurred by 8 cells or more is drawn on a coarser lattice and magnified.
    """
    step = max(int(sigma / 4), 1)
    field = rng.standard_normal((-(-shape[0] // step), -(-shape[1] // step)), np.float32)
    _blur(field, sigma / step)
    field = magnify(field, shape, step)
    mean, deviation = (float(part[0, 0]) for part in cv2.meanStdDev(field))
    field -= mean
    field /= deviation or 1.0
    return field


def ridges(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Field:
    """Noise that is highest (0) along winding lines, where :func:`smooth_noise` passes 0."""
    noise = smooth_noise(rng, shape, sigma)
    np.abs(noise, out=noise)
    return np.negative(noise, out=noise)


def add_noise(field: Field, rng: np.random.Generator, *, sigma: float, weight: float) -> None:
    """Add ``weight`` × :func:`smooth_noise` in place."""
    noise = smooth_noise(rng, field.shape, sigma)
    noise *= weight
    field += noise


def magnify(field: Field, shape: tuple[int, int], step: int) -> Field:
    """Interpolate a field of one value per ``step`` × ``step`` cells bilinearly at each cell."""
    if step == 1:
        return field
    rows, cols = field.shape
    whole = cv2.resize(field, (cols * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[: shape[0], : shape[1]])


def _blur(field: Field, sigma: float) -> None:
    """Blur in place, strip by strip."""
    halo = int(4 * sigma) + 2
    above = field[:0]
    for top in range(0, len(field), _STRIP):
        window = np.concatenate([above, field[top : top + _STRIP + halo]])
        above = field[max(top + _STRIP - halo, 0) : top + _STRIP].copy()
        start = len(window) - len(field[top : top + _STRIP + halo])
        blurred = cv2.GaussianBlur(window, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
        field[top : top + _STRIP] = blurred[start : start + _STRIP]


def top_cells(score: Field, allowed: Mask, count: int) -> Mask:
    """Choose the ``count`` allowed cells of the highest score (all allowed if they are fewer).

    Of equal scores the first in reading order are taken.

    Examples
    --------
    >>> score = np.array([[1, 3], [3, 2]], np.float32)
    >>> top_cells(score, np.array([[True, True], [True, False]]), 1).astype(int).tolist()
    [[0, 1], [0, 0]]
    """
    values = score[allowed]
    if count >= values.size:
        return allowed.copy()
    if count <= 0:
        return np.zeros_like(allowed)
    place = values.size - count
    values.partition(place)
    chosen = allowed & (score > values[place])
    ties = np.flatnonzero(allowed & (score == values[place]))
    chosen.flat[ties[: count - np.count_nonzero(chosen)]] = True
    return chosen


def top_pieces(score: Field, allowed: Mask, count: int, *, least: int) -> Mask:
    """Choose about ``count`` cells of the highest score in connected pieces of ``least`` or more.

    Smaller pieces are given up and others sought instead, a few times; if all pieces are smaller,
    the largest are kept.
    """
    for _ in range(_TRIES):
        chosen = top_cells(score, allowed, count)
        small = _small_pieces(chosen, least)
        if not small.any():
            break
        allowed = allowed & ~small
    return chosen & ~small


def _small_pieces(mask: Mask, least: int) -> Mask:
    """Mark connected pieces of fewer cells, unless all are so small; then all but the largest."""
    small = np.zeros_like(mask)
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return small
    box = (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1))
    part = np.ascontiguousarray(mask[box]).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA]
    is_small = sizes < min(least, int(sizes[1:].max()))
    is_small[0] = False
    small[box] = is_small[labels]
    return small


def distance_to(mask: Mask) -> Field:
    """Distance in cells from each cell's middle to the nearest cell of a mask."""
    if not mask.any():
        return np.full(mask.shape, FAR, np.float32)
    away = np.logical_not(mask).view(np.uint8)
    return np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def depth_in(mask: Mask) -> Field:
    """Distance in cells to what is not the mask; the map's border counts as not."""
    return distance_to(np.pad(~mask, 1, constant_values=True))[1:-1, 1:-1]


def shrink(mask: Mask, cells: int) -> Mask:
    """Take ``cells`` layers off a mask (4-neighbours; the map's border counts as outside)."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return cv2.erode(
        mask.view(np.uint8),
        cross,
        iterations=cells,
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    ).view(bool)


def pick_cells(rng: np.random.Generator, allowed: Mask, count: int) -> Int64[np.ndarray, "N 2"]:
    """Draw rows and columns of ``count`` allowed cells, with repeats; none if none is allowed."""
    picks = rng.random(count)
    along = np.count_nonzero(allowed, axis=1)
    ends = np.cumsum(along)
    if not ends[-1]:
        return np.zeros((0, 2), np.int64)
    ranks = (picks * ends[-1]).astype(np.int64)
    rows = np.searchsorted(ends, ranks, side="right")
    places = ranks - (ends[rows] - along[rows])
    cols = [np.flatnonzero(allowed[row])[place] for row, place in zip(rows, places, strict=True)]
    return np.stack([rows, np.asarray(cols, np.int64)], axis=1)


def cells_at(points: Float64[np.ndarray, "N 2"], allowed: Mask) -> Bool[np.ndarray, "N"]:
    """Tell which points (x, y) lie on allowed cells."""
    rows, cols = (np.floor(points[:, axis]).astype(np.int64) for axis in (1, 0))
    height, width = allowed.shape
    on = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    on[on] = allowed[rows[on], cols[on]]
    return on


def star(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    centre: tuple[float, float],
    radius: float,
    ratio: float = 1.0,
    angle: float = 0.0,
    uneven: float = 0.06,
) -> Field:
    """Distance from a centre (x, y), as a share of a wavy outline's in the same direction.

    Below 1 inside. Every level is star-shaped, hence in one piece without holes.
    """
    step = max(-(-max(shape) // COARSE_CELLS), 1)
    rows, cols = ((np.arange(-(-side // step), dtype=np.float32) + 0.5) * step for side in shape)
    dx, dy = cols[None, :] - np.float32(centre[0]), rows[:, None] - np.float32(centre[1])
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = (dx * cosine + dy * sine) / np.float32(radius * ratio)
    across = (dy * cosine - dx * sine) / np.float32(radius / ratio)
    turn = np.arctan2(across, along)
    outline = np.ones_like(turn)
    for order in (2, 3, 5):
        phase = rng.uniform(0, 2 * np.pi)
        outline += np.float32(3 * uneven / order) * np.cos(order * turn + np.float32(phase))
    return magnify((np.hypot(along, across) / outline).astype(np.float32), shape, step)
