"""Whether a saliency map marks what it should, held against maps that know nothing."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import hypergeom

from histopress.claims.threshold import Threshold, choose_threshold
from histopress.claims.truth import TruthMap, jaccard, wanted_cells
from histopress.compress.distance import distance_map
from histopress.evaluate.auc import auc

__all__ = [
    "Overlap",
    "Threshold",
    "TruthMap",
    "centred_jaccard",
    "choose_threshold",
    "jaccard",
    "overlap",
    "pixel_auroc",
    "random_jaccard",
    "top_jaccard",
]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How a map agrees with the truth on one slide, and what knows nothing reaches.

    Attributes
    ----------
    auroc : float
        Of tissue cells; needs no threshold. 0.5 is chance.
    centred_auroc : float
        Of the distance to the background.
    jaccard : float
        Of the cells marked.
    random_jaccard : float
        Expected of as many cells drawn at random.
    centred_jaccard : float
        Of as many cells farthest from the background.
    marked, wanted, tissue : int
        Cells.
    """

    auroc: float
    centred_auroc: float
    jaccard: float
    random_jaccard: float
    centred_jaccard: float
    marked: int
    wanted: int
    tissue: int


def pixel_auroc(case: TruthMap) -> float:
    """Probability that a cell of the truth is more salient than another tissue cell.

    Cells of a slide are neighbours and no independent sample: an interval must come from
    patients, see :func:`histopress.claims.paired.paired_difference` with means over slides.

    Raises
    ------
    UndefinedMetricError
        The truth holds no tissue cell, or all of them.
    """
    return auc(case.wanted, case.scores)


def top_jaccard(case: TruthMap, area: int) -> float:
    """Jaccard index of the ``area`` most salient cells; cells of equal saliency enter by lot.

    The mean over all lots, exact: of g tied cells, t of them wanted, r enter, and the number of
    hits among them is hypergeometric.

    Raises
    ------
    UndefinedMetricError
        The truth holds no tissue cell.
    ValueError
        The area is negative or more than the tissue.
    """
    wanted, scores = wanted_cells(case), case.scores
    if not 0 <= area <= len(scores):
        raise ValueError(f"area {area}: must be from 0 to the {len(scores)} tissue cells")
    if not area:
        return 0.0
    edge = np.sort(scores)[-area]
    above, tied = scores > edge, scores == edge
    drawn, good = area - int(above.sum()), int((tied & wanted).sum())
    hits = np.arange(min(drawn, good) + 1)
    both = int((above & wanted).sum()) + hits
    chances = hypergeom.pmf(hits, int(tied.sum()), good, drawn)
    return float(chances @ (both / (area + int(wanted.sum()) - both)))


def random_jaccard(case: TruthMap, area: int) -> float:
    """Jaccard index that ``area`` cells drawn at random from the tissue have on average.

    Blobs in random places hit as many cells on average, but hits come together, and the index
    bends upwards in them: their mean index is somewhat higher.

    Examples
    --------
    >>> case = TruthMap(saliency=np.zeros((1, 2)), truth=np.array([[True, False]]),
    ...                 tissue=np.ones((1, 2), bool))
    >>> random_jaccard(case, 1), random_jaccard(case, 2)
    (0.5, 0.5)
    """
    return top_jaccard(replace(case, saliency=np.zeros(case.tissue.shape)), area)


def centred_jaccard(case: TruthMap, area: int) -> float:
    """Jaccard index of the ``area`` tissue cells farthest from the background.

    A map that only knows where tissue is, as networks with padding tend to.
    """
    return top_jaccard(_centred(case), area)


def overlap(case: TruthMap, threshold: float) -> Overlap:
    """Hold one map against the truth, beside maps that mark as many cells and know nothing.

    Parameters
    ----------
    case : TruthMap
    threshold : float
        From other slides, see :func:`choose_threshold`.

    Raises
    ------
    UndefinedMetricError
        The truth holds no tissue cell, or all of them.
    """
    area = int((case.scores >= threshold).sum())
    return Overlap(
        auroc=pixel_auroc(case),
        centred_auroc=pixel_auroc(_centred(case)),
        jaccard=jaccard(case, threshold),
        random_jaccard=random_jaccard(case, area),
        centred_jaccard=centred_jaccard(case, area),
        marked=area,
        wanted=int(case.wanted.sum()),
        tissue=int(case.tissue.sum()),
    )


def _centred(case: TruthMap) -> TruthMap:
    return replace(case, saliency=distance_map(case.tissue))
