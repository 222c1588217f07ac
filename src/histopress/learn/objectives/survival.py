"""Learning a hazard: Cox's partial likelihood of patients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import ConfigError
from histopress.learn.cox import cox_loss, sampled_cox_loss
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.interface import Draw, Scores
from histopress.learn.risk_sets import SurvivalBatch, sample_risk_sets, survival_batches
from histopress.learn.scoring import concordance
from histopress.learn.settings import NetworkSettings
from histopress.learn.units import Units, units_of


class FollowUp(NamedTuple):
    """Times and events of units."""

    times: Float64[np.ndarray, " units"]
    events: Bool[np.ndarray, " units"]


@dataclass(frozen=True, kw_only=True)
class Survival:
    """The negative partial log-likelihood; outputs are log-hazards, higher is earlier.

    Entries are patients whatever the level of the target: two slides of one patient would be
    held against each other, although they share one time. A competing event ends the follow-up
    and counts as censored: the hazard is the cause-specific one.
    """

    goal: Goal

    metric = "c"

    @classmethod
    def fit(cls, goal: Goal, train: Sequence[LabelledSlide]) -> "Survival":
        """Take nothing from the training slides but the proof that they can be learnt from.

        Raises
        ------
        ConfigError
            No event has anyone else at risk, or a time is negative or not finite.
        """
        _check_comparable(train, "training")
        return cls(goal=goal)

    @classmethod
    def load(cls, goal: Goal, state: object) -> "Survival":  # noqa: ARG003
        """Rebuild what predictions need: nothing is stored."""
        return cls(goal=goal)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Nothing: the log-hazard has no unit."""
        return {}

    def check(self, validation: Sequence[LabelledSlide]) -> None:
        """Refuse validation slides without an event that can be compared."""
        _check_comparable(validation, "validation")

    def draws(
        self, train: Sequence[LabelledSlide], *, settings: NetworkSettings, rng: np.random.Generator
    ) -> Iterator[Draw]:
        """Yield risk sets until the epoch has its entries; every event once each time round."""
        units = units_of(train, "patient")
        known, drawn = follow_up(units), 0
        while drawn < settings.epoch_crops:
            for batch in survival_batches(
                *known,
                units.of_slide,
                cases=settings.cases,
                controls=settings.controls,
                at_once=settings.at_once,
                rng=rng,
            ):
                drawn += batch.slides.size
                yield Draw(batch.slides, partial(_loss, batch, known))

    def activate(self, outputs: Float64[np.ndarray, "n 1"]) -> Float64[np.ndarray, "n 1"]:
        """Log-hazards stay as they are."""
        return outputs

    def judge(
        self, predictions: Float64[np.ndarray, "slides 1"], slides: Sequence[LabelledSlide]
    ) -> Scores:
        """Give the loss of all patients as one risk set, and Harrell's C."""
        units = units_of(slides, "patient")
        risks, (times, events) = units.average(predictions)[:, 0], follow_up(units)
        arrays = (torch.from_numpy(np.ascontiguousarray(each)) for each in (risks, times, events))
        return Scores(cox_loss(*arrays).item(), concordance(risks, times, events))


def follow_up(units: Units) -> FollowUp:
    """Give times and events as arrays."""
    labels = [Outcome(*each) for each in units.labels]  # type: ignore[misc]
    return FollowUp(
        np.array([each.time for each in labels], np.float64),
        np.array([each.event for each in labels], np.bool_),
    )


def _check_comparable(slides: Sequence[LabelledSlide], part: str) -> None:
    known = follow_up(units_of(slides, "patient"))
    if not known.events.any():
        raise ConfigError(
            f"no event among the {known.events.size} {part} patients, so the Cox loss is "
            "undefined there; use fewer folds or a longer follow-up"
        )
    try:
        sample_risk_sets(*known, controls=1, rng=np.random.default_rng(0))
    except ConfigError as error:
        raise ConfigError(f"{part} patients: {error}") from error


def _loss(batch: SurvivalBatch, known: FollowUp, outputs: torch.Tensor) -> torch.Tensor:
    risks, device = outputs[:, 0], outputs.device
    if batch.sets is None:
        times, events = (torch.from_numpy(each[batch.patients]).to(device) for each in known)
        return cox_loss(risks, times, events)
    members = torch.from_numpy(batch.sets.members).to(device)
    return sampled_cox_loss(risks[members], torch.from_numpy(batch.sets.present).to(device))
