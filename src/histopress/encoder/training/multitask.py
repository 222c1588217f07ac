"""Supervised multitask training (Tellez et al., MIDL 2020)."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from histopress.encoder.layers import dense_head, initialise
from histopress.encoder.network import ConvolutionalEncoder
from histopress.encoder.settings import MultitaskSettings, SupervisedSettings
from histopress.encoder.training.batches import TaskBatches, upright
from histopress.encoder.training.device import autocast, place
from histopress.errors import EncoderError
from histopress.patches.table import Part, PatchTable
from histopress.seeds import derive_seed

HIDDEN = 256
DROPOUT = 0.1


class MultitaskNetwork(nn.Module):
    """One encoder, a classifier a task.

    Parameters
    ----------
    encoder : Module
        Patches to embeddings of length ``channels``.
    channels : int
        C.
    classes : sequence of int
        Classes of each task.
    dropout : float
        Share of values dropped before either dense layer of a head.
    source : Generator
        Draws the dropout.
    """

    def __init__(
        self,
        encoder: nn.Module,
        channels: int,
        classes: list[int],
        *,
        dropout: float,
        source: torch.Generator,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(
            dense_head(channels, count, hidden=HIDDEN, dropout=dropout, source=source)
            for count in classes
        )
        self.log_variances = nn.Parameter(torch.zeros(len(classes)))

    def forward(
        self, patches: Float[Tensor, "B 3 S S"], sizes: list[int]
    ) -> list[Float[Tensor, "b classes"]]:
        """Logits of each task for its stretch of the batch, in the order of the heads."""
        embeddings = self.encoder(patches).split(sizes)
        return [head(part) for head, part in zip(self.heads, embeddings, strict=True)]


class Multitask:
    """Train one encoder on several patch tasks at once.

    A step takes ``schedule.batch`` patches of each task through the encoder in one batch (so that
    normalisation sees all tasks) and each stretch through its task's head (dropout 0.1 → dense
    256 → LeakyReLU → dropout 0.1 → dense). The loss is the mean of the tasks' cross-entropies,
    or, with ``weighting: uncertainty``, the mean of exp(−s)·L + s/2 with a learned s a task
    (Kendall et al., CVPR 2018, s = log σ²). The score is the mean of the tasks' balanced accuracies
    on their tuning parts; the publication names neither metric nor patience.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task; the order is that of the heads.
    settings : MultitaskSettings or SupervisedSettings
        Network and schedule.
    seed : int
        First weights derive from it.
    device : torch.device
        Where it runs.

    Raises
    ------
    EncoderError
        A task has fewer than two classes.
    """

    dropout = DROPOUT

    def __init__(
        self,
        tables: Mapping[str, PatchTable],
        settings: MultitaskSettings | SupervisedSettings,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        few = [name for name, table in tables.items() if table.n_classes < 2]
        if few:
            raise EncoderError(f"tasks {few}: have one class; a supervised encoder needs two")
        self.tables = dict(tables)
        self.settings = settings
        self.device = device
        self.source = torch.Generator()
        classes = [table.n_classes for table in tables.values()]
        self.encoder: nn.Module = self._build_encoder()
        network = MultitaskNetwork(
            self.encoder, settings.channels, classes, dropout=self.dropout, source=self.source
        )
        initialise(network, torch.Generator().manual_seed(derive_seed(seed, "weights")))
        self.parts = network
        self.network = place(network, device)
        self.batches = [
            TaskBatches(table, settings.augment, device=device) for table in tables.values()
        ]
        adam = torch.optim.Adam(self.network.parameters())
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (adam,)

    def _build_encoder(self) -> nn.Module:
        chosen = self.settings
        return ConvolutionalEncoder(
            channels=chosen.channels,
            filters=getattr(chosen, "filters", 128),
            input_px=chosen.input_px,
        )

    def begin(self, seed: int) -> None:
        """Start an epoch."""
        self.source.manual_seed(derive_seed(seed, "dropout"))
        for name, batches in zip(self.tables, self.batches, strict=True):
            batches.begin(derive_seed(seed, name))

    def step(self) -> Mapping[str, float]:
        """Take one step on a batch of all tasks."""
        drawn = [batches.draw(self.settings.schedule.batch) for batches in self.batches]
        patches = torch.cat([patches for patches, _ in drawn])
        with autocast(self.device, self.settings.schedule):
            logits = self.network(patches, [len(labels) for _, labels in drawn])
        losses = torch.stack(
            [
                cross_entropy(each.float(), labels)
                for each, (_, labels) in zip(logits, drawn, strict=True)
            ]
        )
        (optimiser,) = self.optimisers
        optimiser.zero_grad()
        self._weigh(losses).backward()
        optimiser.step()
        values = losses.tolist()
        named = {f"loss {name}": value for name, value in zip(self.tables, values, strict=True)}
        return {"loss": sum(values) / len(values), **named}

    def _weigh(self, losses: Float[Tensor, " tasks"]) -> Float[Tensor, ""]:
        if getattr(self.settings, "weighting", "equal") == "equal":
            return losses.mean()
        variances = self.parts.log_variances
        return (torch.exp(-variances) * losses + variances / 2).mean()

    def validate(self) -> Mapping[str, float]:
        """Score the tuning parts: balanced accuracy and cross-entropy of each task."""
        scores: dict[str, float] = {}
        for name in self.tables:
            probabilities, labels = self.predict(name, "tuning")
            scores[f"balanced accuracy {name}"] = balanced_accuracy(probabilities, labels)
            scores[f"cross-entropy {name}"] = mean_cross_entropy(probabilities, labels)
        accuracies = [scores[f"balanced accuracy {name}"] for name in self.tables]
        return {"score": float(np.mean(accuracies)), **scores}

    @torch.inference_mode()
    def predict(
        self, task: str, part: Part
    ) -> tuple[Float[np.ndarray, "N classes"], Int64[np.ndarray, "N"]]:
        """Class probabilities and labels of one part of a task, in the table's order."""
        self.network.eval()
        head = self.parts.heads[list(self.tables).index(task)]
        found, labels = [], []
        for patches, truth in upright(self.tables[task], part, device=self.device):
            logits = head(self.encoder(patches)).double()
            found.append(torch.softmax(logits, 1).cpu().numpy())
            labels.append(truth)
        return np.concatenate(found), np.concatenate(labels)


def balanced_accuracy(
    probabilities: Float[np.ndarray, "N classes"], labels: Int64[np.ndarray, "N"]
) -> float:
    """Mean over the classes that occur of the share of their patches that are told right."""
    right = probabilities.argmax(1) == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def mean_cross_entropy(
    probabilities: Float[np.ndarray, "N classes"], labels: Int64[np.ndarray, "N"]
) -> float:
    """Mean surprise at the true classes, in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, math.exp(-50))).mean())
