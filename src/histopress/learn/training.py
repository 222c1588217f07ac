"""Training the slide-level CNN: epochs, learning rate, the best state."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.nn.functional import cross_entropy

from histopress.errors import ConfigError
from histopress.learn.cnn import FittedCnn, build, tissue_statistics
from histopress.learn.data import LabelledSlide, check_fold, labels_of
from histopress.learn.interface import Row
from histopress.learn.network import NicCnn
from histopress.learn.sampling import Batch, epoch_batches
from histopress.learn.scoring import balanced_cross_entropy, macro_auc
from histopress.learn.settings import NicCnnSettings
from histopress.seeds import derive_seed, generator
from histopress.types import Progress

DECAY = 0.1
"""Factor of the learning rate at each plateau."""


@dataclass
class Plateau:
    """Follow the validation loss: lower the learning rate, then stop.

    Attributes
    ----------
    learning_rate : float
        For the next epoch.
    best : float
        Lowest loss so far.
    """

    settings: NicCnnSettings
    learning_rate: float = field(init=False)
    best: float = float("inf")
    since_best: int = 0
    since_change: int = 0

    def __post_init__(self) -> None:
        self.learning_rate = self.settings.learning_rate

    def update(self, loss: float) -> bool:
        """Take one epoch's loss; True if it is the lowest so far."""
        if loss < self.best:
            self.best, self.since_best, self.since_change = loss, 0, 0
            return True
        self.since_best += 1
        self.since_change += 1
        lowered = max(self.learning_rate * DECAY, self.settings.min_learning_rate)
        if self.since_change >= self.settings.patience and lowered < self.learning_rate:
            self.learning_rate, self.since_change = lowered, 0
        return False

    @property
    def finished(self) -> bool:
        """Whether training shall stop."""
        return self.since_best >= self.settings.stop_patience


def train_step(
    network: NicCnn,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    labels: Int64[np.ndarray, " batch"],
    *,
    l2: float,
) -> float:
    """Take one step; return the cross-entropy, without the penalty, in nats."""
    device = network.mean.device
    network.train()
    logits = network(batch.crops.to(device), batch.kept.to(device))
    loss = cross_entropy(logits, torch.from_numpy(labels).to(device))
    penalty = torch.stack([kernel.square().sum() for kernel in network.kernels()]).sum()
    optimizer.zero_grad()
    (loss + l2 * penalty).backward()
    optimizer.step()
    return loss.item()


@dataclass(frozen=True)
class NicCnnModel:
    """Train a :class:`~histopress.learn.network.NicCnn` on crops of labelled slides.

    Adam on the cross-entropy of class-balanced batches plus ``l2`` times the kernels' squared
    sum (Keras' sense, all kernels). An epoch is a fixed number of crops, not one a slide, so
    that a cohort of 20 slides gets as many steps between two validations as one of 200.

    The learning rate and the best epoch follow the validation slides' balanced cross-entropy.
    The publication speaks of "the validation metric"; with the five or ten slides of a small
    validation fold AUC takes a few values only, ties over many epochs and reaches 1 by luck
    early, whereas the cross-entropy moves with every probability. AUC stands in the history.

    What else the publication leaves open: weights start after He et al. (uniform), running
    statistics take a tenth of each batch, dropout follows each convolution's activation.

    Training is deterministic on one device and number of threads: crops, weights and dropout
    each have a generator derived from ``seed``.
    """

    settings: NicCnnSettings
    device: str = "cpu"

    def fit(
        self,
        train: Sequence[LabelledSlide],
        validation: Sequence[LabelledSlide],
        *,
        classes: int,
        seed: int,
        progress: Progress | None = None,
    ) -> FittedCnn:
        """Train until the validation loss has not fallen for ``stop_patience`` epochs.

        Raises
        ------
        SlideError
            A slide is excluded.
        ConfigError
            A class has no training slide, validation slides are all of one class, or the loss
            is not finite.
        EncoderError
            Slides have different numbers of channels.
        """
        settings = self.settings
        fitted = self._begin(train, validation, classes=classes, seed=seed)
        network = fitted.network
        optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        plateau, rng = Plateau(settings), generator(seed, "training crops")
        history: list[Row] = []
        best: dict[str, Tensor] = {}
        for epoch in range(1, settings.epochs_max + 1):
            loss = self._epoch(network, optimizer, train, rng)
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
        classes: int,
        seed: int,
    ) -> FittedCnn:
        """Make the untrained network, with the statistics of the training slides."""
        channels = check_fold(train, validation, classes=classes)
        network = build(self.settings, channels, classes=classes, seed=seed).to(self.device)
        statistics = tissue_statistics([each.slide for each in train], self.settings.views)
        network.standardise_with(*map(torch.from_numpy, statistics))
        return FittedCnn(network, self.settings, derive_seed(seed, "test crops"))

    def _epoch(
        self,
        network: NicCnn,
        optimizer: torch.optim.Optimizer,
        train: Sequence[LabelledSlide],
        rng: np.random.Generator,
    ) -> float:
        """Train for one epoch; return the mean cross-entropy."""
        settings = self.settings
        batches = epoch_batches(train, settings=settings, rng=rng)
        losses = [
            train_step(network, optimizer, batch, labels, l2=settings.l2)
            for batch, labels in batches
        ]
        return float(np.mean(losses))


def _check_finite(epoch: int, loss: float, validation_loss: float, learning_rate: float) -> None:
    if not math.isfinite(loss + validation_loss):
        raise ConfigError(
            f"epoch {epoch}: the training loss is {loss}, the validation loss {validation_loss}; "
            f"lower 'learning_rate' (now {learning_rate}) or look for embeddings that are not "
            "finite"
        )


def _validate(fitted: FittedCnn, validation: Sequence[LabelledSlide]) -> dict[str, float]:
    probabilities = fitted.validate([each.slide for each in validation])
    labels = labels_of(validation)
    return {
        "validation_loss": balanced_cross_entropy(probabilities, labels),
        "validation_auc": macro_auc(probabilities, labels),
    }
