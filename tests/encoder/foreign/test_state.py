import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from encoder.foreign.networks import Bomb, convolutions
from histopress.encoder.foreign.state import fill_network, read_state
from histopress.errors import EncoderError


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_weights_are_read_from_each_kind_of_file(tmp_path):
    state = dict(convolutions().state_dict())
    save_file(state, tmp_path / "n.safetensors")
    torch.save(state, tmp_path / "plain.pth")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "wrapped.pt")
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "parallel.pt")
    for file in tmp_path.iterdir():
        assert same(read_state(file), state), file.name


def test_a_checkpoint_that_needs_unpickling_is_refused_and_runs_nothing(tmp_path):
    trace = tmp_path / "trace"
    torch.save({"state_dict": {"weight": torch.zeros(1)}, "x": Bomb(trace)}, tmp_path / "n.pth")
    with pytest.raises(EncoderError, match="would need unpickling, which may run any code"):
        read_state(tmp_path / "n.pth")
    assert not trace.exists()
    torch.load(tmp_path / "n.pth", weights_only=False)
    assert trace.exists()


@pytest.mark.parametrize("content", [b"", b"nothing"])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_damaged_files_are_refused(tmp_path, content, suffix):
    (tmp_path / f"n.{suffix}").write_bytes(content)
    with pytest.raises(EncoderError, match="damaged|no safetensors file"):
        read_state(tmp_path / f"n.{suffix}")


def test_what_is_no_state_is_refused(tmp_path):
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    torch.save({"epoch": 3}, tmp_path / "number.pt")
    for name, message in (("list", "holds a list"), ("number", "'epoch' is no tensor")):
        with pytest.raises(EncoderError, match=message):
            read_state(tmp_path / f"{name}.pt")


def test_every_value_must_find_its_place():
    network = nn.Linear(2, 3)
    state = {"weight": torch.ones(3, 2), "bias": torch.zeros(3)}
    head = {"head.weight": torch.zeros(1), "header": torch.zeros(1)}
    fill_network(network, {**state, "head.weight": torch.zeros(1)}, source="f", spare=("head",))
    assert torch.equal(network.weight, torch.ones(3, 2))
    with pytest.raises(EncoderError, match="has too many header"):
        fill_network(network, {**state, **head}, source="f", spare=("head",))
    with pytest.raises(EncoderError, match="lacks bias"):
        fill_network(network, {"weight": state["weight"]}, source="f")
    with pytest.raises(EncoderError, match="size mismatch"):
        fill_network(network, {**state, "bias": torch.zeros(4)}, source="f")
