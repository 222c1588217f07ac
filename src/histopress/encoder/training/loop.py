"""The training loop that all encoders share."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from histopress.encoder.settings import ScheduleSettings
from histopress.encoder.training.average import Average
from histopress.encoder.training.checkpoint import Checkpoint
from histopress.encoder.training.objective import Objective
from histopress.errors import EncoderError
from histopress.seeds import derive_seed
from histopress.types import Progress

DECAY = 0.1
"""Factor of the step size at each plateau (1e-3 to 1e-5 in two, as published)."""


@dataclass
class Plateau:
    """Follow the score: lower the step size, then stop.

    Attributes
    ----------
    learning_rate : float
        Of the next epoch.
    best : float
        Highest score so far.
    since_best, since_change : int
        Epochs since then, and since the step size last fell or the score last rose.
    """

    learning_rate: float
    best: float = -math.inf
    since_best: int = 0
    since_change: int = 0

    def update(self, score: float, schedule: ScheduleSettings) -> bool:
        """Take one epoch's score; True if it is the highest so far."""
        if score > self.best:
            self.best, self.since_best, self.since_change = score, 0, 0
            return True
        self.since_best += 1
        self.since_change += 1
        lowered = max(self.learning_rate * DECAY, schedule.min_learning_rate)
        if self.since_change >= schedule.patience and lowered < self.learning_rate:
            self.learning_rate, self.since_change = lowered, 0
        return False

    def finished(self, schedule: ScheduleSettings) -> bool:
        """Whether the score has not risen for ``stop_patience`` epochs, if it decides at all."""
        return schedule.keep == "best" and self.since_best >= schedule.stop_patience


@dataclass(kw_only=True)
class Run:
    """Where a training stands after an epoch; what a checkpoint keeps beside the weights."""

    plateau: Plateau
    average: Average
    history: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)
    kept_epoch: int = 0

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return len(self.history)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What training gives; the objective's network holds the kept weights.

    Attributes
    ----------
    history : sequence of mapping
        A row an epoch: step size, losses (means over its steps), scores, and whether it was best.
    epoch : int
        The epoch, from 1, whose weights are kept.
    resumed_at : int
        Epochs that a checkpoint already held.
    """

    history: Sequence[Mapping[str, Any]]
    epoch: int
    resumed_at: int = 0


def fit(
    objective: Objective,
    schedule: ScheduleSettings,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Train until the score no longer rises, and leave the kept weights in the networks.

    An epoch is a fixed number of steps. After each, the tuning part is scored, the step size
    follows, and a checkpoint is written. All that is random in an epoch derives from ``seed`` and
    the epoch's number, so that a run taken up again equals an uninterrupted one bit for bit on
    one CPU and number of threads.

    Raises
    ------
    EncoderError
        A loss or the score is not finite.
    """
    run = Run(
        plateau=Plateau(schedule.learning_rate),
        average=Average(objective.network, schedule.average),
    )
    if checkpoint is not None:
        _resume(objective, run, checkpoint)
    resumed_at = run.epoch
    while run.epoch < schedule.epochs and not run.plateau.finished(schedule):
        _epoch(objective, schedule, run, seed=seed)
        if checkpoint is not None:
            _save(objective, run, checkpoint)
        if progress:
            finished = run.plateau.finished(schedule)
            progress(schedule.epochs if finished else run.epoch, schedule.epochs)
    if run.kept:
        objective.network.load_state_dict(run.kept)
    objective.network.eval()
    return Outcome(history=tuple(run.history), epoch=run.kept_epoch, resumed_at=resumed_at)


def _epoch(objective: Objective, schedule: ScheduleSettings, run: Run, *, seed: int) -> None:
    number = run.epoch + 1
    rate = run.plateau.learning_rate
    for optimiser in objective.optimisers:
        for group in optimiser.param_groups:
            group["lr"] = rate
    objective.begin(derive_seed(seed, "epoch", number))
    objective.network.train()
    losses = []
    for _ in range(schedule.steps):
        losses.append(objective.step())
        run.average.update()
    means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
    objective.network.eval()
    with run.average.applied():
        scores = dict(objective.validate())
        _check_finite(number, {**means, **scores}, rate)
        improved = run.plateau.update(scores["score"], schedule)
        if improved or schedule.keep == "last":
            state = objective.network.state_dict()
            run.kept = {name: value.detach().cpu().clone() for name, value in state.items()}
            run.kept_epoch = number
    run.history.append(
        {"epoch": number, "learning_rate": rate, **means, **scores, "best": int(improved)}
    )


def _check_finite(epoch: int, values: Mapping[str, float], learning_rate: float) -> None:
    wrong = {name: value for name, value in values.items() if not math.isfinite(value)}
    if wrong:
        raise EncoderError(
            f"epoch {epoch}: {wrong} at a step size of {learning_rate:g}; lower "
            "'schedule.learning_rate'"
        )


def _save(objective: Objective, run: Run, checkpoint: Checkpoint) -> None:
    checkpoint.save(
        {
            "network": objective.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in objective.optimisers],
            "average": run.average.state(),
            "plateau": asdict(run.plateau),
            "history": run.history,
            "kept": run.kept,
            "kept_epoch": run.kept_epoch,
        }
    )


def _resume(objective: Objective, run: Run, checkpoint: Checkpoint) -> None:
    state = checkpoint.load()
    if state is None:
        return
    objective.network.load_state_dict(state["network"])
    for optimiser, values in zip(objective.optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(values)
    run.average.restore(state["average"])
    run.plateau = Plateau(**state["plateau"])
    run.history = list(state["history"])
    run.kept, run.kept_epoch = dict(state["kept"]), state["kept_epoch"]
