"""From an encoder's settings to its training."""

from collections.abc import Mapping

import torch

from histopress.encoder.settings import (
    BiganSettings,
    ContrastiveSettings,
    MultitaskSettings,
    SupervisedSettings,
    TrainedSettings,
    VaeSettings,
)
from histopress.encoder.training.bigan import Bigan
from histopress.encoder.training.contrastive import Contrastive
from histopress.encoder.training.multitask import Multitask
from histopress.encoder.training.objective import Objective
from histopress.encoder.training.supervised import Supervised
from histopress.encoder.training.vae import Vae
from histopress.errors import EncoderError
from histopress.patches.table import PatchTable


def build_objective(
    tables: Mapping[str, PatchTable],
    settings: TrainedSettings,
    *,
    seed: int,
    device: torch.device,
) -> Objective:
    """Build what trains the encoder that ``settings`` describe.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        Patches by task. Those that ``settings.tasks`` name are used, in its order.
    settings : settings of a trained encoder
        Their ``kind`` decides.
    seed : int
        First weights derive from it.
    device : torch.device
        Where it runs.

    Raises
    ------
    EncoderError
        A task's patches are missing, or the kind cannot learn from them.
    """
    missing = [name for name in settings.tasks if name not in tables]
    if missing:
        raise EncoderError(
            f"an encoder of kind '{settings.kind}' learns from the tasks {list(settings.tasks)}; "
            f"there are no patches of {missing}, only of {sorted(tables)}"
        )
    chosen = {name: tables[name] for name in settings.tasks}
    # Layers draw first weights from the global generator, which is not ours; ours follow.
    with torch.random.fork_rng(devices=[]):
        return _build(chosen, settings, seed=seed, device=device)


def _build(
    tables: Mapping[str, PatchTable],
    settings: TrainedSettings,
    *,
    seed: int,
    device: torch.device,
) -> Objective:
    match settings:
        case MultitaskSettings():
            return Multitask(tables, settings, seed=seed, device=device)
        case SupervisedSettings():
            return Supervised(tables, settings, seed=seed, device=device)
        case VaeSettings():
            return Vae(tables, settings, seed=seed, device=device)
        case ContrastiveSettings():
            return Contrastive(tables, settings, seed=seed, device=device)
        case BiganSettings():
            return Bigan(tables, settings, seed=seed, device=device)
