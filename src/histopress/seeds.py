"""Random generators, one a purpose; the global ones are never touched."""

import hashlib

import numpy as np


def derive_seed(seed: int, *names: object) -> int:
    """Derive the seed of one use from the study's seed.

    The first eight bytes of sha256 over ``seed/name/name…``, cut to 63 bits, which every
    generator takes. Uses with other names are independent; adding one changes no other.

    Examples
    --------
    >>> derive_seed(1, "crops", "slide-1") == derive_seed(1, "crops", "slide-1")
    True
    >>> derive_seed(1, "crops", "slide-1") == derive_seed(1, "crops", "slide-2")
    False
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: object) -> np.random.Generator:
    """Make numpy's generator for one use; see :func:`derive_seed`."""
    return np.random.default_rng(derive_seed(seed, *names))
