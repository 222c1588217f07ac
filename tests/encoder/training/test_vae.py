import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from histopress.encoder.settings import ScheduleSettings, VaeSettings
from histopress.encoder.training.batches import upright
from histopress.encoder.training.loop import fit
from histopress.encoder.training.vae import Vae, VaeNetwork, divergence

WIDTHS = (8, 8, 16, 16, 32)
CPU = torch.device("cpu")


def build(tables, *, seed=1, **schedule):
    settings = VaeSettings(
        kind="vae",
        grid="g",
        tasks=tuple(tables),
        channels=8,
        input_px=32,
        schedule=ScheduleSettings(
            **{"batch": 16, "epochs": 3, "steps": 3, "learning_rate": 3e-3, **schedule}
        ),
    )
    return Vae(tables, settings, seed=seed, device=CPU, widths=WIDTHS, hidden=32)


def test_published_size():
    # tower 5,833,568 (see test_tower), linear log σ² 512·128 + 128 = 65,664,
    # decoder 2,630,515 (see test_decoder)
    network = VaeNetwork(channels=128, input_px=128, widths=(32, 64, 128, 256, 512), hidden=512)
    state = network.state_dict()
    found = sum(value.numel() for name, value in state.items() if "num_batches" not in name)
    assert found == 5_833_568 + 65_664 + 2_630_515


def test_reconstructs_better_than_the_mean_patch(textures):
    table = textures()
    objective = build({"a": table}, epochs=6, steps=25)
    first = objective.validate()["tuning squared error"]
    outcome = fit(objective, objective.settings.schedule, seed=1)
    mean = table.cropped(table.indices("training")).mean(0) / 127.5 - 1
    tuning = table.cropped(table.indices("tuning")) / 127.5 - 1
    floor = float(((tuning - mean) ** 2).mean())
    reached = objective.validate()["tuning squared error"]
    assert reached < 0.5 * floor < first
    assert -outcome.history[-1]["score"] == pytest.approx(
        outcome.history[-1]["tuning squared error"]
        + 5e-5 * outcome.history[-1]["tuning divergence"]
    )
    assert outcome.history[-1]["loss"] == pytest.approx(
        outcome.history[-1]["squared error"] + 5e-5 * outcome.history[-1]["divergence"], rel=1e-5
    )


def test_resumes_exactly(textures, assert_resumes):
    tables = {"a": textures(), "b": textures(48)}
    assert_resumes(lambda: build(tables), build(tables).settings.schedule)


def test_divergence_is_that_of_torch_summed_over_channels():
    source = torch.Generator().manual_seed(0)
    mean, log_variance = torch.randn(2, 5, 8, generator=source).unbind()
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(divergence(mean, log_variance), expected)


class Recorder(nn.Module):
    """Keeps what the decoder is given."""

    def forward(self, embeddings):
        self.given = embeddings.detach()
        return embeddings.sum() + torch.zeros(len(embeddings), 3, 32, 32)


def test_training_decodes_draws_of_the_posterior(textures):
    objective = build({"a": textures()}, batch=256)
    objective.parts.decoder = recorder = Recorder()
    for linear, value in (
        (objective.parts.encoder.project, 1.5),
        (objective.parts.log_variance, 3),
    ):
        nn.init.zeros_(linear.weight)
        nn.init.constant_(linear.bias, value)
    objective.begin(1)
    objective.network.train()
    objective.step()
    assert float(recorder.given.mean()) == pytest.approx(1.5, abs=0.3)
    assert float(recorder.given.std()) == pytest.approx(math.exp(3 / 2), rel=0.05)


def test_encoder_gives_the_mean(textures):
    objective = build({"a": textures()})
    objective.network.eval()
    patches, _ = next(iter(upright(objective.tables["a"], "tuning", device=CPU)))
    mean, _ = objective.parts.encode(patches)
    assert torch.equal(objective.encoder(patches), mean)
    assert torch.equal(objective.reconstruct(patches), objective.parts.decoder(mean))


class Constant(nn.Module):
    """Redraws every patch as one grey."""

    def forward(self, embeddings):
        return torch.zeros(len(embeddings), 3, 32, 32)


def test_the_score_weighs_tasks_alike(textures):
    few = textures(32)
    dark = textures(320)
    dark.images[...] = 0
    objective = build({"few": few, "dark": dark})
    objective.parts.decoder = Constant()
    tuning = few.cropped(few.indices("tuning")) / 127.5 - 1
    expected = (float((tuning**2).mean()) + 1.0) / 2
    assert objective.validate()["tuning squared error"] == pytest.approx(expected, rel=1e-5)


def test_labels_are_not_used(textures):
    table, other = textures(), textures()
    other.labels[...] = np.arange(len(other)) % 5 == 0
    first, second = build({"a": table}), build({"a": other})
    first.begin(1)
    second.begin(1)
    assert first.step() == second.step()
