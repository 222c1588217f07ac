"""Mitotic figures, and dark nuclei that only look like them: whole cells as small pictures.

Figures after Donovan et al. (2021), *Mitotic figures—normal, atypical, and mimics*: prometaphase
clump, metaphase plate from the side and from its pole, anaphase and telophase against apoptotic
bodies and smudged nuclei. All carry alike amounts of haematoxylin, so that only shape tells.
"""

import cv2
import numpy as np
from jaxtyping import Float32, Float64

VARIANTS = 60
"""Pictures of mitoses, and as many of look-alikes."""
CHROMATIN_UM2 = 62.0
"""Haematoxylin of a figure's chromatin: units of the stain vector times µm²."""
REACH_UM = 10.0
"""No figure reaches farther from its middle."""

Figure = Float32[np.ndarray, "side side 3"]
"""Haematoxylin and eosin, both times the third channel: how far the cell covers the ground."""
Spots = Float64[np.ndarray, "K 3"]
"""x, y and radius of round pieces of chromatin in µm."""


def draw_mitoses(rng: np.random.Generator, spacing_um: float) -> list[Figure]:
    """Draw mitotic figures of all phases, each in a cleared round cell."""
    phases = (_metaphase, _clump, _metaphase, _ring, _anaphase, _clump)
    return [
        _cell(rng, phases[number % len(phases)](rng), spacing_um=spacing_um)
        for number in range(VARIANTS)
    ]


def draw_lookalikes(rng: np.random.Generator, spacing_um: float) -> list[Figure]:
    """Draw apoptotic bodies with shrunken cytoplasm, pyknotic and smudged nuclei."""
    return [
        _smudge(rng, spacing_um) if number % 3 == 2 else _apoptosis(rng, spacing_um)
        for number in range(VARIANTS)
    ]


def lay_figures(
    planes: tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]],
    figures: list[Figure],
    at: list[list[int]],
) -> None:
    """Lay figures over the planes of haematoxylin and eosin, in place."""
    height, width = planes[0].shape
    for figure, (x, y) in zip(figures, at, strict=True):
        half = figure.shape[0] // 2
        top, left = max(y - half, 0), max(x - half, 0)
        bottom, right = min(y + half + 1, height), min(x + half + 1, width)
        if top >= bottom or left >= right:
            continue
        part = figure[top - y + half : bottom - y + half, left - x + half : right - x + half]
        for channel, plane in enumerate(planes):
            spot = plane[top:bottom, left:right]
            spot *= 1 - part[..., 2]
            spot += part[..., channel]


def _metaphase(rng: np.random.Generator) -> Spots:
    """Draw a hairy bar of about 9 × 3 µm."""
    return _bar(rng, length=rng.uniform(7.5, 10.5), width=rng.uniform(1.9, 2.6), arms=9)


def _anaphase(rng: np.random.Generator) -> Spots:
    """Two parallel bars 4 to 11 µm apart, bent away from the middle."""
    apart, length = rng.uniform(4.5, 11), rng.uniform(5.5, 8)
    parts = []
    for side in (-1, 1):
        bar = _bar(rng, length=length, width=rng.uniform(1.5, 2.1), arms=3)
        bar[:, 1] += side * (apart / 2 - 0.05 * bar[:, 0] ** 2)
        parts.append(bar)
    return np.concatenate(parts)


def _clump(rng: np.random.Generator) -> Spots:
    """Prometaphase: knotted threads without a membrane."""
    count = int(rng.integers(16, 26))
    turn, far = rng.uniform(0, 2 * np.pi, count), 3.9 * np.sqrt(rng.uniform(0, 1, count))
    stretch = rng.uniform(0.75, 1.0)
    return np.stack(
        [far * np.cos(turn), far * np.sin(turn) * stretch, rng.uniform(0.55, 1.3, count)], axis=1
    )


