"""Siamese encoder that tells one place from two (Tellez et al., NIC, 2021)."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.optim import Adam, Optimizer

from histopress.encoder.layers import SLOPE, initialise
from histopress.encoder.settings import ContrastiveSettings
from histopress.encoder.tower import HIDDEN, WIDTHS, Tower
from histopress.encoder.training.batches import CHUNK, TaskBatches
from histopress.encoder.training.device import autocast, place
from histopress.encoder.training.pairs import Pairs, Places
from histopress.encoder.training.pool import PooledBatches
from histopress.patches.table import PatchTable
from histopress.seeds import derive_seed, generator

JUDGE = 256
"""Units of the dense layer on two embeddings."""

TUNING_PAIRS = 2048
"""Most pairs of a task that are scored."""


class SiameseNetwork(nn.Module):
    """One tower for both patches; concatenation → dense 256 → LeakyReLU → one logit.

    Parameters
    ----------
    channels : int
        Length C of an embedding.
    input_px : int
        Side S of the patch.
    widths : tuple of int
        Filters of the tower.
    hidden : int
        Units of the tower's dense layer.
    """

    def __init__(
        self, *, channels: int, input_px: int, widths: tuple[int, ...], hidden: int
    ) -> None:
        super().__init__()
        self.encoder = Tower(channels=channels, input_px=input_px, widths=widths, hidden=hidden)
        self.judge = nn.Sequential(
            nn.Linear(2 * channels, JUDGE), nn.LeakyReLU(SLOPE), nn.Linear(JUDGE, 1)
        )

    def forward(self, patches: Float[Tensor, "2*B 3 S S"]) -> Float[Tensor, " B"]:
        """Logits that patch i and patch B + i show one place."""
        first, second = self.encoder(patches).chunk(2)
        return self.judge(torch.cat([first, second], 1)).squeeze(1)


class Contrastive:
    """Train an encoder by asking whether two patches are one place.

    Half of the pairs are one place twice, each time varied on its own; of the others ``adjacent``
    lie beside each other and the rest on other slides (see :meth:`Places.pair` for tables that do
    not know neighbours). All patches of a step go through the tower in one batch, so that its
    normalisation tells nothing of the sides. The score is the accuracy on pairs of the tuning
    parts that are drawn and varied once for all, half of them one place: 0.5 is chance.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task; labels are not used.
    settings : ContrastiveSettings
        Network, schedule and augmentation.
    seed : int
        First weights and the scored pairs derive from it.
    device : torch.device
        Where it runs.
    widths, hidden : optional
        Filters of the tower and units of its dense layer; as published if left out.

    Raises
    ------
    EncoderError
        A part of a task holds fewer than two patches.
    """

    def __init__(
        self,
        tables: Mapping[str, PatchTable],
        settings: ContrastiveSettings,
        *,
        seed: int,
        device: torch.device,
        widths: tuple[int, ...] = WIDTHS,
        hidden: int = HIDDEN,
    ) -> None:
        self.tables = dict(tables)
        self.settings = settings
        self.device = device
        self.seed = seed
        network = SiameseNetwork(
            channels=settings.channels, input_px=settings.input_px, widths=widths, hidden=hidden
        )
        initialise(network, torch.Generator().manual_seed(derive_seed(seed, "weights")))
        place(network, device)
        self.network: nn.Module = network
        self.encoder: nn.Module = network.encoder
        self.batches = PooledBatches(tables, device=device, augment=settings.augment)
        self.tuning = PooledBatches(tables, device=device, augment=settings.augment)
        self.places = {name: Places(table, "training") for name, table in tables.items()}
        self.judged = {name: self._tuning_pairs(name) for name in tables}
        self.optimisers: tuple[Optimizer, ...] = (Adam(network.parameters()),)

    def begin(self, seed: int) -> None:
        """Start an epoch."""
        self.rng = generator(seed, "partners")
        self.batches.begin(derive_seed(seed, "batches"))

    def _tuning_pairs(self, name: str) -> Pairs:
        rng = generator(self.seed, "tuning pairs", name)
        places = Places(self.tables[name], "tuning")
        first = rng.permutation(places.indices)[:TUNING_PAIRS]
        return places.pair(first, self.settings.adjacent, rng)

    def draw(self) -> tuple[Float[Tensor, "2*B 3 S S"], Float[Tensor, " B"]]:
        """Draw a batch of pairs: all first patches, all second ones, and 1 for one place."""
        shares = self.batches.shares(self.settings.schedule.batch).tolist()
        firsts, seconds, same = [], [], []
        for (name, batches), share in zip(self.batches.tasks.items(), shares, strict=True):
            if not share:
                continue
            drawn = batches.training[batches.sampler.draw(share, batches.rng)]
            pairs = self.places[name].pair(drawn, self.settings.adjacent, self.rng)
            first, second = varied(batches, pairs)
            firsts.append(first)
            seconds.append(second)
            same.append(torch.from_numpy(pairs.same))
        truth = torch.cat(same).to(self.device, torch.float32)
        return torch.cat([*firsts, *seconds]), truth

    def step(self) -> Mapping[str, float]:
        """Take one step on a batch of pairs."""
        patches, same = self.draw()
        with autocast(self.device, self.settings.schedule):
            logits = self.network(patches)
        loss = binary_cross_entropy_with_logits(logits.float(), same)
        (optimiser,) = self.optimisers
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        right = ((logits > 0) == (same > 0)).float().mean()
        return {"loss": loss.item(), "accuracy": right.item()}

    @torch.inference_mode()
    def validate(self) -> Mapping[str, float]:
        """Score the fixed pairs of the tuning parts: accuracy of each task and their mean."""
        self.network.eval()
        self.tuning.begin(derive_seed(self.seed, "tuning"))
        scores = {f"tuning accuracy {name}": self._accuracy(name) for name in self.tables}
        return {"score": float(np.mean(list(scores.values()))), **scores}

    def _accuracy(self, name: str) -> float:
        pairs, right = self.judged[name], 0
        for start in range(0, len(pairs.same), CHUNK):
            part = slice(start, start + CHUNK)
            chosen = Pairs(
                first=pairs.first[part], second=pairs.second[part], same=pairs.same[part]
            )
            logits = self.network(torch.cat(varied(self.tuning.tasks[name], chosen)))
            right += int(((logits > 0).cpu().numpy() == chosen.same).sum())
        return right / len(pairs.same)


def varied(
    batches: TaskBatches, pairs: Pairs
) -> tuple[Float[Tensor, "B 3 S S"], Float[Tensor, "B 3 S S"]]:
    """Augment both patches of each pair, each on its own; values in [−1, 1]."""
    both = batches.vary(np.concatenate([pairs.first, pairs.second]))
    first, second = both.chunk(2)
    return first, second
