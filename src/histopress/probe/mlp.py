"""NIC's probe: a small network on a frozen encoder's embeddings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Float64
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from histopress.encoder.layers import dense_head, initialise
from histopress.encoder.training.loop import fit
from histopress.learn.pooled import SMALLEST_SCALE
from histopress.learn.scoring import balanced_cross_entropy
from histopress.probe.classifiers import Labelled, in_chunks
from histopress.probe.settings import ProbeSettings
from histopress.seeds import derive_seed, generator


@dataclass(frozen=True)
class MlpProbe:
    """A fitted network of one hidden layer."""

    network: nn.Module
    mean: Float64[np.ndarray, " C"]
    scale: Float64[np.ndarray, " C"]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, features: Float[np.ndarray, "N C"]) -> Float64[np.ndarray, "N K"]:
        """Class probabilities, one row a patch."""
        return in_chunks(self._probabilities, _scaled(features, self.mean, self.scale))

    @torch.inference_mode()
    def _probabilities(self, scaled: Float32[np.ndarray, "N C"]) -> Float64[np.ndarray, "N K"]:
        logits = self.network(torch.from_numpy(scaled)).double()
        return torch.softmax(logits, 1).numpy()


def fit_mlp(
    training: Labelled, tuning: Labelled, *, classes: int, settings: ProbeSettings, seed: int
) -> MlpProbe:
    """Fit NIC's probe: dense 256 and softmax on the embedding (Tellez et al., TPAMI 2021).

    The publication names no activation between the layers and no schedule: here LeakyReLU(0.2),
    Adam, batches drawn evenly over classes from the training part, and a step size that falls
    tenfold on a plateau of the tuning part's balanced cross-entropy, by which the kept epoch is
    chosen too. Features are standardised on the training part.

    Parameters
    ----------
    training, tuning : Labelled
        Each holds every class.
    classes : int
        Number of classes.
    settings : ProbeSettings
    seed : int
        Weights and batches derive from it. Equal bits at one thread.
    """
    mean, scale = training.features.mean(0, np.float64), training.features.std(0, np.float64)
    scale[scale < SMALLEST_SCALE] = 1
    objective = _MlpObjective(
        Labelled(features=_scaled(training.features, mean, scale), labels=training.labels),
        Labelled(features=_scaled(tuning.features, mean, scale), labels=tuning.labels),
        classes=classes,
        settings=settings,
        seed=seed,
    )
    outcome = fit(objective, settings.mlp, seed=seed)
    loss = -float(outcome.history[outcome.epoch - 1]["score"])
    facts = {"epoch": outcome.epoch, "epochs": len(outcome.history), "tuning_cross_entropy": loss}
    return MlpProbe(objective.network, mean, scale, facts)


class _MlpObjective:
    """What the training loop needs to know of the probe."""

    def __init__(
        self,
        training: Labelled,
        tuning: Labelled,
        *,
        classes: int,
        settings: ProbeSettings,
        seed: int,
    ) -> None:
        channels = training.features.shape[1]
        # Layers fill themselves from the global generator when they are made; there it is idle.
        with torch.device("meta"):
            network = dense_head(
                channels, classes, hidden=settings.hidden, dropout=0.0, source=torch.Generator()
            )
        self.network: nn.Module = network.to_empty(device="cpu")
        initialise(self.network, torch.Generator().manual_seed(derive_seed(seed, "weights")))
        self.encoder: nn.Module = self.network
        self.optimisers: tuple[Optimizer, ...] = (torch.optim.Adam(self.network.parameters()),)
        self.batch = settings.mlp.batch
        order = np.argsort(training.labels, kind="stable")
        self.features = torch.from_numpy(training.features[order])
        self.labels = torch.from_numpy(training.labels[order])
        self.counts = np.bincount(training.labels, minlength=classes)
        self.starts = np.cumsum(self.counts) - self.counts
        self.tuning = tuning
        self.begin(0)

    def begin(self, seed: int) -> None:
        self.rng = generator(seed, "batches")

    def step(self) -> Mapping[str, float]:
        labels = self.rng.integers(len(self.counts), size=self.batch)
        within = (self.rng.random(self.batch) * self.counts[labels]).astype(np.int64)
        drawn = torch.from_numpy(self.starts[labels] + within)
        loss = cross_entropy(self.network(self.features[drawn]), self.labels[drawn])
        (optimiser,) = self.optimisers
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return {"loss": float(loss.detach())}

    def validate(self) -> Mapping[str, float]:
        with torch.inference_mode():
            logits = self.network(torch.from_numpy(self.tuning.features)).double()
        probabilities = torch.softmax(logits, 1).numpy()
        return {"score": -balanced_cross_entropy(probabilities, self.tuning.labels)}


def _scaled(
    features: Float[np.ndarray, "N C"],
    mean: Float64[np.ndarray, " C"],
    scale: Float64[np.ndarray, " C"],
) -> Float32[np.ndarray, "N C"]:
    return ((features - mean) / scale).astype(np.float32)