def _ring(rng: np.random.Generator) -> Spots:
    """Draw a metaphase plate seen from its pole: a ring with an uneven rim."""
    turn = np.linspace(0, 2 * np.pi, 22, endpoint=False) + rng.normal(0, 0.1, 22)
    far = rng.uniform(2.7, 3.5) + rng.normal(0, 0.45, 22)
    return np.stack([far * np.cos(turn), far * np.sin(turn), rng.uniform(0.7, 1.3, 22)], axis=1)


def _bar(rng: np.random.Generator, *, length: float, width: float, arms: int) -> Spots:
    along = np.linspace(-length / 2, length / 2, 14)
    body = np.stack(
        [
            along + rng.normal(0, 0.2, 14),
            rng.normal(0, 0.25, 14) + rng.normal(0, 0.02) * along**2,
            width / 2 * rng.uniform(0.8, 1.15, 14),
        ],
        axis=1,
    )
    hairs = np.stack(
        [
            rng.uniform(-length / 2, length / 2, arms),
            rng.choice([-1.0, 1.0], arms) * width * rng.uniform(0.5, 1.1, arms),
            rng.uniform(0.35, 0.6, arms),
        ],
        axis=1,
    )
    return np.concatenate([body, hairs])


def _cell(rng: np.random.Generator, spots: Spots, *, spacing_um: float) -> Figure:
    """Put a mitosis in its round, cleared cell."""
    x, y = _grid(spacing_um)
    chromatin = _chromatin(rng, _turn(spots, rng), (x, y), spacing_um)
    radius = rng.uniform(6.8, 8.2)
    cover = _disc(rng, (x, y), radius, spacing_um, edge_um=0.9)
    far = np.hypot(x, y)
    grain = 1 + 0.2 * _grain(rng, x.shape[0], 0.5 / spacing_um)
    eosin = (0.3 + 0.1 * np.clip((far - 4) / 4, 0, 1)) * grain
    haematoxylin = (0.14 + 0.05 * np.clip((far - 4) / 4, 0, 1)) * grain
    eosin *= 1 - 0.6 * np.clip(chromatin, 0, 1)
    return _join(haematoxylin * cover + chromatin, eosin * cover, cover)


def _apoptosis(rng: np.random.Generator, spacing_um: float) -> Figure:
    """Draw a smooth dark ball, often with fragments, in shrunken cytoplasm in a halo."""
    x, y = _grid(spacing_um)
    spots = [[0.0, 0.0, rng.uniform(2.3, 3.0)]]
    for _ in range(int(rng.integers(0, 4))):
        turn, far = rng.uniform(0, 2 * np.pi), rng.uniform(3.0, 4.6)
        spots.append([far * np.cos(turn), far * np.sin(turn), rng.uniform(0.6, 1.3)])
    chromatin = _chromatin(rng, np.array(spots), (x, y), spacing_um)
    body = _disc(rng, (x, y), rng.uniform(4.8, 6.0), spacing_um, edge_um=0.8)
    cover = _disc(rng, (x, y), rng.uniform(6.2, 8.0), spacing_um, edge_um=1.6)
    # The halo is seldom all empty, and opens to one side.
    clear = np.clip(0.65 + 0.4 * _grain(rng, x.shape[0], 3.0 / spacing_um), 0, 1)
    clear = np.maximum(body, clear * rng.uniform(0.5, 1.0))
    grain = 1 + 0.12 * _grain(rng, len(x), 0.5 / spacing_um)
    eosin = (0.1 + body * rng.uniform(0.5, 0.75)) * grain
    eosin *= 1 - 0.6 * np.clip(chromatin, 0, 1)
    cover = cover * clear
    return _join((0.05 + 0.05 * body) * cover + chromatin, eosin * cover, cover)


