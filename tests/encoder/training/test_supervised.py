import torch

from histopress.encoder.settings import ScheduleSettings, SupervisedSettings
from histopress.encoder.tower import Tower
from histopress.encoder.training.loop import fit
from histopress.encoder.training.supervised import Supervised
from histopress.patches.settings import AugmentSettings

CPU = torch.device("cpu")
MILD = AugmentSettings(
    scale=None, elastic_alpha=None, hue=None, saturation=None, stain=None, contrast=None, blur=None
)


def build(tables, *, seed=1, px=32, channels=8, **schedule):
    settings = SupervisedSettings(
        kind="supervised",
        grid="g",
        tasks=("a",),
        channels=channels,
        input_px=px,
        augment=MILD,
        schedule=ScheduleSettings(
            **{"batch": 8, "epochs": 3, "steps": 2, "learning_rate": 1e-3, **schedule}
        ),
    )
    return Supervised(tables, settings, seed=seed, device=CPU)


def test_published_size(textures):
    # tower 5,833,568 (see test_tower); head of two classes: 128·256 + 256 + 256·2 + 2 = 33,538
    objective = build({"a": textures(12, 128, per_group=1)}, px=128, channels=128)
    state = objective.network.state_dict()
    found = {
        name: value.numel() for name, value in state.items() if name.startswith(("enc", "heads"))
    }
    total = sum(value for name, value in found.items() if "num_batches" not in name)
    assert total == 5_833_568 + 33_538
    assert isinstance(objective.encoder, Tower)


def test_learns_textures(textures):
    objective = build({"a": textures()}, steps=6)
    outcome = fit(objective, objective.settings.schedule, seed=1)
    assert max(row["score"] for row in outcome.history) > 0.95


def test_resumes_exactly(textures, assert_resumes):
    tables = {"a": textures()}
    assert_resumes(lambda: build(tables), build(tables).settings.schedule)


def test_the_head_drops_nothing(textures):
    head = build({"a": textures()}).network.train().heads[0]
    embeddings = torch.ones(4, 8)
    assert torch.equal(head(embeddings), head(embeddings))
