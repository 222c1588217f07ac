"""NIC's supervised encoder: one task, the deeper tower (Tellez et al., NIC, 2021)."""

from torch import nn

from histopress.encoder.tower import Tower
from histopress.encoder.training.multitask import Multitask


class Supervised(Multitask):
    """Train NIC's tower on one patch task: dense 256 → LeakyReLU → dense, cross-entropy.

    Multitask training of one task with another encoder, and without dropout in the head, which
    the publication does not name.

    Parameters
    ----------
    tables : mapping of str to PatchTable
        The one task's patches.
    settings : SupervisedSettings
        Network and schedule.
    seed : int
        First weights derive from it.
    device : torch.device
        Where it runs.

    Raises
    ------
    EncoderError
        The task has fewer than two classes.
    """

    dropout = 0.0

    def _build_encoder(self) -> nn.Module:
        return Tower(channels=self.settings.channels, input_px=self.settings.input_px)
