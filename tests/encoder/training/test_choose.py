import pytest
import torch

from histopress.encoder.settings import (
    BiganSettings,
    ContrastiveSettings,
    MultitaskSettings,
    SupervisedSettings,
    VaeSettings,
)
from histopress.encoder.training.bigan import Bigan
from histopress.encoder.training.choose import build_objective
from histopress.encoder.training.contrastive import Contrastive
from histopress.encoder.training.multitask import Multitask
from histopress.encoder.training.supervised import Supervised
from histopress.encoder.training.vae import Vae
from histopress.errors import EncoderError

KINDS = [
    (MultitaskSettings, "multitask", Multitask, 32),
    (SupervisedSettings, "supervised", Supervised, 32),
    (VaeSettings, "vae", Vae, 32),
    (ContrastiveSettings, "contrastive", Contrastive, 32),
    (BiganSettings, "bigan", Bigan, 64),
]


def build(tables, settings, *, seed=1):
    return build_objective(tables, settings, seed=seed, device=torch.device("cpu"))


@pytest.mark.parametrize(("settings", "kind", "objective", "px"), KINDS)
def test_every_kind_has_its_training(textures, settings, kind, objective, px):
    tables = {"a": textures(24, px, per_group=3), "unused": textures(24, px, per_group=3)}
    chosen = settings(kind=kind, grid="g", tasks=("a",), channels=4, input_px=px)
    found = build(tables, chosen)
    assert type(found) is objective
    assert list(found.tables) == ["a"]
    found.network.eval()
    assert found.encoder(torch.zeros(1, 3, px, px)).shape == (1, 4)


@pytest.mark.parametrize(("settings", "kind", "objective", "px"), KINDS)
def test_first_weights_follow_the_seed_alone(textures, settings, kind, objective, px):
    tables = {"a": textures(24, px, per_group=3)}
    chosen = settings(kind=kind, grid="g", tasks=("a",), channels=4, input_px=px)
    before = torch.random.get_rng_state()
    first = build(tables, chosen).network.state_dict()
    torch.rand(3)
    second = build(tables, chosen).network.state_dict()
    other = build(tables, chosen, seed=2).network.state_dict()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())
    torch.random.set_rng_state(before)


def test_tasks_stand_in_the_order_of_the_settings(textures):
    tables = {name: textures(24, per_group=3) for name in "ab"}
    settings = VaeSettings(kind="vae", grid="g", tasks=("b", "a"), channels=4, input_px=32)
    assert list(build(tables, settings).tables) == ["b", "a"]


def test_a_missing_task_is_named(textures):
    settings = VaeSettings(kind="vae", grid="g", tasks=("a", "lymph"), input_px=32)
    with pytest.raises(EncoderError, match="no patches of \\['lymph'\\], only of \\['a'\\]"):
        build({"a": textures(24, per_group=3)}, settings)
