"""Small patch tables whose classes can be told by a planted colour."""

import numpy as np
import pytest

from histopress.patches.table import PatchTable


def make_table(n=240, *, classes=2, signal=12.0, per_group=1, side=16, seed=0, shares=None):
    """Grey noise patches; class k is brighter by k · signal. Parts cycle 3 : 1 : 2."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, size=n, p=shares)
    noise = rng.normal(120, 25, (n, 1, 1, 3)) + rng.normal(0, 20, (n, side, side, 3))
    images = (noise + signal * labels[:, None, None, None]).clip(0, 255).astype(np.uint8)
    parts = np.array([0, 0, 0, 1, 2, 2], np.uint8)[np.arange(n) // per_group % 6]
    return PatchTable(
        images=images,
        labels=labels.astype(np.int64),
        classes=tuple(f"c{code}" for code in range(classes)),
        groups=tuple(f"g{index // per_group}" for index in range(n)),
        parts=parts,
        spacing_um=1.0,
    )


@pytest.fixture
def table():
    return make_table()
