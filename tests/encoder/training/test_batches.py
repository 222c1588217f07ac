import numpy as np
import pytest
import torch

from histopress.encoder.training.batches import TaskBatches, check_tables, upright
from histopress.errors import EncoderError
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import PatchTable

CPU = torch.device("cpu")
NOTHING = AugmentSettings(
    turn=False, mirror=False, shift=False, scale=None, elastic_alpha=None, hue=None,
    saturation=None, stain=None, brightness=None, contrast=None, noise=None, blur=None,
)  # fmt: skip


@pytest.fixture
def table():
    """Patch i is of grey level i in its centre and white in its margin."""
    images = np.full((100, 12, 12, 3), 255, np.uint8)
    images[:, 2:10, 2:10] = np.arange(100)[:, None, None, None]
    return PatchTable(
        images=images,
        labels=(np.arange(100) < 10).astype(np.int64),
        classes=("many", "few"),
        groups=tuple(map(str, range(100))),
        parts=np.asarray([(0, 0, 0, 1, 2)[i % 5] for i in range(100)], np.uint8),
        spacing_um=1.0,
        input_px=8,
    )


def levels(patches):
    return ((patches[:, 0, 4, 4] + 1) * 127.5).round().int().tolist()


def test_batches_hold_training_patches_alone_and_classes_evenly(table):
    batches = TaskBatches(table, NOTHING, device=CPU)
    drawn = [batches.draw(50) for _ in range(4)]
    seen = [level for patches, _ in drawn for level in levels(patches)]
    assert {level % 5 for level in seen} <= {0, 1, 2}
    labels = torch.cat([labels for _, labels in drawn])
    assert [int(label) for label in labels] == [int(level < 10) for level in seen]
    assert 0.35 < labels.float().mean() < 0.65


def test_an_epoch_depends_on_its_seed_alone(table):
    first, second = (TaskBatches(table, AugmentSettings(), device=CPU) for _ in range(2))
    second.begin(5)
    second.draw(30)
    for batches in (first, second):
        batches.begin(7)
    for one, other in zip(first.draw(16), second.draw(16), strict=True):
        assert torch.equal(one, other)
    first.begin(8)
    second.begin(7)
    assert not torch.equal(first.draw(16)[0], second.draw(16)[0])


def test_patches_are_scaled_to_minus_one_to_one_and_cropped(table):
    patches, labels = next(upright(table, "validation", device=CPU))
    assert patches.shape == (20, 3, 8, 8)
    assert levels(patches) == table.indices("validation").tolist()
    assert labels.tolist() == table.labels[table.indices("validation")].tolist()
    drawn, _ = TaskBatches(table, NOTHING, device=CPU).draw(8)
    assert drawn.shape == (8, 3, 8, 8) and drawn.max() < 0


def test_tables_that_do_not_fit_are_refused(table):
    with pytest.raises(EncoderError, match="'e': sees 64 px; the patches of task 't' are of 8 px"):
        check_tables({"t": table}, 64, encoder="e")
    with pytest.raises(EncoderError, match="task 't' has no patches for tuning"):
        check_tables({"t": table.select(table.indices("training"))}, 8, encoder="e")
