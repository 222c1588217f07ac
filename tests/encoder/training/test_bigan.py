import math

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from histopress.encoder.settings import BiganSettings, ScheduleSettings
from histopress.encoder.training.batches import upright
from histopress.encoder.training.bigan import Bigan
from histopress.encoder.training.loop import fit

CPU = torch.device("cpu")


def build(tables, *, seed=1, **schedule):
    settings = BiganSettings(
        kind="bigan",
        grid="g",
        tasks=tuple(tables),
        channels=8,
        filters=8,
        schedule=ScheduleSettings(
            **{
                "batch": 16,
                "epochs": 3,
                "steps": 2,
                "learning_rate": 2e-4,
                "min_learning_rate": 2e-4,
                "keep": "last",
                **schedule,
            }
        ),
    )
    return Bigan(tables, settings, seed=seed, device=CPU)


def embeddings(objective, part):
    objective.network.eval()
    with torch.inference_mode():
        found = [
            (objective.encoder(patches).numpy(), labels)
            for patches, labels in upright(objective.tables["a"], part, device=CPU)
        ]
    return tuple(np.concatenate(each) for each in zip(*found, strict=True))


def test_trains_to_finite_losses_and_embeddings_that_tell_textures(textures):
    scores = []
    for seed in (1, 2, 3, 4):
        objective = build(
            {"a": textures(px=64)}, seed=seed, steps=10, learning_rate=1e-3, min_learning_rate=1e-3
        )
        outcome = fit(objective, objective.settings.schedule, seed=seed)
        assert all(math.isfinite(value) for row in outcome.history for value in row.values())
        assert {"loss discriminator", "loss encoder and generator"} <= set(outcome.history[0])
        assert {"accuracy true", "accuracy drawn"} <= set(outcome.history[0])
        assert outcome.epoch == 3
        found, labels = embeddings(objective, "training")
        assert found.std(0).min() > 0.01
        probe = LogisticRegression(max_iter=1000).fit(found, labels)
        scores.append(probe.score(*embeddings(objective, "tuning")))
    # An encoder that has collapsed tells half of the 24 patches. How many one training tells hangs
    # on the processor's rounding: 18 to 23 were seen.
    assert sum(scores) / len(scores) > 0.75


def test_resumes_exactly(textures, assert_resumes):
    tables = {"a": textures(px=64), "b": textures(48, px=64)}
    assert_resumes(lambda: build(tables), build(tables).settings.schedule)


def changed(objective, before):
    after = objective.network.state_dict()
    return {
        name.split(".")[0]
        for name, value in before.items()
        if name.endswith("weight") and not torch.equal(value, after[name])
    }


def test_each_optimiser_changes_its_own_networks(textures):
    for rates, expected in (
        ((0.0, 1e-3), {"discriminator"}),
        ((1e-3, 0.0), {"encoder", "generator"}),
    ):
        objective = build({"a": textures(px=64)})
        for optimiser, rate in zip(objective.optimisers, rates, strict=True):
            optimiser.param_groups[0]["lr"] = rate
        before = {name: value.clone() for name, value in objective.network.state_dict().items()}
        objective.begin(1)
        objective.network.train()
        objective.step()
        assert changed(objective, before) == expected


def test_the_discriminator_learns_the_sides_against_still_networks(textures):
    objective = build({"a": textures(px=64)})
    drawing, judging = objective.optimisers
    drawing.param_groups[0]["lr"] = 0.0
    judging.param_groups[0]["lr"] = 1e-3
    objective.begin(1)
    objective.network.train()
    steps = [objective.step() for _ in range(30)]
    assert steps[-1]["loss discriminator"] < 0.5 * steps[0]["loss discriminator"]
    for side in ("accuracy true", "accuracy drawn"):
        assert np.mean([step[side] for step in steps[-5:]]) > 0.85
    # Labels exchanged: who is found out loses.
    assert steps[-1]["loss encoder and generator"] > 1.5


def test_accuracies_name_their_sides(textures):
    objective = build({"a": textures(px=64)})
    logit = objective.parts.discriminator.judge[-1]
    torch.nn.init.zeros_(logit.weight)
    torch.nn.init.constant_(logit.bias, 5.0)
    objective.begin(1)
    objective.network.train()
    found = objective.step()
    assert (found["accuracy true"], found["accuracy drawn"]) == (1.0, 0.0)


def test_reconstructions_are_patches(textures):
    objective = build({"a": textures(px=64)})
    patches, _ = next(iter(upright(objective.tables["a"], "tuning", device=CPU)))
    redrawn = objective.reconstruct(patches)
    assert redrawn.shape == patches.shape
    assert redrawn.abs().max() <= 1
    error = float(((redrawn - patches) ** 2).mean())
    assert abs(objective.validate()["score"] + error) < 1e-6
