"""From a file elsewhere to weights, card and network, for each kind."""

import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from encoder.foreign.networks import (
    PX,
    attention,
    convolutions,
    patches,
    save_exported,
    save_script,
)
from histopress.encoder.card import EncoderCard, load_network, save_weights
from histopress.encoder.encode import EncodeTask, encode_tiles
from histopress.encoder.fitting import fit_tiles
from histopress.encoder.foreign.reading import read_foreign
from histopress.encoder.settings import ForeignSettings
from histopress.errors import ConfigError, EncoderError

CODE = """
import torch
from torch import nn

def build():
    return nn.Sequential(nn.AvgPool2d({px}), nn.Flatten(), nn.Linear(3, 4))

def steady():
    network = build()
    nn.init.constant_(network[2].weight, 0.5)
    nn.init.zeros_(network[2].bias)
    return network

def text():
    return "no network"
"""


@pytest.fixture
def module(tmp_path, monkeypatch, request):
    """A user's module in the project's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"ours_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(CODE.format(px=PX))
    return name


def chosen(kind, **values):
    return ForeignSettings(kind=kind, grid="g", input_px=PX, input_spacing_um=0.5, **values)


def bring_in(settings, file, folder):
    found = read_foreign(settings, file)
    card = EncoderCard(
        architecture=settings.kind,
        channels=found.channels,
        input_px=settings.input_px,
        input_spacing_um=settings.input_spacing_um,
        origin="test",
        weights_sha256=save_weights(folder / "weights.safetensors", found.values),
        mean=settings.mean,
        std=settings.std,
        program=found.program,
    )
    return card, folder / "weights.safetensors"


class Still:
    """A slide whose tile at (x, y) is drawn from its place."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def read(self, position):
        draw = np.random.default_rng(int(position[0]))
        return draw.integers(0, 256, (2 * PX + 8, 2 * PX + 8, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["torchscript", "exported"])
@pytest.mark.parametrize("build", [convolutions, attention])
def test_slides_are_encoded_alike_with_any_number_of_threads(tmp_path, kind, build):
    save = save_script if kind == "torchscript" else save_exported
    file = save(build(), tmp_path / "n.bin")
    card, weights = bring_in(chosen(kind), file, tmp_path)
    assert card.channels == 6
    task = EncodeTask(
        coords=np.stack([np.arange(150), np.zeros(150, int)], 1),
        open_reader=Still,
        build_network=lambda: load_network(card, weights),
        fitting=fit_tiles(card, tile_px=2 * PX + 8, spacing_um=0.25, encoder="n"),
    )
    one, two = (
        np.concatenate([found for _, found in encode_tiles(task, threads=threads)], axis=1)
        for threads in (1, 2)
    )
    assert one.shape == (1, 150, 6) and one.dtype == np.float32
    assert one.tobytes() == two.tobytes()


def test_equal_files_give_equal_weights(tmp_path):
    digests = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        file = save_exported(attention(), tmp_path / name / "n.pt2")
        digests.add(bring_in(chosen("exported"), file, tmp_path / name)[0].weights_sha256)
    assert len(digests) == 1


def test_colours_reach_the_network_as_the_card_says(tmp_path):
    file = save_script(nn.Sequential(nn.AvgPool2d(PX), nn.Flatten()), tmp_path / "n.pt")
    mean, std = (0.7, 0.6, 0.5), (0.2, 0.25, 0.5)
    network = load_network(*bring_in(chosen("torchscript", mean=mean, std=std), file, tmp_path))
    colour = torch.tensor([0.9, 0.35, 1.0])
    seen = network((colour * 2 - 1).view(1, 3, 1, 1).expand(32, 3, PX, PX))[0]
    # (0.9 − 0.7) / 0.2 and so on, by hand.
    torch.testing.assert_close(seen, torch.tensor([1.0, -1.0, 1.0]))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Conv2d(3, 4, 3), r"gives float32 of shape \(32, 4, 30, 30\).*pool its maps"),
        (nn.Sequential(nn.Flatten(0), nn.Linear(96 * PX * PX, 4)), r"of shape \(4,\)"),
        (nn.Sequential(nn.Flatten(), nn.Linear(48, 4)), r"32×32 px .*set `input_px`"),
    ],
)
def test_what_gives_no_embeddings_is_refused(tmp_path, network, message):
    file = save_script(network.eval(), tmp_path / "n.pt")
    with pytest.raises(EncoderError, match=message):
        read_foreign(chosen("torchscript"), file)


