"""Where nuclei lie: lattices with jitter, each kind in its tissue, thinned where they crowd."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, UInt8, UInt64
from scipy.spatial import cKDTree

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.chance import place_keys, uniform
from histopress.simulate.drawing.fields import Fields
from histopress.simulate.drawing.kinds import NucleusKind, gap_um

CROWD_UM = 16.5
"""No nucleus is thinned out for one farther away."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """Nuclei of a kind on a lattice of their own.

    Attributes
    ----------
    kind : NucleusKind
        What they are.
    tissues : tuple of int
        Codes of the tissues that they live in.
    pitch_um : float
        Distance between neighbours on the lattice in µm.
    share : float
        Chance that a lattice point holds a nucleus.
    lies : float
        Standard deviation of their angle to the fibres in radians; large means at random.
    gather : float
        Relative standard deviation of the share from place to place.
    """

    kind: NucleusKind
    tissues: tuple[int, ...]
    pitch_um: float
    share: float
    lies: float = 9.0
    gather: float = 0.3


_K, _T = NucleusKind, Tissue
POPULATIONS = (
    Population(kind=_K.STROMAL, tissues=(_T.STROMA,), pitch_um=16.0, share=0.62, lies=0.2),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.STROMA,), pitch_um=34.0, share=0.45),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.GLAND,), pitch_um=11.0, share=0.5),
    Population(kind=_K.STROMAL, tissues=(_T.GLAND,), pitch_um=15.0, share=0.5, lies=0.6),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.LYMPHOCYTES,), pitch_um=7.4, share=0.93),
    Population(kind=_K.STROMAL, tissues=(_T.LYMPHOCYTES,), pitch_um=30.0, share=0.4, lies=0.7),
    Population(kind=_K.MUSCLE, tissues=(_T.MUSCLE,), pitch_um=17.0, share=0.62, lies=0.1),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.MUCUS, _T.NECROSIS), pitch_um=42.0, share=0.35),
    Population(kind=_K.FOLLICULAR, tissues=(_T.FOLLICLE,), pitch_um=9.4, share=0.88),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.FOLLICLE,), pitch_um=19.0, share=0.4),
    Population(kind=_K.LYMPHOCYTE, tissues=(_T.TUMOUR,), pitch_um=40.0, share=0.3),
)
RANKS = {
    _K.MITOSIS: 9,
    _K.LOOKALIKE: 9,
    _K.TUMOUR: 6,
    _K.EPITHELIAL: 5,
    _K.HEPATOCYTE: 4,
}
"""Where two are too near, the one of higher rank stays; of equal ranks, that of the larger key."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """Nuclei, with all that their pictures follow from.

    Attributes
    ----------
    at : float64 ndarray (N, 2)
        x, y in level-0 pixels.
    kind : uint8 ndarray (N,)
        :class:`NucleusKind` codes.
    angle : float64 ndarray (N,)
        Direction of the long axis in radians.
    key : uint64 ndarray (N,)
        Random numbers follow from it.
    """

    at: Float64[np.ndarray, "N 2"]
    kind: UInt8[np.ndarray, "N"]
    angle: Float64[np.ndarray, "N"]
    key: UInt64[np.ndarray, "N"]

    def __len__(self) -> int:
        return len(self.kind)

    def keep(self, chosen: Bool[np.ndarray, "N"]) -> "Points":
        """Keep some of them."""
        return Points(
            at=self.at[chosen],
            kind=self.kind[chosen],
            angle=self.angle[chosen],
            key=self.key[chosen],
        )

    def within(self, box: "Box") -> "Points":
        """Those whose nearest pixel lies in a box."""
        return self.keep(box.holds(np.round(self.at)))


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of level-0 pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    def grow(self, px: int) -> "Box":
        """Make a box larger by so much on each side."""
        return Box(
            left=self.left - px, top=self.top - px, right=self.right + px, bottom=self.bottom + px
        )

    def holds(self, at: np.ndarray) -> Bool[np.ndarray, "N"]:
        """Which points lie inside."""
        x, y = at[:, 0], at[:, 1]
        return (x >= self.left) & (x < self.right) & (y >= self.top) & (y < self.bottom)


def join(groups: list[Points]) -> Points:
    """Join groups of nuclei."""
    return Points(
        at=np.concatenate([np.zeros((0, 2)), *(group.at for group in groups)]),
        kind=np.concatenate([np.zeros(0, np.uint8), *(group.kind for group in groups)]),
        angle=np.concatenate([np.zeros(0), *(group.angle for group in groups)]),
        key=np.concatenate([np.zeros(0, np.uint64), *(group.key for group in groups)]),
    )


def lattice(
    box: Box, *, pitch_px: float, root: int, stream: int, jitter: float = 0.3
) -> tuple[Float64[np.ndarray, "N 2"], UInt64[np.ndarray, "N"]]:
    """Points (x, y) and keys on an endless staggered lattice, shaken by ``jitter`` pitches."""
    first_col, first_row = (int(np.floor(v / pitch_px)) - 1 for v in (box.left, box.top))
    last_col, last_row = (int(np.ceil(v / pitch_px)) + 1 for v in (box.right, box.bottom))
    cols = np.arange(first_col, last_col + 1)[None, :]
    rows = np.arange(first_row, last_row + 1)[:, None]
    keys = place_keys(root, stream, cols, rows)
    x = cols + 0.25 * (rows % 2 * 2 - 1) + 0.5 + jitter * (2 * uniform(keys, 3) - 1)
    y = rows + 0.5 + jitter * (2 * uniform(keys, 4) - 1)
    at = np.stack([x, y], axis=-1).reshape(-1, 2) * pitch_px
    here = box.holds(at)
    return at[here], keys.reshape(-1)[here]


def scatter(population: Population, fields: Fields, box: Box, *, stream: int) -> Points:
    """Nuclei of one population in a box."""
    lie = fields.lie
    at, key = lattice(
        box, pitch_px=population.pitch_um / lie.spacing_um, root=lie.root, stream=stream
    )
    lives = np.isin(fields.at(fields.codes, at), population.tissues)
    # They gather here and are sparse there.
    crowd = 1 + population.gather * fields.at(fields.noise(60 + population.kind, 3.0), at)
    lives &= uniform(key, 5) < population.share * crowd
    at, key = at[lives], key[lives]
    angle = fields.at(fields.angle, at) if population.lies < 1 else np.zeros(len(at))
    return Points(
        at=at,
        kind=np.full(len(at), population.kind, np.uint8),
        angle=angle + population.lies * 1.7 * (2 * uniform(key, 6) - 1),
        key=key,
    )


def thin(points: Points, spacing_um: float) -> Points:
    """Leave out every nucleus that lies too near to one of higher rank.

    The outcome for a nucleus depends on those within :data:`CROWD_UM` alone, so that blocks agree.
    """
    if len(points) < 2:
        return points
    ranks = np.array([RANKS.get(kind, 0) for kind in NucleusKind], float)
    gaps = np.array([gap_um(kind) for kind in NucleusKind]) / spacing_um
    rank = ranks[points.kind] + points.key * 2.0**-64
    gap = gaps[points.kind]
    figures = points.kind == NucleusKind.MITOSIS
    figures |= points.kind == NucleusKind.LOOKALIKE
    lost = np.zeros(len(points), bool)
    for index in np.flatnonzero(figures):
        far = np.hypot(*(points.at - points.at[index]).T)
        lost |= (far < gap + gap[index]) & (rank < rank[index])
    others = np.flatnonzero(~figures)
    if not len(others):
        return points.keep(~lost)
    tree = cKDTree(points.at[others])
    first, second = others[tree.query_pairs(2 * gap[others].max(), output_type="ndarray")].T
    far = np.hypot(*(points.at[first] - points.at[second]).T)
    near = far < gap[first] + gap[second]
    first, second = first[near], second[near]
    lost[np.where(rank[first] < rank[second], first, second)] = True
    return points.keep(~lost)
