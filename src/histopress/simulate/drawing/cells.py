"""Tissues that are made of cells side by side: tumour, liver, fat."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt64

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.chance import place_keys, uniform
from histopress.simulate.drawing.fields import Fields
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.drawing.scatter import Box, Points

HEPATOCYTE_UM = 20.0
"""Distance between the middles of neighbouring hepatocytes."""
PLATE_UM = 30.0
"""Mean breadth of the liver's plates."""
FAT_UM = 58.0
FAT_REACH_UM = 75.0
"""A fat cell's middle lies no farther from its border."""

Plane = Float32[np.ndarray, "H W"]


@dataclass(frozen=True, kw_only=True)
class Dark:
    """How many mitoses and look-alikes there are a mm² of tumour."""

    mitoses_per_mm2: float = 0.0
    lookalikes_per_mm2: float = 0.0


def tumour_nuclei(fields: Fields, box: Box, dark: Dark) -> Points:
    """Nuclei of tumour: one about the middle of every cell of the map, some between.

    So the smallest metastasis, a single cell of the map, holds a nucleus; and a mitosis or
    look-alike takes the place of a nucleus in the middle of a cell with a fixed chance, whatever
    lies around: their expected number is density times area.
    """
    lie = fields.lie
    side = lie.cell_px
    cols, rows = _integers(box, side)
    groups = []
    for stream, shift in ((30, 0.5), (31, 0.0)):
        key = place_keys(lie.root, stream, cols, rows).reshape(-1) >> np.uint64(1)
        if shift:
            # Of two too near, the one of the larger key stays: those in the middle do.
            key += np.uint64(1 << 63)
        x, y = np.broadcast_arrays(cols + shift, rows + shift)
        at = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float64)
        at += 0.4 * np.stack([uniform(key, 3), uniform(key, 4)], axis=1) - 0.2
        at *= side
        cell_mm2 = (side * lie.spacing_um / 1000) ** 2
        kind = _figures(key, dark, cell_mm2) if shift else np.full(len(key), NucleusKind.TUMOUR)
        inside = fields.at(fields.codes, at) == Tissue.TUMOUR
        if shift:
            # A border may be bent away, and a figure may lie in a septum: they show all the same.
            inside |= (kind != NucleusKind.TUMOUR) | ~fields.at(fields.deep, at)
            inside &= fields.class_at(at) == Tissue.TUMOUR
        else:
            inside &= uniform(key, 5) < 0.9
        inside &= box.holds(at)
        groups.append((at[inside], kind[inside], key[inside]))
    at, kind, key = (np.concatenate(part) for part in zip(*groups, strict=True))
    return Points(at=at, kind=kind.astype(np.uint8), angle=np.pi * uniform(key, 6), key=key)


def _figures(key: UInt64[np.ndarray, "N"], dark: Dark, cell_mm2: float) -> Int64[np.ndarray, "N"]:
    chance = uniform(key, 8)
    mitoses = dark.mitoses_per_mm2 * cell_mm2
    both = mitoses + dark.lookalikes_per_mm2 * cell_mm2
    return np.select(
        [chance < mitoses, chance < both],
        [NucleusKind.MITOSIS, NucleusKind.LOOKALIKE],
        NucleusKind.TUMOUR,
    )


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """Middles of hepatocytes in level-0 pixels, and the plate that each belongs to."""

    at: Float64[np.ndarray, "N 2"]
    key: UInt64[np.ndarray, "N"]
    plate: Int64[np.ndarray, "N"]


def liver_seeds(fields: Fields, box: Box) -> Seeds:
    """Middles of hepatocytes; plates follow the run that fibres would take."""
    lie = fields.lie
    pitch = HEPATOCYTE_UM / lie.spacing_um
    cols, rows = _integers(box.grow(round(pitch)), pitch)
    key = place_keys(lie.root, 40, cols, rows).reshape(-1)
    x = (cols + 0.5 * (rows % 2)).reshape(-1) + 0.5 * uniform(key, 3) - 0.25
    y = np.repeat(rows, cols.size) + 0.5 * uniform(key, 4) - 0.25
    at = np.stack([x, y], axis=1) * pitch
    depth = fields.at(fields.bundle_um[1], at) / PLATE_UM + 0.55 * fields.at(
        fields.noise(41, 2.0), at
    )
    return Seeds(at=at, key=key, plate=np.floor(depth).astype(np.int64))


