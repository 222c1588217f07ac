"""Whether a network is an encoder: patches in, one vector a patch out."""

import torch
from torch import Tensor, nn

from histopress.errors import EncoderError

BATCH = 32
"""What :mod:`histopress.encoder.encode` feeds, always."""

AGREEMENT = 1e-3
"""Largest difference of one embedding between batches, relative to the largest value."""


def count_channels(network: nn.Module, *, input_px: int, source: str) -> int:
    """Run two probe batches through ``network`` and return the length C of its embeddings.

    Parameters
    ----------
    network : Module
        In inference mode; takes float patches (B, 3, S, S) in [−1, 1].
    input_px : int
        Side S of the patches.
    source : str
        The file or name that the network came from, for messages.

    Raises
    ------
    EncoderError
        The network refuses a batch of 32, does not give float (B, C), gives values that are not
        finite, changes its own values, or embeds a patch otherwise beside other neighbours in the
        batch.

    Notes
    -----
    A batch of one is not asked for: encoding always feeds 32, so a program exported for exactly
    32 will do.
    """
    before = [value.clone() for value in _values(network)]
    patches = _patterns(input_px)
    half = BATCH // 2
    first = _embed(network, patches, source)
    others = torch.cat([patches[:half], -patches[half:]]).flip(0)
    second = _embed(network, others, source).flip(0)
    scale = max(float(first.abs().max()), 1e-6)
    apart = float((first - second)[:half].abs().max()) > AGREEMENT * scale
    if apart or not all(map(torch.equal, before, _values(network))):
        raise EncoderError(
            f"{source}: the embedding of a patch depends on the other patches of its batch, on "
            "earlier batches or on chance (batch normalisation or dropout in training mode?); "
            "bring the network in as it stands after .eval()"
        )
    return int(first.shape[1])


def _values(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def _patterns(input_px: int) -> Tensor:
    """Make patches that differ from one another: (32, 3, S, S), the same for ever."""
    line = torch.linspace(-1, 1, input_px)
    plane = torch.stack([line.expand(input_px, -1), line[:, None].expand(-1, input_px)])
    waves = torch.arange(1, BATCH + 1).view(BATCH, 1, 1)
    colours = [torch.sin(waves * plane[0]), torch.cos(waves * plane[1])]
    return torch.stack([*colours, colours[0] * colours[1]], dim=1).contiguous()


def _embed(network: nn.Module, patches: Tensor, source: str) -> Tensor:
    try:
        with torch.inference_mode():
            found = network(patches)
    except EncoderError:
        raise
    except Exception as error:  # whatever a foreign program throws
        side = patches.shape[-1]
        raise EncoderError(
            f"{source}: refuses a batch of {BATCH} patches of {side}×{side} px "
            f"({_first_line(error)}); set `input_px` to the side that it was made for, and make "
            f"it for any batch or one of {BATCH}, such as with torch.export.export(network, "
            f"(torch.zeros({BATCH}, 3, {side}, {side}),), "
            'dynamic_shapes=({0: torch.export.Dim("batch")},))'
        ) from error
    if not isinstance(found, Tensor):
        raise EncoderError(f"{source}: gives a {type(found).__name__}; an encoder gives a tensor")
    if found.ndim != 2 or len(found) != BATCH or not found.is_floating_point():
        raise EncoderError(
            f"{source}: gives {str(found.dtype).removeprefix('torch.')} of shape "
            f"{tuple(found.shape)} for {BATCH} patches; an encoder gives float of shape "
            f"({BATCH}, C): pool its maps, leave out its classifier"
        )
    if not bool(torch.isfinite(found).all()):
        raise EncoderError(f"{source}: gives values that are not finite for plain patches")
    return found.float()


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[-1] if lines else type(error).__name__
    return text if len(text) <= 200 else text[:197] + "…"
