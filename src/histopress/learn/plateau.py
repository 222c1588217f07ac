"""Course of the learning rate, and when training stops."""

from dataclasses import dataclass, field

from histopress.learn.settings import NetworkSettings

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

    settings: NetworkSettings
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