def liver_nuclei(fields: Fields, box: Box) -> Points:
    """Give most hepatocytes a round nucleus, and some sinusoids flat ones."""
    seeds = liver_seeds(fields, box)
    jitter = np.stack([uniform(seeds.key, 9), uniform(seeds.key, 10)], axis=1) - 0.5
    middles = seeds.at + jitter * 4.0 / fields.lie.spacing_um
    run = fields.at(fields.angle, seeds.at)
    aside = np.stack([-np.sin(run), np.cos(run)], axis=1)
    flat = seeds.at + 0.5 * HEPATOCYTE_UM / fields.lie.spacing_um * aside
    at = np.concatenate([middles, flat])
    key = np.concatenate([seeds.key, seeds.key + np.uint64(1)])
    hepatocyte = np.arange(len(at)) < len(middles)
    inside = fields.at(fields.codes, at) == Tissue.PARENCHYMA
    inside &= (uniform(key, 5) < np.where(hepatocyte, 0.85, 0.3)) & box.holds(at)
    kind = np.where(hepatocyte, NucleusKind.HEPATOCYTE, NucleusKind.STROMAL).astype(np.uint8)
    angle = np.tile(run, 2) + 0.6 * (uniform(key, 6) - 0.5)
    return Points(at=at[inside], kind=kind[inside], angle=angle[inside], key=key[inside])


def fat_nuclei(fields: Fields, box: Box) -> Points:
    """Flat nuclei pressed to the membranes between some neighbouring fat cells."""
    pitch = FAT_UM / fields.lie.spacing_um
    wide = box.grow(round(pitch))
    cols, rows = _integers(wide, pitch)
    cols, rows = (part.reshape(-1) for part in np.broadcast_arrays(cols, rows))
    first = _fat_places(fields.lie.root, cols, rows)
    second = _fat_places(fields.lie.root, cols + 1, rows)
    key = place_keys(fields.lie.root, 52, cols, rows)
    at = (first + second) / 2 * pitch
    across = (second - first)[:, ::-1] * np.array([-1, 1])
    inside = (fields.at(fields.codes, at) == Tissue.FAT) & (uniform(key, 5) < 0.5) & box.holds(at)
    return Points(
        at=at[inside],
        kind=np.full(int(inside.sum()), NucleusKind.STROMAL, np.uint8),
        angle=np.arctan2(across[:, 1], across[:, 0])[inside],
        key=key[inside],
    )


def fat_seeds(fields: Fields, box: Box) -> Float64[np.ndarray, "N 2"]:
    """Middles of fat cells in level-0 pixels."""
    pitch = FAT_UM / fields.lie.spacing_um
    cols, rows = (part.reshape(-1) for part in np.broadcast_arrays(*_integers(box, pitch)))
    return _fat_places(fields.lie.root, cols, rows) * pitch


def _fat_places(
    root: int, cols: Int64[np.ndarray, "N"], rows: Int64[np.ndarray, "N"]
) -> Float64[np.ndarray, "N 2"]:
    key = place_keys(root, 51, cols, rows)
    x = cols + 0.5 * (rows % 2) + 0.64 * uniform(key, 3)
    return np.stack([x, rows + 0.64 * uniform(key, 4)], axis=1)


def _integers(box: Box, pitch: float) -> tuple[Int64[np.ndarray, "1 W"], Int64[np.ndarray, "H 1"]]:
    cols = np.arange(int(box.left // pitch) - 1, int(box.right // pitch) + 2)
    rows = np.arange(int(box.top // pitch) - 1, int(box.bottom // pitch) + 2)
    return cols[None, :], rows[:, None]
