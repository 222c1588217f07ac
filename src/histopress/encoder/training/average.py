"""A running average of the weights, which is what is judged and kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """Exponential moving average of all floating values of a network (Polyak and Juditsky, 1992).

    On few patches the weights of one step, and even more the running statistics of its
    normalisation, stray; their average does not. The first steps weigh more than ``decay`` says
    (it is held below (1 + n)/(10 + n) after n steps), so that the drawn weights are forgotten.

    Parameters
    ----------
    network : Module
        What is trained.
    decay : float
        Weight of the past, 0 to 1; 0 averages nothing.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = network
        self.decay = decay
        self.steps = 0
        self.values = {name: value.clone() for name, value in _floats(network).items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        if not self.decay:
            return
        self.steps += 1
        share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        for name, value in _floats(self.network).items():
            self.values[name].lerp_(value, share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the average in the place of the weights, for as long as the context lasts."""
        if not self.decay or not self.steps:
            yield
            return
        own = {name: value.clone() for name, value in _floats(self.network).items()}
        self._fill(self.values)
        try:
            yield
        finally:
            self._fill(own)

    def state(self) -> dict[str, object]:
        """Give what a checkpoint keeps."""
        return {"steps": self.steps, "values": dict(self.values) if self.decay else {}}

    def restore(self, state: Mapping[str, object]) -> None:
        """Go on from a checkpoint."""
        self.steps = int(state["steps"])  # type: ignore[call-overload]
        stored: Mapping[str, Tensor] = state["values"]  # type: ignore[assignment]
        for name, value in stored.items():
            self.values[name].copy_(value)

    @torch.no_grad()
    def _fill(self, values: Mapping[str, Tensor]) -> None:
        for name, value in _floats(self.network).items():
            value.copy_(values[name])


def _floats(network: nn.Module) -> dict[str, Tensor]:
    """Weights and running statistics, as they stand in the network."""
    state = network.state_dict(keep_vars=False)
    return {name: value for name, value in state.items() if value.is_floating_point()}
