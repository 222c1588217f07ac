"""Training slide-level networks: epochs, learning rate, the best state."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from histopress.errors import ConfigError
from histopress.learn.data import LabelledSlide, check_usable, ids_of
from histopress.learn.fitted import FittedNetwork
from histopress.learn.goal import Goal
from histopress.learn.interface import Row
from histopress.learn.objectives.choice import fit_objective
from histopress.learn.plateau import Plateau
from histopress.learn.settings import NetworkSettings
from histopress.learn.statistics import tissue_statistics
from histopress.seeds import derive_seed, generator
from histopress.types import Progress


def train_step(
    outputs: Tensor,
    loss: Callable[[Tensor], Tensor],
    *,
    kernels: Sequence[Tensor],
    optimizer: torch.optim.Optimizer,
    l2: float,
) -> float:
    """Take one step; return the loss without the penalty."""
    found = loss(outputs)
    penalty = torch.stack([kernel.square().sum() for kernel in kernels]).sum()
    optimizer.zero_grad()
    (found + l2 * penalty).backward()
    optimizer.step()
    return found.item()


@dataclass(frozen=True)
class NetworkModel:
    """Train a network on parts of labelled slides: crops, or cells.

    Adam on the objective's loss plus ``l2`` times the kernels' squared sum (Keras' sense, all
    kernels). An epoch is a fixed number of entries, not one a slide, so that a cohort of 20
    slides gets as many steps between two validations as one of 200.

    The learning rate and the best epoch follow the objective's loss on the validation slides.
    The publication speaks of "the validation metric"; on a small validation fold AUC, Spearman's
    correlation and C take a few values only, whereas the loss moves with every prediction. The
    metric stands in the history.

    What else the publication leaves open: weights start after He et al. (uniform), running
    statistics take a tenth of each batch, dropout follows each convolution's activation.

    Training is deterministic on one device and number of threads: parts of slides, weights and
    dropout each have a generator derived from ``seed``.

    Attributes
    ----------
    settings : NetworkSettings
        Of the architecture.
    architecture : type
        What is trained.
    device : str
        Where.
    """

    settings: NetworkSettings
    architecture: type[FittedNetwork]
    device: str = "cpu"

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        goal: Goal,
        seed: int,
        progress: Progress | None = None,
    ) -> FittedNetwork:
        """Train until the validation loss has not fallen for ``stop_patience`` epochs.

        Raises
        ------
        SlideError
            A slide is excluded.
        ConfigError
            The training slides cannot be learnt from, nothing can be chosen on the validation
            slides, or the loss is not finite.
        EncoderError
            Slides have different numbers of channels.
        """
        settings = self.settings
        fitted = self._begin(train, validation, goal=goal, seed=seed)
        network = fitted.network
        optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        plateau, rng = Plateau(settings), generator(seed, "training crops")
        history: list[Row] = []
        best: dict[str, Tensor] = {}
        for epoch in range(1, settings.epochs_max + 1):
            loss = _epoch(fitted, optimizer, train, rng)
            row = {"epoch": epoch, "learning_rate": plateau.learning_rate, "train_loss": loss}
            scores = _validate(fitted, validation)
            _check_finite(epoch, loss, scores["validation_loss"], settings.learning_rate)
            improved = plateau.update(scores["validation_loss"])
            history.append({**row, **scores, "best": int(improved)})
            if improved:
                best = {name: each.clone() for name, each in network.state_dict().items()}
            if progress:
                progress(settings.epochs_max if plateau.finished else epoch, settings.epochs_max)
            if plateau.finished:
                break
            optimizer.param_groups[0]["lr"] = plateau.learning_rate
        network.load_state_dict(best)
        return replace(fitted, history=tuple(history))

    def _begin(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        goal: Goal,
        seed: int,
    ) -> FittedNetwork:
        """Make the untrained network, with the statistics of the training slides."""
        settings = self.settings
        objective = fit_objective(goal, train, validation, weights=settings.class_weights)
        channels = check_usable([each.slide for each in (*train, *validation)])
        network = self.architecture.build(settings, channels, outputs=goal.outputs, seed=seed)
        statistics = tissue_statistics([each.slide for each in train], settings.views)
        network.to(self.device).standardise_with(*map(torch.from_numpy, statistics))
        return self.architecture(
            network=network,
            settings=settings,
            objective=objective,
            seed=derive_seed(seed, "test crops"),
            fitted_on=ids_of(train),
            chosen_on=ids_of(validation),
        )


def _epoch(
    fitted: FittedNetwork,
    optimizer: torch.optim.Optimizer,
    train: Sequence[LabelledSlide],
    rng: np.random.Generator,
) -> float:
    """Train for one epoch; return the mean loss of its steps."""
    settings, losses = fitted.settings, []
    fitted.network.train()
    for draw in fitted.objective.draws(train, settings=settings, rng=rng):
        outputs = fitted.forward([train[index].slide for index in draw.slides], rng)
        kernels = fitted.network.kernels()
        losses.append(
            train_step(outputs, draw.loss, kernels=kernels, optimizer=optimizer, l2=settings.l2)
        )
    return float(np.mean(losses))


def _check_finite(epoch: int, loss: float, validation_loss: float, learning_rate: float) -> None:
    if not math.isfinite(loss + validation_loss):
        raise ConfigError(
            f"epoch {epoch}: the training loss is {loss}, the validation loss {validation_loss}; "
            f"lower 'learning_rate' (now {learning_rate}) or look for embeddings that are not "
            "finite"
        )


def _validate(fitted: FittedNetwork, validation: Sequence[LabelledSlide]) -> dict[str, float]:
    predictions = fitted.validate([each.slide for each in validation])
    scores = fitted.objective.judge(predictions, validation)
    return {
        "validation_loss": scores.loss,
        f"validation_{fitted.objective.metric}": scores.metric,
    }