def test_embeddings_must_not_depend_on_neighbours_in_the_batch(tmp_path):
    class Centred(nn.Module):
        def forward(self, x):
            means = x.mean((2, 3))
            return means - means[:1]

    file = save_script(Centred(), tmp_path / "n.pt")
    with pytest.raises(EncoderError, match="depends on the other patches of its batch"):
        read_foreign(chosen("torchscript"), file)


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count += 1
        return x.mean((2, 3))


@pytest.mark.parametrize("network", [convolutions().train(), Counting()])
def test_a_network_in_training_mode_is_refused(tmp_path, network):
    file = save_exported(network, tmp_path / "n.pt2")
    with pytest.raises(EncoderError, match="after .eval"):
        read_foreign(chosen("exported"), file)


def test_a_program_for_batches_of_another_size_says_how_to_export(tmp_path):
    file = save_exported(attention(), tmp_path / "n.pt2", batch=2, dynamic=False)
    with pytest.raises(EncoderError, match=r"torch.export.Dim\(\"batch\"\)"):
        read_foreign(chosen("exported"), file)
    file = save_exported(attention(), tmp_path / "n.pt2", batch=32, dynamic=False)
    assert read_foreign(chosen("exported"), file).channels == 6


def test_tiles_smaller_than_a_fixed_input_are_refused(tmp_path):
    card, _ = bring_in(chosen("exported"), save_exported(attention(), tmp_path / "n.pt2"), tmp_path)
    with pytest.raises(EncoderError, match="sees 32 px at 0.5 µm/px.*at least 64 px"):
        fit_tiles(card, tile_px=40, spacing_um=0.25, encoder="vit")


def test_a_function_with_its_weights(tmp_path, module):
    state = {"2.weight": torch.eye(4, 3), "2.bias": torch.ones(4)}
    save_file(state, tmp_path / "w.safetensors")
    before = torch.random.get_rng_state()
    settings = chosen("callable", name=f"{module}:build")
    card, weights = bring_in(settings, tmp_path / "w.safetensors", tmp_path)
    network = load_network(card, weights)
    assert torch.equal(torch.random.get_rng_state(), before)
    expected = patches().mean((2, 3)) @ torch.eye(4, 3).T + 1
    torch.testing.assert_close(network(patches()), expected)
    (tmp_path / f"{module}.py").write_text(CODE.format(px=PX) + "# another\n")
    with pytest.raises(EncoderError, match="the code was altered"):
        load_network(card, weights)


def test_a_function_without_weights_must_not_draw_them(tmp_path, module):
    with pytest.raises(EncoderError, match="drawn at random; give the `file`"):
        read_foreign(chosen("callable", name=f"{module}:build"), None)
    assert read_foreign(chosen("callable", name=f"{module}:steady"), None).channels == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("{}:text", "gave a str; it must give a torch.nn.Module"),
        ("{}:missing", "has no such function"),
        ("{}", "named module:function"),
        ("nowhere_at_all:build", "cannot import 'nowhere_at_all'"),
    ],
)
def test_functions_that_cannot_be_used_are_refused(module, name, message):
    with pytest.raises(EncoderError, match=message):
        read_foreign(chosen("callable", name=name.format(module)), None)


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        ("torchscript", {}, "needs `file`"),
        ("callable", {}, "needs `name`"),
        ("callable", {"name": "a:b", "std": (0.0, 1.0, 1.0)}, "std is .* above 0"),
    ],
)
def test_missing_keys_are_named(kind, values, message):
    with pytest.raises(ConfigError, match=message):
        read_foreign(chosen(kind, **values), None)
