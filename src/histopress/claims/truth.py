"""A saliency map beside the truth that it should mark, and the Jaccard index of the two."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True, eq=False)
class TruthMap:
    """A saliency map on a slide's grid, and the cells that it should mark.

    Attributes
    ----------
    saliency : float ndarray (H, W)
        Higher is more salient; finite on tissue.
    truth : bool ndarray (H, W)
        Cells that should be marked. Those off the tissue hold no tile, so no map can mark them:
        they do not count.
    tissue : bool ndarray (H, W)
        Cells that hold a tile.

    Raises
    ------
    ValueError
        Shapes differ, truth or tissue are not bool, there is no tissue, or saliency on it is not
        finite.
    """

    saliency: Float[np.ndarray, "H W"]
    truth: Bool[np.ndarray, "H W"]
    tissue: Bool[np.ndarray, "H W"]

    def __post_init__(self) -> None:
        if not self.saliency.shape == self.truth.shape == self.tissue.shape:
            raise ValueError(
                f"saliency {self.saliency.shape}, truth {self.truth.shape} and tissue "
                f"{self.tissue.shape}: must be of one grid"
            )
        if self.truth.dtype != np.bool_ or self.tissue.dtype != np.bool_:
            raise ValueError(
                f"truth is {self.truth.dtype} and tissue {self.tissue.dtype}: must be bool"
            )
        if not self.tissue.any():
            raise ValueError("no cell holds tissue: leave the slide out")
        if not np.isfinite(self.saliency[self.tissue]).all():
            raise ValueError(
                "saliency holds NaN or infinity on tissue; only numbers can be ordered"
            )

    @property
    def scores(self) -> Float[np.ndarray, " cells"]:
        """Saliency of the tissue cells."""
        return self.saliency[self.tissue].astype(np.float64)

    @property
    def wanted(self) -> Bool[np.ndarray, " cells"]:
        """Which tissue cells should be marked."""
        return self.truth[self.tissue]


def wanted_cells(case: TruthMap) -> Bool[np.ndarray, " cells"]:
    """Take the tissue cells that should be marked, of which there must be one.

    Raises
    ------
    UndefinedMetricError
        There is none.
    """
    wanted = case.wanted
    if not wanted.any():
        raise UndefinedMetricError(
            f"none of {len(wanted)} tissue cells should be marked: leave the slide out"
        )
    return wanted


def jaccard(case: TruthMap, threshold: float) -> float:
    """Cells both marked and wanted over cells that are either (Jaccard 1912).

    A cell is marked from ``threshold`` on.

    Raises
    ------
    UndefinedMetricError
        The truth holds no tissue cell: there is nothing to find.

    Examples
    --------
    >>> case = TruthMap(saliency=np.array([[0.9, 0.5, 0.1]]), truth=np.array([[True, False, True]]),
    ...                 tissue=np.ones((1, 3), bool))
    >>> jaccard(case, 0.5).__round__(3)
    0.333
    """
    wanted = wanted_cells(case)
    marked = case.scores >= threshold
    return float((marked & wanted).sum() / (marked | wanted).sum())
