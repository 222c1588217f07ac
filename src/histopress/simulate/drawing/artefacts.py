"""What preparation and scanning leave on a slide: folds, pen, dust, and areas out of focus.

Kinds after Taqi et al. (2018), *A review of artifacts in histopathology*. They are drawn once a
slide in coarse coordinates and laid over each block as it is drawn.
"""

import numpy as np
from jaxtyping import Float64, UInt8

from histopress.simulate.anatomy.tissue import CELL_UM
from histopress.simulate.drawing.marks import Artefacts, Mark, Ring
from histopress.simulate.phantom_settings import ArtefactSettings

INKS = {
    "black": (1.5, 1.5, 1.4),
    "blue": (1.7, 1.1, 0.25),
    "green": (1.6, 0.5, 1.2),
    "red": (0.12, 1.5, 1.2),
}
"""Optical density of felt pens in red, green and blue."""

Classes = UInt8[np.ndarray, "rows cols"]


def draw_artefacts(
    rng: np.random.Generator, classes: Classes, settings: ArtefactSettings
) -> Artefacts:
    """Draw a slide's artefacts; folds and areas out of focus lie on tissue, pen and dust anywhere.

    Each kind is drawn from its own generator, so that no chance changes what another gives.
    """
    marks: list[Mark] = []
    folds, pen, dust, blur = rng.spawn(4)
    side = len(classes)
    if folds.random() < settings.folds and classes.any():
        marks += [_fold(folds, classes) for _ in range(int(folds.integers(1, 3)))]
    if pen.random() < settings.pen:
        ink = INKS[str(pen.choice(sorted(INKS)))]
        marks += [_stroke(pen, ink, side) for _ in range(int(pen.integers(1, 4)))]
    if dust.random() < settings.dust:
        marks += [_speck(dust, side) for _ in range(int(dust.integers(3, 12)))]
        marks += [_thread(dust, side) for _ in range(int(dust.integers(0, 3)))]
    if blur.random() < settings.blur and classes.any():
        marks += [_haze(blur, classes)]
    return Artefacts(tuple(marks))


def _fold(rng: np.random.Generator, classes: Classes) -> Mark:
    """Fold a narrow band, broadest in its middle."""
    start = _somewhere(rng, classes)
    length = float(np.clip(rng.uniform(0.15, 0.45) * len(classes), 8, 160))
    path = _wander(rng, start, length=length, bend=0.12)
    width = rng.uniform(15, 60) / CELL_UM
    profile = width * np.sin(np.linspace(0.05, np.pi - 0.05, len(path))) ** 0.7
    extra = rng.uniform(0.7, 1.1)
    return Mark(
        kind="fold", parts=_ribbon(path, profile), density=(extra,) * 3, feather=1.2 / CELL_UM
    )


def _stroke(rng: np.random.Generator, ink: tuple[float, float, float], side: int) -> Mark:
    """Draw a felt pen's stroke with round ends, 0.3 to 0.9 mm broad."""
    width = min(rng.uniform(300, 900) / CELL_UM, side / 6)
    length = rng.uniform(0.3, 1.0) * side
    path = _wander(rng, rng.uniform(0, side, 2), length=length, bend=0.1)
    uneven = 1 + 0.06 * np.sin(np.arange(len(path)) * rng.uniform(0.3, 0.8) + rng.uniform(0, 6))
    ends = (_blob(rng, path[end], width / 2, width / 2, roughness=0.06) for end in (0, -1))
    strength = rng.uniform(0.5, 1.0)
    red, green, blue = (strength * part for part in ink)
    return Mark(
        kind="pen",
        parts=(*_ribbon(path, width * uneven), *ends),
        density=(red, green, blue),
        feather=5 / CELL_UM,
    )


def _speck(rng: np.random.Generator, side: int) -> Mark:
    """Drop a speck of dust, 4 to 20 µm, out of focus."""
    radius = rng.uniform(4, 20) / CELL_UM / 2
    outline = _blob(rng, rng.uniform(0, side, 2), radius, radius, roughness=0.3)
    grey = rng.uniform(0.4, 1.6)
    return Mark(
        kind="dust",
        parts=(outline,),
        density=(grey, grey * 1.05, grey * 1.15),
        feather=rng.uniform(1.5, 4) / CELL_UM,
    )


def _thread(rng: np.random.Generator, side: int) -> Mark:
    """Drop a textile fibre, 2 to 5 µm thick."""
    length = rng.uniform(150, 700) / CELL_UM
    path = _wander(rng, rng.uniform(0, side, 2), length=length, bend=0.35)
    grey = rng.uniform(0.4, 1.2)
    return Mark(
        kind="dust",
        parts=_ribbon(path, np.full(len(path), rng.uniform(2, 5) / CELL_UM)),
        density=(grey, grey, grey * rng.uniform(0.6, 1.1)),
        feather=2 / CELL_UM,
    )


def _haze(rng: np.random.Generator, classes: Classes) -> Mark:
    """Put an area out of focus."""
    radii = rng.uniform(0.08, 0.25, 2) * len(classes)
    outline = _blob(rng, _somewhere(rng, classes), radii[0], radii[1], roughness=0.15)
    return Mark(
        kind="blur", parts=(outline,), density=(float(rng.uniform(1.0, 2.6)),) * 3, feather=1.0
    )


def _somewhere(rng: np.random.Generator, classes: Classes) -> Float64[np.ndarray, "2"]:
    """Choose a place on tissue."""
    for _ in range(100):
        place = rng.uniform(0, len(classes), 2)
        if classes[int(place[1]), int(place[0])]:
            return place
    # Tissue is scarce: it is worth the memory to list it.
    row, col = divmod(int(rng.choice(np.flatnonzero(classes))), classes.shape[1])
    return np.array([col + 0.5, row + 0.5])


def _wander(
    rng: np.random.Generator, middle: Float64[np.ndarray, "2"], *, length: float, bend: float
) -> Ring:
    """Walk 24 steps through a point, turning by about ``bend`` radians at each."""
    turns = rng.uniform(0, 2 * np.pi) + np.cumsum(bend * rng.standard_normal(24))
    steps = np.stack([np.cos(turns), np.sin(turns)], axis=1) * length / 24
    path = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
    return middle + path - path[12]


def _ribbon(path: Ring, width: Float64[np.ndarray, "V"]) -> tuple[Ring, ...]:
    """Four-cornered pieces along a path."""
    along = np.gradient(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across *= (width / 2 / np.hypot(*across.T))[:, None]
    left, right = path + across, path - across
    return tuple(
        np.stack([left[i], left[i + 1], right[i + 1], right[i]]) for i in range(len(path) - 1)
    )


def _blob(
    rng: np.random.Generator,
    middle: Float64[np.ndarray, "2"],
    width: float,
    height: float,
    *,
    roughness: float,
) -> Ring:
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.ones(40)
    for order in (2, 3, 5):
        radius += roughness / 2 * np.cos(order * turn + rng.uniform(0, 2 * np.pi))
    return middle + np.stack([width * np.cos(turn), height * np.sin(turn)], 1) * radius[:, None]
