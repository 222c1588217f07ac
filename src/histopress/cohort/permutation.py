"""Labels shuffled among patients, as a control in which nothing can be learned."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np


def permute_labels(
    slides: Sequence[str],
    patients: Mapping[str, str],
    centers: Mapping[str, str],
    *,
    rng: np.random.Generator,
) -> dict[str, str]:
    """Say whose label each slide gets.

    Patients change places, and all labels of a patient go together: slides of one patient are
    alike, so shuffling slides would make the null narrower than it is. They change places within
    their centre, because staining and case mix differ between centres, and with patients of as
    many labelled slides. A patient who is alone in both keeps their labels.

    Parameters
    ----------
    slides : sequence of str
        Slides with a label.
    patients, centers : mapping of str to str
        Of each slide; the centre of a patient is that of their first slide by id.
    rng : Generator

    Returns
    -------
    dict of str to str
        Slide to the slide whose label it gets; the order of ``slides`` decides nothing.

    Examples
    --------
    >>> names, centre = ["a", "b"], {"a": "", "b": ""}
    >>> found = permute_labels(names, {"a": "p", "b": "p"}, centre, rng=np.random.default_rng(0))
    >>> found
    {'a': 'a', 'b': 'b'}
    """
    own: dict[str, list[str]] = defaultdict(list)
    for slide in sorted(slides):
        own[patients[slide]].append(slide)
    alike: dict[tuple[str, int], list[list[str]]] = defaultdict(list)
    for group in sorted(own.values()):
        alike[centers[group[0]], len(group)].append(group)
    source: dict[str, str] = {}
    for _, groups in sorted(alike.items()):
        for taker, giver in zip(groups, rng.permutation(len(groups)), strict=True):
            source |= dict(zip(taker, groups[giver], strict=True))
    return {slide: source[slide] for slide in slides}
