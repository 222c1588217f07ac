"""Which patches a classifier is fitted on."""

import numpy as np
from jaxtyping import Int64

from histopress.errors import ConfigError
from histopress.patches.table import Part, PatchTable
from histopress.seeds import generator

FITTING: tuple[Part, ...] = ("training", "tuning")


def fitting_patches(
    table: PatchTable, *, n_train: int | None, seed: int, task: str
) -> dict[Part, Int64[np.ndarray, "M"]]:
    """Choose patches of the training and the tuning part.

    With ``n_train``, classes get equal shares as far as their patches go, and each class keeps
    its proportion of tuning patches. Patches are taken from the front of one shuffled list a
    class and part, so a smaller choice is part of a larger one.

    Parameters
    ----------
    table : PatchTable
    n_train : int or None
        Most patches of both parts together; None takes all.
    seed : int
    task : str
        For messages.

    Returns
    -------
    dict
        Indices of ``training`` and ``tuning``, ascending.

    Raises
    ------
    ConfigError
        A class has no patch in one of the parts.
    """
    pools = {
        part: [_shuffled(table, part, label, seed) for label in range(table.n_classes)]
        for part in FITTING
    }
    for part, pool in pools.items():
        absent = [name for name, held in zip(table.classes, pool, strict=True) if not len(held)]
        if absent:
            raise ConfigError(
                f"task '{task}': no {part} patch of {', '.join(absent)}; a probe needs every class "
                "in 'training' and 'tuning'; give more patches or leave the class out"
            )
    sizes = [[len(held) for held in pools[part]] for part in FITTING]
    counts = sizes if n_train is None else _quotas(np.array(sizes), n_train)
    return {
        part: np.sort(
            np.concatenate([held[:count] for held, count in zip(pools[part], row, strict=True)])
        )
        for part, row in zip(FITTING, counts, strict=True)
    }


def _shuffled(table: PatchTable, part: Part, label: int, seed: int) -> Int64[np.ndarray, "M"]:
    inside = table.indices(part)
    held = inside[table.labels[inside] == label]
    return generator(seed, "probe-patches", part, label).permutation(held)


def _quotas(sizes: Int64[np.ndarray, "2 K"], n_train: int) -> list[list[int]]:
    """Patches of each part and class, at least one of each."""
    limits = sizes.sum(0)
    shares = np.zeros_like(limits)
    left = n_train
    # Scarce classes first: what they cannot give goes to the others.
    for place, label in enumerate(np.argsort(limits, kind="stable")):
        shares[label] = min(int(limits[label]), left // (len(limits) - place))
        left -= int(shares[label])
    tuning = np.clip(np.rint(shares * sizes[1] / limits).astype(int), 1, sizes[1])
    training = np.clip(shares - tuning, 1, sizes[0])
    return [training.tolist(), tuning.tolist()]
