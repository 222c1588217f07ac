"""The one threshold of saliency maps, chosen on validation slides."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from histopress.claims.truth import TruthMap, jaccard, wanted_cells
from histopress.evaluate.undefined import UndefinedMetricError


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The saliency from which cells count as marked.

    Attributes
    ----------
    value : float
    jaccard : float
        Mean over the slides that chose it, hence too good for them.
    n_slides : int
    """

    value: float
    jaccard: float
    n_slides: int


def choose_threshold(cases: Sequence[TruthMap]) -> Threshold:
    """Choose the one threshold that maximises the mean Jaccard index over validation slides.

    All values that occur are tried; of equals the highest wins. The maps must share a scale:
    scaled slide by slide, a map marks something on every slide.

    Parameters
    ----------
    cases : sequence of TruthMap
        Of validation slides; never of those that are judged.

    Raises
    ------
    UndefinedMetricError
        There is no slide, or the truth of one holds no tissue cell.

    Notes
    -----
    O(cells log cells) time over all slides: each slide's index changes only at values of its own,
    so the steps of all slides are summed from the highest value down.
    """
    if not cases:
        raise UndefinedMetricError("no validation slide: there is nothing to choose a threshold by")
    values, steps = (np.concatenate(part) for part in zip(*map(_steps, cases), strict=True))
    order = np.argsort(-values, kind="stable")
    values, total = values[order], np.cumsum(steps[order])
    last = np.append(values[1:] != values[:-1], True)
    # Sums of steps carry rounding: what is equal but for it is equal.
    best = int(np.argmax(np.round(total[last], 9)))
    value = float(values[last][best])
    mean = float(np.mean([jaccard(case, value) for case in cases]))
    return Threshold(value=value, jaccard=mean, n_slides=len(cases))


def _steps(case: TruthMap) -> tuple[np.ndarray, np.ndarray]:
    """Each value of a map, descending, and how the slide's index changes as it is let in."""
    wanted, scores = wanted_cells(case), case.scores
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    hits, marked = np.cumsum(wanted[order])[last], np.flatnonzero(last) + 1
    index = hits / (marked + int(wanted.sum()) - hits)
    return ordered[last], np.diff(index, prepend=0.0)
