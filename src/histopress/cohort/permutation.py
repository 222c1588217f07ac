"""Labels shuffled among patients, as a control in which nothing can be learned."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np


def permute_labels(
    slides: Sequence[str],
    patients: Mapping[str, str],
    centers: Mapping[str, str],
    *,
    level: Literal["slide", "patient"] = "slide",
    rng: np.random.Generator,
) -> dict[str, str]:
    """Say whose label each slide gets.

    Patients change places, and all labels of a patient go together: slides of one patient are
    alike, so shuffling slides would make the null narrower than it is. They change places within
    their centre, because staining and case mix differ between centres; where labels are of
    slides, with patients of as many labelled slides. A patient who is alone keeps their labels.

    What labels say of these groups is kept: with few patients a group, a model that tells groups
    apart still does better than chance (of n patients in g groups, about (g - 1) / (n - 1) of the
    spread of labels lies between them). So groups are no finer than they must be.

    Parameters
    ----------
    slides : sequence of str
        Slides with a label.
    patients, centers : mapping of str to str
        Of each slide; the centre of a patient is that of their first slide by id.
    level : {"slide", "patient"}
        What a label belongs to; that of a patient goes to all slides of another.
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
        size = len(group) if level == "slide" else 1
        alike[centers[group[0]], size].append(group)
    source: dict[str, str] = {}
    for _, groups in sorted(alike.items()):
        for taker, giver in zip(groups, rng.permutation(len(groups)), strict=True):
            given = groups[giver] if level == "slide" else groups[giver][:1] * len(taker)
            source |= dict(zip(taker, given, strict=True))
    return {slide: source[slide] for slide in slides}
