"""Bidirectional generative adversarial network (Donahue et al., ICLR 2017; Tellez et al., NIC)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss
from torch.optim import Adam, Optimizer

from histopress.encoder.adversarial import Discriminator, Generator
from histopress.encoder.layers import initialise
from histopress.encoder.network import ConvolutionalEncoder
from histopress.encoder.settings import BiganSettings
from histopress.encoder.training.batches import upright
from histopress.encoder.training.device import autocast, place
from histopress.encoder.training.pool import PooledBatches
from histopress.patches.table import PatchTable
from histopress.seeds import derive_seed

BETAS = (0.5, 0.999)
"""Adam's decay rates: those of Donahue et al.; NIC gives the step size alone."""


class BiganNetwork(nn.Module):
    """Encoder, generator and discriminator.

    Parameters
    ----------
    settings : BiganSettings
        Their sizes.
    source : Generator
        Draws the discriminator's dropout.
    """

    def __init__(self, settings: BiganSettings, source: torch.Generator) -> None:
        super().__init__()
        channels, filters, side = settings.channels, settings.filters, settings.input_px
        self.encoder = ConvolutionalEncoder(channels=channels, filters=filters, input_px=side)
        self.generator = Generator(channels=channels, filters=filters, output_px=side)
        self.discriminator = Discriminator(
            channels=channels, source=source, filters=filters, input_px=side
        )

    def drawing(self) -> list[nn.Parameter]:
        """Weights of encoder and generator, which are trained together."""
        return [*self.encoder.parameters(), *self.generator.parameters()]


class Bigan:
    """Train an encoder as the inverse of a generator.

    A discriminator tells pairs (x, E(x)) of a patch from pairs (G(z), z) of noise; encoder and
    generator learn to mislead it, and do so wholly only where E inverts G. A step updates the
    discriminator, then E and G against it with both labels exchanged (the non-saturating form).
    Both sides stand in one batch of the discriminator: normalised apart, the two would be made
    equal in mean and spread of each map, which is what it should see.

    Patches of all tasks are pooled, drawn evenly over tasks, turned and mirrored. No score tells
    when such a training is best: the last encoder is used, as published. The score here, the
    negative squared error of G(E(x)) on the tuning parts, is for the record.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task; labels are not used.
    settings : BiganSettings
        Networks and schedule.
    seed : int
        First weights derive from it.
    device : torch.device
        Where it runs.
    """

    def __init__(
        self,
        tables: Mapping[str, PatchTable],
        settings: BiganSettings,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        self.tables = dict(tables)
        self.settings = settings
        self.device = device
        self.source = torch.Generator()
        network = BiganNetwork(settings, self.source)
        initialise(network, torch.Generator().manual_seed(derive_seed(seed, "weights")))
        place(network, device)
        self.parts = network
        self.network: nn.Module = network
        self.encoder: nn.Module = network.encoder
        self.batches = PooledBatches(tables, device=device)
        self.optimisers: tuple[Optimizer, ...] = (
            Adam(network.drawing(), betas=BETAS),
            Adam(network.discriminator.parameters(), betas=BETAS),
        )

    def begin(self, seed: int) -> None:
        """Start an epoch."""
        self.source.manual_seed(derive_seed(seed, "noise"))
        self.batches.begin(derive_seed(seed, "batches"))

    def step(self) -> Mapping[str, float]:
        """Update the discriminator, then encoder and generator, on one batch."""
        patches, codes, sides = self._pairs()
        drawing, judging = self.optimisers
        logits = self._judge(patches.detach(), codes.detach())
        judged = binary_cross_entropy_with_logits(logits, sides)
        judging.zero_grad()
        judged.backward()
        judging.step()

        with frozen(self.parts.discriminator):
            misled = binary_cross_entropy_with_logits(self._judge(patches, codes), 1 - sides)
        drawing.zero_grad()
        misled.backward()
        drawing.step()
        true, drawn = ((logits > 0) == (sides > 0)).float().chunk(2)
        return {
            "loss discriminator": judged.item(),
            "loss encoder and generator": misled.item(),
            "accuracy true": true.mean().item(),
            "accuracy drawn": drawn.mean().item(),
        }

    def _pairs(
        self,
    ) -> tuple[Float[Tensor, "2*B 3 S S"], Float[Tensor, "2*B C"], Float[Tensor, " 2*B"]]:
        """Patches with their embeddings, then drawn patches with their noise; and the sides."""
        true = self.batches.draw(self.settings.schedule.batch)
        noise = torch.randn(len(true), self.settings.channels, generator=self.source)
        noise = noise.to(self.device)
        with autocast(self.device, self.settings.schedule):
            embeddings, drawn = self.parts.encoder(true), self.parts.generator(noise)
        sides = torch.ones(2 * len(true), device=self.device)
        sides[len(true) :] = 0
        return torch.cat([true, drawn.to(true)]), torch.cat([embeddings.to(noise), noise]), sides

    def _judge(
        self, patches: Float[Tensor, "B 3 S S"], codes: Float[Tensor, "B C"]
    ) -> Float[Tensor, " B"]:
        with autocast(self.device, self.settings.schedule):
            logits: Tensor = self.parts.discriminator(patches, codes)
        return logits.float()

    def validate(self) -> Mapping[str, float]:
        """Squared error of G(E(x)): the mean over each task's tuning patches, then over tasks."""
        errors = []
        for table in self.tables.values():
            total = 0.0
            for patches, _ in upright(table, "tuning", device=self.device):
                redrawn = self.reconstruct(patches)
                total += mse_loss(redrawn, patches).item() * len(patches)
            errors.append(total / len(table.indices("tuning")))
        error = float(np.mean(errors))
        return {"score": -error, "tuning squared error": error}

    @torch.inference_mode()
    def reconstruct(self, patches: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B 3 S S"]:
        """Redraw patches in [−1, 1] from their embeddings."""
        self.network.eval()
        redrawn: Tensor = self.parts.generator(self.encoder(patches))
        return redrawn


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network and leave none in it."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)
