from dataclasses import replace

import numpy as np
import torch

from histopress.encoder.settings import ContrastiveSettings, ScheduleSettings
from histopress.encoder.training.contrastive import Contrastive, SiameseNetwork
from histopress.encoder.training.loop import fit
from histopress.patches.settings import AugmentSettings

WIDTHS = (8, 8, 16, 16, 32)
CPU = torch.device("cpu")
MILD = AugmentSettings(
    scale=None, elastic_alpha=None, hue=None, saturation=None, stain=None, contrast=None, blur=None
)


def build(tables, *, seed=1, augment=MILD, adjacent=0.75, **schedule):
    settings = ContrastiveSettings(
        kind="contrastive",
        grid="g",
        tasks=tuple(tables),
        channels=8,
        input_px=32,
        adjacent=adjacent,
        augment=augment,
        schedule=ScheduleSettings(
            **{"batch": 16, "epochs": 3, "steps": 3, "learning_rate": 3e-3, **schedule}
        ),
    )
    return Contrastive(tables, settings, seed=seed, device=CPU, widths=WIDTHS, hidden=32)


def test_published_size():
    # tower 5,833,568 (see test_tower), dense (128 + 128)·256 + 256 = 65,792, logit 256 + 1 = 257
    network = SiameseNetwork(channels=128, input_px=128, widths=(32, 64, 128, 256, 512), hidden=512)
    state = network.state_dict()
    found = sum(value.numel() for name, value in state.items() if "num_batches" not in name)
    assert found == 5_833_568 + 65_792 + 257


def coloured(table):
    """Give each patch a strong colour of its own: something to know a place by."""
    rng = np.random.default_rng(1)
    colours = rng.choice([30, 128, 225], (len(table), 1, 1, 3))
    noise = rng.normal(0, 5, table.images.shape)
    return replace(table, images=np.clip(colours + noise, 0, 255).astype(np.uint8))


def test_learns_to_tell_places_apart(textures):
    still = replace(MILD, brightness=None)
    objective = build({"a": coloured(textures(256))}, augment=still, epochs=8, steps=25, batch=32)
    before = objective.validate()["score"]
    outcome = fit(objective, objective.settings.schedule, seed=1)
    assert objective.validate()["score"] > max(0.75, before)
    assert outcome.history[-1]["accuracy"] > 0.75


def test_resumes_exactly(textures, assert_resumes):
    tables = {"a": textures(), "b": textures(48)}
    assert_resumes(lambda: build(tables), build(tables).settings.schedule)


def test_both_patches_of_one_place_are_varied_apart(textures):
    objective = build({"a": textures()})
    objective.begin(1)
    patches, same = objective.draw()
    first, second = patches.chunk(2)
    assert same.sum() == 8
    assert all(
        not torch.equal(one, other) for one, other in zip(first[:8], second[:8], strict=True)
    )


def test_pairs_of_several_tasks_stay_paired(textures):
    bright, dark = textures(), textures()
    bright.images[...] = 255
    dark.images[...] = 0
    none = replace(MILD, noise=None, brightness=None)
    objective = build({"bright": bright, "dark": dark}, augment=none)
    objective.begin(1)
    first, second = objective.draw()[0].chunk(2)
    torch.testing.assert_close(first, second)
    assert {value.item() for value in first[:, 0, 0, 0].round()} == {-1.0, 1.0}


def test_scored_pairs_are_the_same_after_any_training(textures):
    objective = build({"a": textures()})
    first = objective.validate()
    objective.begin(1)
    weights = {name: value.clone() for name, value in objective.network.state_dict().items()}
    objective.network.train()
    objective.step()
    objective.network.load_state_dict(weights)
    assert objective.validate() == first
    pairs = objective.judged["a"]
    assert pairs.same.mean() == 0.5
    assert sorted(pairs.first) == sorted(objective.tables["a"].indices("tuning"))
