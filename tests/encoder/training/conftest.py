"""Small patch tables, and what every objective must keep to."""

import numpy as np
import pytest
import torch

from histopress.encoder.training.checkpoint import Checkpoint
from histopress.encoder.training.loop import fit
from histopress.patches.table import PatchTable


class Interruption(Exception):
    """Stands for a job that is killed."""


def two_textures(n=96, px=32, *, per_group=8, facts=None):
    """Plain and striped patches; groups of ``per_group`` alternate over the three parts."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    images = np.full((n, px, px, 3), (200, 150, 180), np.float64)
    stripes = np.where(np.arange(px) % 8 < 4, 60, 230)
    images[labels == 1] = stripes[:, None, None]
    # A shade of each patch's own, so that there is more than the class to keep.
    images += rng.normal(0, 20, (n, 1, 1, 3)) + rng.normal(0, 5, images.shape)
    group = np.arange(n) // per_group
    return PatchTable(
        images=np.clip(images, 0, 255).astype(np.uint8),
        labels=labels.astype(np.int64),
        classes=("plain", "striped"),
        groups=tuple(f"g{each}" for each in group),
        parts=np.array([0, 0, 1, 2], np.uint8)[group % 4],
        spacing_um=1.0,
        facts=facts or {},
    )


@pytest.fixture(scope="session")
def textures():
    return two_textures


@pytest.fixture
def assert_resumes(tmp_path):
    """Train three epochs in one go, and again with a kill after each; compare bit for bit."""

    def check(build, schedule):
        def kill(done, total):
            if done < total:
                raise Interruption

        whole = build()
        expected = fit(whole, schedule, seed=5)
        checkpoint = Checkpoint(tmp_path / "training.pt", "key")
        for _ in range(schedule.epochs - 1):
            with pytest.raises(Interruption):
                fit(build(), schedule, seed=5, checkpoint=checkpoint, progress=kill)
        pieces = build()
        found = fit(pieces, schedule, seed=5, checkpoint=checkpoint, progress=kill)
        assert found.resumed_at == schedule.epochs - 1
        assert found.history == expected.history
        assert found.epoch == expected.epoch
        state = pieces.network.state_dict()
        for name, value in whole.network.state_dict().items():
            assert torch.equal(value, state[name]), name
        other = build()
        fit(other, schedule, seed=6)
        state = other.encoder.state_dict()
        assert any(
            not torch.equal(value, state[name])
            for name, value in whole.encoder.state_dict().items()
        )

    return check
