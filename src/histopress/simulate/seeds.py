"""Random generators by name: what a thing draws never depends on its position in a list."""

import hashlib

import numpy as np


def generator(seed: int, purpose: str, *names: str | int) -> np.random.Generator:
    """Make the generator of one use of the seed.

    The first 8 bytes of ``sha256("{seed}/{purpose}/{names}")`` seed it, so that a slide draws
    the same numbers whichever slides stand beside it.

    Parameters
    ----------
    seed : int
        The run's seed.
    purpose : str
        What is drawn, such as ``"phantom"``.
    *names : str or int
        Whom it is drawn for, such as a slide id and a part.

    Examples
    --------
    >>> a, b = generator(1, "phantom", "x"), generator(1, "phantom", "x")
    >>> bool(a.random() == b.random() != generator(2, "phantom", "x").random())
    True
    """
    text = "/".join(str(part) for part in (seed, purpose, *names))
    return np.random.default_rng(
        int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")
    )
