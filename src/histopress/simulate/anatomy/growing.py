"""Laying out a phantom slide: which tissue grows where."""

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, UInt8
from scipy import ndimage

from histopress.simulate.anatomy.scene import Scene
from histopress.simulate.anatomy.tissue import CELL_UM, Anatomy, Tissue

GLAND_PITCH_UM = 122.0
MIN_NEST_CELLS = 8


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], sigma: float
) -> Float32[np.ndarray, "rows cols"]:
    """White noise blurred by ``sigma`` cells, with mean 0 and standard deviation 1."""
    noise = rng.standard_normal(shape, np.float32)
    field = cv2.GaussianBlur(noise, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return (field - field.mean()) / field.std()


def top_cells(
    score: Float32[np.ndarray, "rows cols"], allowed: Bool[np.ndarray, "rows cols"], count: int
) -> Bool[np.ndarray, "rows cols"]:
    """Choose the ``count`` allowed cells of the highest score (all allowed if they are fewer)."""
    order = np.argsort(-np.where(allowed, score, -np.inf), axis=None, kind="stable")
    chosen = np.zeros(score.size, bool)
    chosen[order[: min(count, int(allowed.sum()))]] = True
    return chosen.reshape(score.shape)


def grow_anatomy(rng: np.random.Generator, cells: int, scene: Scene) -> Anatomy:
    """Lay out a square slide of ``cells`` × ``cells``.

    An uneven outline, in it tumour nests, then glands where they fit whole, then areas rich in
    lymphocytes, and stroma elsewhere. Tumour keeps two cells from the edge of the tissue. Glands
    and tumour may fall short of what the scene asks where there is no room; the map itself
    is the truth.
    """
    shape, composition = (cells, cells), scene.composition
    tissue = _outline(rng, cells)
    classes = np.where(tissue, Tissue.STROMA, Tissue.GLASS).astype(np.uint8)
    classes[_nests(rng, tissue, composition.tumour)] = Tissue.TUMOUR
    glands = _glands(rng, classes, composition.gland)
    classes[rasterise(glands, shape)] = Tissue.GLAND
    free = classes == Tissue.STROMA
    wanted = round(composition.lymphocytes * int(tissue.sum()))
    rich = top_cells(smooth_noise(rng, shape, 4.0), free, wanted)
    classes[rich] = Tissue.LYMPHOCYTES
    return Anatomy(classes=classes, glands=glands)


def rasterise(
    glands: Float64[np.ndarray, "N 5"], shape: tuple[int, int]
) -> Bool[np.ndarray, "rows cols"]:
    """Mark the cells whose centre lies in a gland's ellipse."""
    mask = np.zeros(shape, bool)
    for x, y, radius, ratio, angle in glands:
        left, top = max(int(x - 2 * radius), 0), max(int(y - 2 * radius), 0)
        rows, cols = np.mgrid[
            top : min(int(y + 2 * radius) + 1, shape[0]),
            left : min(int(x + 2 * radius) + 1, shape[1]),
        ]
        dx, dy = cols + 0.5 - x, rows + 0.5 - y
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / (radius * ratio)
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / (radius / ratio)
        mask[top : top + rows.shape[0], left : left + rows.shape[1]] |= along**2 + across**2 <= 1.0
    return mask


def _outline(rng: np.random.Generator, cells: int) -> Bool[np.ndarray, "rows cols"]:
    """One uneven piece of tissue that keeps off the slide's border."""
    axis = (np.arange(cells) + 0.5) / cells * 2 - 1
    width, height = rng.uniform(0.8, 0.95, 2)
    distance = np.hypot(axis[None, :] / width, axis[:, None] / height).astype(np.float32)
    rough = smooth_noise(rng, (cells, cells), max(cells / 9, 1.0))
    fine = smooth_noise(rng, (cells, cells), max(cells / 40, 1.0))
    tissue = distance + 0.09 * rough + 0.03 * fine < 0.9
    tissue[[0, 1, -2, -1]] = False
    tissue[:, [0, 1, -2, -1]] = False
    labels, count = ndimage.label(tissue)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sizes[0] = 0
    return np.asarray(ndimage.binary_fill_holes(labels == sizes.argmax()), bool)


def _nests(
    rng: np.random.Generator, tissue: Bool[np.ndarray, "rows cols"], fraction: float
) -> Bool[np.ndarray, "rows cols"]:
    """Grow a few irregular nests that together cover ``fraction`` of the tissue."""
    wanted = round(fraction * int(tissue.sum()))
    inside = ndimage.binary_erosion(tissue, iterations=2)
    places = np.argwhere(inside)
    texture = smooth_noise(rng, tissue.shape, 3.0) + 0.5 * smooth_noise(rng, tissue.shape, 1.0)
    count = int(rng.integers(2, 6))
    picks = rng.random(count)
    spreads = rng.uniform(0.6, 1.4, count)
    if wanted < MIN_NEST_CELLS or not len(places):
        return np.zeros_like(tissue)
    score = np.full(tissue.shape, -np.inf, np.float32)
    rows, cols = np.indices(tissue.shape, np.float32)
    radius = np.sqrt(wanted / count / np.pi)
    for pick, spread in zip(picks, spreads, strict=True):
        row, col = places[int(pick * len(places))]
        distance = np.hypot(rows - row, cols - col) / (radius * spread)
        score = np.maximum(score, -distance.astype(np.float32))
    nests = top_cells(score + 0.18 * texture, inside, wanted)
    labels, found = ndimage.label(nests)
    sizes = np.bincount(labels.ravel(), minlength=found + 1)
    return nests & (sizes >= min(MIN_NEST_CELLS, int(sizes[1:].max())))[labels]


def _glands(
    rng: np.random.Generator, classes: UInt8[np.ndarray, "rows cols"], fraction: float
) -> Float64[np.ndarray, "N 5"]:
    """Glands in groups on a jittered lattice, each whole inside stroma, up to ``fraction``."""
    pitch = GLAND_PITCH_UM / CELL_UM
    steps = max(int(len(classes) / pitch), 1)
    rows, cols = (part.ravel() for part in np.mgrid[0:steps, 0:steps])
    jitter = rng.uniform(-0.2, 0.2, (2, rows.size))
    x = (cols + 0.5 + 0.25 * (rows % 2 * 2 - 1) + jitter[0]) * pitch
    y = (rows + 0.5 + jitter[1]) * pitch
    radius = rng.uniform(2.0, 3.1, rows.size)
    ratio = rng.uniform(1.0, 1.2, rows.size)
    angle = rng.uniform(0.0, np.pi, rows.size)
    groups = smooth_noise(rng, classes.shape, 9.0)
    room = ndimage.distance_transform_edt(np.pad(classes == Tissue.STROMA, 1))[1:-1, 1:-1]
    at = (np.clip(y, 0, len(classes) - 1).astype(int), np.clip(x, 0, len(classes) - 1).astype(int))
    fits = room[at] > radius * ratio + 1.2
    order = np.argsort(-groups[at], kind="stable")
    order = order[fits[order]]
    area = np.cumsum(np.pi * radius[order] ** 2)
    kept = order[area <= fraction * np.count_nonzero(classes)]
    return np.stack([x, y, radius, ratio, angle], axis=1)[np.sort(kept)]