def _smudge(rng: np.random.Generator, spacing_um: float) -> Figure:
    """Draw a hyperchromatic nucleus without structure or sharp border in an ordinary cell."""
    x, y = _grid(spacing_um)
    stretch, size = rng.uniform(1.0, 1.35), rng.uniform(3.4, 4.1)
    along, across = x / stretch, y * stretch
    edge = 1 + 0.12 * np.cos(3 * np.arctan2(across, along) + rng.uniform(0, 6))
    depth = (size * edge - np.hypot(along, across)) / 1.6
    turned = cv2.warpAffine(
        np.clip(depth + 0.5, 0, 1).astype(np.float32),
        cv2.getRotationMatrix2D((x.shape[1] // 2,) * 2, rng.uniform(0, 360), 1.0),
        x.shape[::-1],
    )
    chromatin = turned * (1 + 0.1 * _grain(rng, x.shape[0], 1.2 / spacing_um))
    chromatin = _weigh(rng, cv2.GaussianBlur(chromatin, (0, 0), 0.5 / spacing_um), spacing_um)
    cover = _disc(rng, (x, y), rng.uniform(6.0, 7.2), spacing_um, edge_um=2.0)
    eosin = np.full_like(x, 0.42) * (1 - 0.5 * np.clip(chromatin, 0, 1))
    return _join(0.16 * cover + chromatin, eosin * cover, cover)


def _chromatin(
    rng: np.random.Generator,
    spots: Spots,
    grid: tuple[Float32[np.ndarray, "S S"], Float32[np.ndarray, "S S"]],
    spacing_um: float,
) -> Float32[np.ndarray, "S S"]:
    plane = np.zeros_like(grid[0])
    for x, y, radius in spots.tolist():
        far = np.hypot(grid[0] - x, grid[1] - y)
        np.maximum(plane, np.clip((radius - far) / 0.6 + 0.5, 0, 1), out=plane)
    blur = max(rng.uniform(0.2, 0.4), 0.3 * spacing_um) / spacing_um
    return _weigh(rng, cv2.GaussianBlur(plane, (0, 0), blur), spacing_um)


def _weigh(
    rng: np.random.Generator, plane: Float32[np.ndarray, "S S"], spacing_um: float
) -> Float32[np.ndarray, "S S"]:
    """Scale to a figure's amount of haematoxylin."""
    amount = CHROMATIN_UM2 * float(np.exp(0.12 * np.clip(rng.standard_normal(), -2, 2)))
    return np.asarray(plane * (amount / (float(plane.sum()) * spacing_um**2)), np.float32)


def _disc(
    rng: np.random.Generator,
    grid: tuple[Float32[np.ndarray, "S S"], Float32[np.ndarray, "S S"]],
    radius: float,
    spacing_um: float,
    *,
    edge_um: float,
) -> Float32[np.ndarray, "S S"]:
    """Draw a soft, uneven disc."""
    turn = np.arctan2(grid[1], grid[0])
    outline = np.full_like(turn, radius)
    for order, bumps in ((2, 0.06), (3, 0.05), (5, 0.03)):
        outline += radius * bumps * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
    edge = max(edge_um, spacing_um)
    return np.clip((outline - np.hypot(*grid)) / edge, 0, 1).astype(np.float32)


def _turn(spots: Spots, rng: np.random.Generator) -> Spots:
    """Turn by a random angle."""
    angle = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y, radius = spots.T
    return np.stack([x * cosine - y * sine, x * sine + y * cosine, radius], axis=1)


def _grid(spacing_um: float) -> tuple[Float32[np.ndarray, "S S"], Float32[np.ndarray, "S S"]]:
    half = int(np.ceil(REACH_UM / spacing_um))
    line = np.arange(-half, half + 1, dtype=np.float32) * np.float32(spacing_um)
    x, y = np.meshgrid(line, line)
    return x, y


def _grain(rng: np.random.Generator, side: int, sigma: float) -> Float32[np.ndarray, "S S"]:
    noise = rng.standard_normal((side, side), np.float32)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), max(sigma, 0.5)), np.float32)
    return soft / soft.std()


def _join(
    haematoxylin: Float32[np.ndarray, "S S"],
    eosin: Float32[np.ndarray, "S S"],
    cover: Float32[np.ndarray, "S S"],
) -> Figure:
    return np.stack([haematoxylin, eosin, cover], axis=-1).astype(np.float32)
