"""Variational autoencoder (Kingma & Welling, ICLR 2014; Tellez et al., NIC, 2021)."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim import Adam, Optimizer

from histopress.encoder.decoder import Decoder
from histopress.encoder.layers import initialise
from histopress.encoder.settings import VaeSettings
from histopress.encoder.tower import HIDDEN, WIDTHS, Tower
from histopress.encoder.training.batches import upright
from histopress.encoder.training.device import autocast, place
from histopress.encoder.training.pool import PooledBatches
from histopress.patches.table import PatchTable
from histopress.seeds import derive_seed


class VaeNetwork(nn.Module):
    """Tower to mean and logarithm of the variance, and decoder.

    Parameters
    ----------
    channels : int
        Length C of an embedding.
    input_px : int
        Side S of the patch.
    widths : sequence of int
        Filters of the tower; the decoder has them the other way round.
    hidden : int
        Units of the tower's dense layer.
    """

    def __init__(
        self, *, channels: int, input_px: int, widths: tuple[int, ...], hidden: int
    ) -> None:
        super().__init__()
        self.encoder = Tower(channels=channels, input_px=input_px, widths=widths, hidden=hidden)
        self.log_variance = nn.Linear(hidden, channels)
        # As many doublings as the tower has halvings at 128 px: 512 maps down to half the first.
        mirrored = (*reversed(widths), widths[0] // 2)
        self.decoder = Decoder(channels=channels, output_px=input_px, widths=mirrored)

    def encode(
        self, patches: Float[Tensor, "B 3 S S"]
    ) -> tuple[Float[Tensor, "B C"], Float[Tensor, "B C"]]:
        """Mean µ and log σ² of each patch's posterior."""
        features = self.encoder.features(patches)
        return self.encoder.project(features), self.log_variance(features)


class Vae:
    """Train an encoder by redrawing patches.

    The loss is the squared error, averaged over pixels and colours of patches in [−1, 1], plus
    ``kl_weight`` times the divergence from a standard normal, summed over the C channels; both
    are averaged over the batch. The publication gives the weight, 5·10⁻⁵, and not the
    reductions. A mean and a sum are what the names say, and with them the weight is near the
    evidence bound of unit pixel variance, 2 / (128·128·3) = 4.1·10⁻⁵. With two sums or two means
    the divergence would count for next to nothing.

    Patches of all tasks are pooled, drawn evenly over tasks, turned and mirrored, not varied
    otherwise. The score is the negative loss on the tuning parts, with µ in place of a draw.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task; labels are not used.
    settings : VaeSettings
        Network and schedule.
    seed : int
        First weights derive from it.
    device : torch.device
        Where it runs.
    widths, hidden : optional
        Filters of the tower and units of its dense layer; as published if left out.
    """

    def __init__(
        self,
        tables: Mapping[str, PatchTable],
        settings: VaeSettings,
        *,
        seed: int,
        device: torch.device,
        widths: tuple[int, ...] = WIDTHS,
        hidden: int = HIDDEN,
    ) -> None:
        self.tables = dict(tables)
        self.settings = settings
        self.device = device
        self.source = torch.Generator()
        network = VaeNetwork(
            channels=settings.channels, input_px=settings.input_px, widths=widths, hidden=hidden
        )
        initialise(network, torch.Generator().manual_seed(derive_seed(seed, "weights")))
        place(network, device)
        self.parts = network
        self.network: nn.Module = network
        self.encoder: nn.Module = network.encoder
        self.batches = PooledBatches(tables, device=device)
        self.optimisers: tuple[Optimizer, ...] = (Adam(network.parameters()),)

    def begin(self, seed: int) -> None:
        """Start an epoch."""
        self.source.manual_seed(derive_seed(seed, "noise"))
        self.batches.begin(derive_seed(seed, "batches"))

    def step(self) -> Mapping[str, float]:
        """Take one step on a batch of all tasks."""
        patches = self.batches.draw(self.settings.schedule.batch)
        with autocast(self.device, self.settings.schedule):
            mean, log_variance = self.parts.encode(patches)
            noise = torch.randn(mean.shape, generator=self.source).to(mean)
            redrawn = self.parts.decoder(mean + noise * torch.exp(log_variance / 2))
        error = mse_loss(redrawn.float(), patches)
        spread = divergence(mean.float(), log_variance.float()).mean()
        loss = error + self.settings.kl_weight * spread
        (optimiser,) = self.optimisers
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return {
            "loss": loss.item(),
            "squared error": error.item(),
            "divergence": spread.item(),
        }

    @torch.inference_mode()
    def validate(self) -> Mapping[str, float]:
        """Score the tuning parts: both terms, over each task's patches, then over tasks."""
        self.network.eval()
        terms = np.mean([self._judge(table) for table in self.tables.values()], axis=0)
        error, spread = (float(term) for term in terms)
        loss = error + self.settings.kl_weight * spread
        return {
            "score": -loss,
            "tuning loss": loss,
            "tuning squared error": error,
            "tuning divergence": spread,
        }

    def _judge(self, table: PatchTable) -> Float[np.ndarray, "2"]:
        sums = np.zeros(2)
        for patches, _ in upright(table, "tuning", device=self.device):
            mean, log_variance = self.parts.encode(patches)
            error = mse_loss(self.parts.decoder(mean), patches, reduction="none").mean((1, 2, 3))
            spread = divergence(mean, log_variance)
            sums += [float(error.double().sum()), float(spread.double().sum())]
        return sums / len(table.indices("tuning"))

    @torch.inference_mode()
    def reconstruct(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B 3 S S"]:
        """Redraw patches in [−1, 1] from their mean embeddings."""
        self.network.eval()
        redrawn: Tensor = self.parts.decoder(self.encoder(patches))
        return redrawn


def divergence(
    mean: Float[Tensor, "B C"], log_variance: Float[Tensor, "B C"]
) -> Float[Tensor, " B"]:
    """Kullback-Leibler divergence of N(µ, σ²) from N(0, 1), summed over channels, in nats."""
    return (mean**2 + log_variance.exp() - 1 - log_variance).sum(1) / 2
