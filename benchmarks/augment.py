"""Whether augmentation keeps up with training: patches a second of either, on this machine.

Augmentation and training steps take turns, so that whatever else the machine does slows both.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from histopress.encoder.network import ConvolutionalEncoder
from histopress.encoder.training.device import keep_memory
from histopress.patches.augment import augment_patches
from histopress.patches.settings import AugmentSettings
from histopress.seeds import derive_seed

SIDE = 64
CLASSES = 128


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--batch", type=int, default=128, metavar="N", help="patches")
    parser.add_argument("--margin", type=int, default=0, metavar="PX", help="on each side")
    parser.add_argument("--rounds", type=int, default=9, metavar="N")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_memory()
    source = torch.Generator().manual_seed(derive_seed(1, "benchmark", "augment"))
    shape = (options.batch, SIDE + 2 * options.margin, SIDE + 2 * options.margin, 3)
    patches = torch.randint(0, 256, shape, dtype=torch.uint8, generator=source)
    settings = AugmentSettings()
    step = training_step(options.batch, source)
    works: dict[str, Callable[[], object]] = {
        "augmentation, all transforms": lambda: augment_patches(
            patches, settings, side=SIDE, source=source
        ),
        "training step": step,
    }
    times = take_turns(works, options.rounds)
    print(f"batch of {options.batch}, {SIDE} px, margin {options.margin} px, ", end="")
    print(f"{options.threads} threads, median of {options.rounds} rounds (fastest)")
    for name, seconds in times.items():
        middle, least = (
            value / options.batch for value in (statistics.median(seconds), min(seconds))
        )
        rate, cost, best = 1 / middle, 1000 * middle, 1000 * least
        print(f"  {name:30} {rate:8,.0f} patches/s  {cost:.3f} ms a patch ({best:.3f})")
    shares = [first / second for first, second in zip(*times.values(), strict=True)]
    print(f"  augmentation takes {statistics.median(shares):.0%} of a training step's time")


def training_step(batch: int, source: torch.Generator) -> Callable[[], object]:
    """Make one step of the published encoder: forward, cross-entropy, backward, Adam."""
    network = ConvolutionalEncoder(channels=CLASSES, input_px=SIDE)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters())
    images = torch.rand((batch, 3, SIDE, SIDE), generator=source).mul_(2).sub_(1)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, CLASSES, (batch,), generator=source)

    def step() -> Tensor:
        optimiser.zero_grad()
        loss = functional.cross_entropy(network(images), labels)
        loss.backward()
        optimiser.step()
        return loss

    return step


def take_turns(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Time each work once a round, after one round that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for counted in [False] + [True] * rounds:
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if counted:
                times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    main()
