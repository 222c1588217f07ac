"""One fold: train, choose, predict."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.guards import Part, check_seen, check_slides
from histopress.learn.interface import Coverage, Fitted, Row
from histopress.learn.models import AnySettings, load_model, make_model
from histopress.learn.packing import pack_patients
from histopress.learn.units import units_of
from histopress.types import Progress

__all__ = ["FoldResult", "Part", "Predicted", "load_model", "predict_slides", "train_fold"]


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What a model says of slides.

    Attributes
    ----------
    predictions : dict of slide_id to float64 ndarray (K,)
        Class probabilities, a number in the target's unit, or a log-hazard. All slides of a bag
        have the same.
    coverage : dict of slide_id to Coverage
        How much of each slide, or of its bag, was seen.
    """

    predictions: dict[str, Float64[np.ndarray, " K"]]
    coverage: dict[str, Coverage]


@dataclass(frozen=True, kw_only=True)
class FoldResult(Predicted):
    """What one fold leaves: predictions of the slides of all three parts, and the model.

    Training slides have seen their labels, validation slides chose the epoch or the penalty:
    their scores are no estimate of performance. They serve cut-points, baselines and curves.

    Attributes
    ----------
    state : dict of ndarray
        All that predicts; for safetensors.
    history : tuple of rows
        What training tried, for ``history.csv``.
    fitted_on, chosen_on : frozenset of str
        Ids of slides that anything was fitted and chosen on.
    """

    state: dict[str, np.ndarray]
    history: tuple[Row, ...]
    fitted_on: frozenset[str]
    chosen_on: frozenset[str]


def train_fold(
    slides: Sequence[LabelledSlide],
    parts: Mapping[str, Part],
    *,
    settings: AnySettings,
    goal: Goal,
    seed: int,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FoldResult:
    """Train on one part, choose on the second, predict all three.

    Test slides reach nothing but prediction. The result does not depend on the order of
    ``slides``.

    Parameters
    ----------
    slides : sequence of LabelledSlide
        None of them excluded.
    parts : mapping of slide_id to "train", "validation" or "test"
        Names exactly the slides given.
    settings : NicCnnSettings, AbmilSettings or MeanSettings
        The model.
    goal : Goal
        Kind and level of the labels.
    seed : int
        Of this fold; crops, weights and dropout derive their own from it.
    device : str
        Torch device for training.
    progress : callable or None
        Called with (epochs done, epochs at most).

    Raises
    ------
    ConfigError
        ``slides`` and ``parts`` name different slides, a part cannot be learnt from, or bags
        are asked for although labels are of slides.
    LeakError
        A patient is in two parts, two slides hold the same content, or something was fitted on
        other slides than those of training.
    """
    ordered = _in_order(slides, parts)
    check_slides(ordered, parts)
    _check_fusion(ordered, settings, goal)
    bags = {
        part: _bags([each for each in ordered if parts[each.slide_id] == part], settings)
        for part in ("train", "validation")
    }
    fitted = make_model(settings, device).fit(
        [labelled for labelled, _ in bags["train"]],
        [labelled for labelled, _ in bags["validation"]],
        goal=goal,
        seed=seed,
        progress=progress,
    )
    members = {each.slide_id: names for part in bags.values() for each, names in part}
    fitted_on, chosen_on = (
        frozenset(name for bag in seen for name in members.get(bag, (bag,)))
        for seen in (fitted.fitted_on, fitted.chosen_on)
    )
    check_seen(fitted_on, chosen_on, parts)
    found = predict_slides(
        fitted,
        [each.slide for each in ordered],
        [each.patient for each in ordered],
        fusion=settings.fusion,
    )
    return FoldResult(
        predictions=found.predictions,
        coverage=found.coverage,
        state=fitted.state,
        history=tuple(fitted.history),
        fitted_on=fitted_on,
        chosen_on=chosen_on,
    )


def predict_slides(
    fitted: Fitted,
    slides: Sequence[CompressedSlide],
    patients: Sequence[int],
    *,
    fusion: Literal["late", "bag"],
) -> Predicted:
    """Predict slides, or the bags that the slides of each patient make.

    Parameters
    ----------
    fitted : Fitted
        A trained model.
    slides : sequence of CompressedSlide
        None of them excluded.
    patients : sequence of int
        Number of the patient of each slide.
    fusion : "late" or "bag"
        As in the settings of the model.
    """
    predictions, coverage = {}, {}
    for bag in pack_patients(slides, patients, fusion=fusion):
        row, seen = fitted.predict([bag.slide])[0], fitted.coverage(bag.slide)
        for name in bag.columns:
            predictions[name], coverage[name] = row, seen
    return Predicted(predictions=predictions, coverage=coverage)


def _in_order(slides: Sequence[LabelledSlide], parts: Mapping[str, Part]) -> list[LabelledSlide]:
    """Sort slides by id, so that the order in which they are given does not matter."""
    counts = Counter(each.slide_id for each in slides)
    twice = {name for name, count in counts.items() if count > 1}
    if strangers := sorted(set(counts) ^ set(parts) | twice):
        raise ConfigError(
            f"slides {', '.join(strangers[:10])}: must stand once among the slides and once in "
            "the split; make the split anew from these slides"
        )
    return sorted(slides, key=lambda each: each.slide_id)


def _check_fusion(slides: Sequence[LabelledSlide], settings: AnySettings, goal: Goal) -> None:
    if settings.fusion != "bag":
        return
    if goal.level != "patient":
        raise ConfigError(
            "fusion 'bag' joins the slides of a patient, but the target's labels belong to "
            "slides; declare the target on the level of patients, or use fusion 'late'"
        )
    units_of(slides, "patient")  # Refuses a patient with two labels.


def _bags(
    slides: Sequence[LabelledSlide], settings: AnySettings
) -> list[tuple[LabelledSlide, tuple[str, ...]]]:
    """Give what the model learns from, each with the ids of the slides in it."""
    by_id = {each.slide_id: each for each in slides}
    patients = [each.patient for each in slides]
    found = []
    for bag in pack_patients([each.slide for each in slides], patients, fusion=settings.fusion):
        names = tuple(bag.columns)
        found.append((replace(by_id[names[0]], slide=bag.slide), names))
    return found
