"""Embeddings of labelled patches by a frozen network."""

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import nn

from histopress.encoder.card import EncoderCard
from histopress.encoder.encode import BATCH
from histopress.encoder.network import scale_patches
from histopress.errors import EncoderError
from histopress.patches.table import PatchTable
from histopress.types import Progress


def check_input(card: EncoderCard, table: PatchTable, *, encoder: str, task: str) -> None:
    """Refuse patches of another size than the encoder sees.

    Spacing is not compared: a task may state on purpose that its patches are reduced by a fixed
    factor, whatever their spacing.

    Raises
    ------
    EncoderError
        The sizes differ.
    """
    if card.input_px not in (0, table.input_px):
        raise EncoderError(
            f"encoder '{encoder}': sees {card.input_px} px; the patches of task '{task}' are of "
            f"{table.input_px} px; make them for this encoder's input"
        )


def embed_patches(
    network: nn.Module,
    table: PatchTable,
    indices: Int64[np.ndarray, "N"],
    *,
    progress: Progress | None = None,
) -> Float32[np.ndarray, "N C"]:
    """Embed the central parts of patches, in the order of ``indices``.

    Patches go through in batches of 32, the last one padded, as tiles of slides do; so a patch's
    embedding is the same bits whichever patches stand beside it.

    Parameters
    ----------
    network : Module
        In inference mode; takes float32 (B, 3, S, S) in [−1, 1].
    table : PatchTable
        Only ``table.cropped`` is read.
    indices : int64 ndarray (N,)
        At least one.
    progress : callable, optional
        Called with patches done and in all.

    Returns
    -------
    float32 ndarray (N, C)

    Raises
    ------
    EncoderError
        There is no patch, or an embedding is not finite.
    """
    if not len(indices):
        raise EncoderError("there is no patch to embed; the table's parts are empty")
    side = table.input_px
    found = []
    for start in range(0, len(indices), BATCH):
        chosen = indices[start : start + BATCH]
        tiles = np.zeros((BATCH, side, side, 3), np.uint8)
        tiles[: len(chosen)] = table.cropped(chosen)
        with torch.inference_mode():
            patches = scale_patches(torch.from_numpy(tiles), pool=1, input_px=side)
            found.append(network(patches).float().numpy()[: len(chosen)])
        if progress:
            progress(start + len(chosen), len(indices))
    embeddings = np.concatenate(found)
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.all():
        raise EncoderError(
            f"{int((~finite).sum())} of {len(indices)} embeddings are not finite, the first of "
            f"patch {int(indices[np.argmin(finite)])}; the encoder's weights are damaged"
        )
    return embeddings
