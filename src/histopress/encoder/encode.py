"""Embedding the tiles of one slide.

Threads share nothing: each has its own reader and its own network on one thread, and takes whole
batches. A tile's batch follows from its index and the last batch is padded, so the bytes of the
result depend neither on threads nor on how many tiles a slide has.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import local
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float32, Int64, UInt8
from torch import nn

from histopress.encoder.fitting import Fitting
from histopress.encoder.network import scale_patches
from histopress.slide.views import orient
from histopress.types import Progress

BATCH = 32
"""Tiles a batch: activations stay in cache, and equal bytes need one size for ever."""

AHEAD = 4
"""Batches in flight a thread; bounds the memory whatever the slide's size."""


class Reader(Protocol):
    """What reads one tile: :class:`histopress.slide.reader.TileReader`."""

    def read(self, position: Int64[np.ndarray, "2"]) -> UInt8[np.ndarray, "T T 3"]:
        """Read the tile whose top-left stands at ``position`` (x, y) in level-0 pixels."""
        ...


@dataclass(frozen=True, kw_only=True)
class EncodeTask:
    """What is to be embedded, and by what.

    Attributes
    ----------
    coords : int64 ndarray (N, 2)
        Top-left of each tile in level-0 pixels.
    open_reader : callable
        Opens a reader; called once a thread.
    build_network : callable
        Builds the network; called once a thread.
    fitting : Fitting
        How tiles are brought to the network.
    views : tuple of int
        Dihedral views; each patch is turned before it is encoded.
    """

    coords: Int64[np.ndarray, "N 2"]
    open_reader: Callable[[], AbstractContextManager[Reader]]
    build_network: Callable[[], nn.Module]
    fitting: Fitting
    views: tuple[int, ...] = (0,)


def embed_batch(
    network: nn.Module, tiles: UInt8[np.ndarray, "B T T 3"], fitting: Fitting, views: Sequence[int]
) -> Float32[np.ndarray, "V B C"]:
    """Embed one batch in each view."""
    embedded = []
    with torch.inference_mode():
        for view in views:
            turned = np.ascontiguousarray(orient(tiles, view, axes=(1, 2)))
            patches = scale_patches(
                torch.from_numpy(turned), pool=fitting.pool, input_px=fitting.input_px
            )
            embedded.append(network(patches).numpy())
    return np.stack(embedded)


def encode_tiles(
    task: EncodeTask, *, threads: int = 1, progress: Progress | None = None
) -> Iterator[tuple[int, Float32[np.ndarray, "V B C"]]]:
    """Embed tiles batch by batch, in order.

    Parameters
    ----------
    task : EncodeTask
        Tiles, reader and network.
    threads : int
        Worker threads; no effect on the result.
    progress : callable, optional
        Called with tiles done and in all.

    Yields
    ------
    start : int
        Index of the batch's first tile.
    embeddings : float32 ndarray (V, B, C)
        At most :data:`BATCH` tiles.

    Notes
    -----
    At most ``threads * AHEAD`` batches are in memory.
    """
    total = len(task.coords)
    starts = range(0, total, BATCH)
    worker = _Worker(task)
    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            waiting: list[tuple[int, Future[np.ndarray]]] = []
            for start in starts:
                waiting.append((start, pool.submit(worker.embed, start)))
                if len(waiting) >= threads * AHEAD:
                    yield _finish(waiting.pop(0), total, progress)
            while waiting:
                yield _finish(waiting.pop(0), total, progress)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            worker.close()


def _finish(
    item: tuple[int, Future[np.ndarray]], total: int, progress: Progress | None
) -> tuple[int, np.ndarray]:
    start, future = item
    embeddings = future.result()
    if progress:
        progress(start + embeddings.shape[1], total)
    return start, embeddings


class _Worker:
    """Reads and embeds batches; each thread has a reader and a network of its own."""

    def __init__(self, task: EncodeTask) -> None:
        self.task = task
        self.own = local()
        self.opened: list[AbstractContextManager[Reader]] = []

    def _tools(self) -> tuple[Reader, nn.Module]:
        if not hasattr(self.own, "tools"):
            context = self.task.open_reader()
            reader = context.__enter__()
            self.opened.append(context)
            self.own.tools = reader, self.task.build_network()
        return self.own.tools

    def embed(self, start: int) -> Float32[np.ndarray, "V B C"]:
        reader, network = self._tools()
        coords = self.task.coords[start : start + BATCH]
        first = reader.read(coords[0])
        tiles = np.zeros((BATCH, *first.shape), np.uint8)
        tiles[0] = first
        for index, position in enumerate(coords[1:], start=1):
            tiles[index] = reader.read(position)
        return embed_batch(network, tiles, self.task.fitting, self.task.views)[:, : len(coords)]

    def close(self) -> None:
        for context in self.opened:
            context.__exit__(None, None, None)
