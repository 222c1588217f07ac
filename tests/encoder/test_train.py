import numpy as np
import pytest
import torch

from histopress.encoder.settings import SupervisedSettings
from histopress.encoder.train import augment, train_supervised
from histopress.patches.table import PatchTable

SETTINGS = SupervisedSettings(
    kind="supervised",
    grid="g",
    patches="p",
    channels=4,
    filters=8,
    pool=1,
    epochs=20,
    batch=16,
    learning_rate=3e-3,
)


@pytest.fixture(scope="module")
def table():
    """Two textures that have the same mean colour."""
    rng = np.random.default_rng(0)
    images = np.full((160, 32, 32, 3), 128, np.uint8)
    labels = np.arange(160) % 2
    stripes = np.where(np.arange(32) % 4 < 2, 90, 166).astype(np.uint8)
    images[labels == 1] = stripes[:, None, None]
    images = np.clip(images + rng.normal(0, 8, images.shape), 0, 255).astype(np.uint8)
    return PatchTable(
        images=images,
        labels=labels.astype(np.int64),
        classes=("plain", "striped"),
        patient_ids=tuple(f"p{i // 20}" for i in range(160)),
        spacing_um=1.0,
    )


def test_learns_what_mean_colour_cannot_tell(table):
    trained = train_supervised(table, SETTINGS, seed=1)
    assert trained.accuracy > 0.95
    assert trained.validation_patients == 2


def test_equal_seeds_give_equal_weights(table):
    first, second, other = (train_supervised(table, SETTINGS, seed=s) for s in (1, 1, 2))
    for name, value in first.weights.items():
        assert torch.equal(value, second.weights[name])
    assert any(not torch.equal(v, other.weights[n]) for n, v in first.weights.items())


def test_training_leaves_the_global_generator_to_its_caller(table):
    torch.random.fork_rng()
    before = torch.random.get_rng_state()
    augment(torch.zeros(4, 3, 8, 8), torch.Generator().manual_seed(0))
    assert torch.equal(before, torch.random.get_rng_state())


def test_augmented_patches_stay_in_range_and_differ():
    patches = torch.rand(16, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = augment(patches, torch.Generator().manual_seed(0))
    assert found.min() >= -1.0 - 1e-6 and found.max() <= 1.0 + 1e-6
    assert not torch.equal(found, patches)
