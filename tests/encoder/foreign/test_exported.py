import contextlib
import io
import json
import zipfile

import pytest
import torch
from torch import nn

from encoder.foreign.networks import (
    Bomb,
    attention,
    convolutions,
    patches,
    rewrite,
    save_exported,
)
from histopress.encoder.foreign.exported import graph_of, graph_tensor, read_exported
from histopress.encoder.foreign.graph import GraphNetwork
from histopress.errors import EncoderError

WEIGHTS = "data/weights/model_weights_config.json"
GRAPH = "models/model.json"


class Arithmetic(nn.Module):
    """Computes with sizes, constants, several results of one operator and keyword arguments."""

    def __init__(self):
        super().__init__()
        self.scale = torch.tensor([1.0, 2.0, 3.0])
        self.register_buffer("shift", torch.arange(3.0), persistent=False)

    def forward(self, x):
        half = x.shape[2] // 2
        left, right = x.split(half, dim=2)
        ones = torch.ones(x.shape[0], 1, dtype=torch.float32)
        top = torch.cat([left.mean((2, 3)), right.amax((2, 3))], 1).view(x.shape[0] * 2, -1)
        highest, _ = top.max(dim=1, keepdim=True)
        joined = (top - highest).softmax(-1, dtype=torch.float32).view(x.shape[0], -1)
        return torch.cat([joined[:, :3] * self.scale + self.shift, ones], 1)


@pytest.mark.parametrize("build", [convolutions, attention, Arithmetic])
@pytest.mark.parametrize("dynamic", [True, False])
def test_the_graph_gives_what_pytorch_gives(tmp_path, build, dynamic):
    network = build().eval()
    path = save_exported(network, tmp_path / "n.pt2", dynamic=dynamic)
    program = read_exported(path)
    packed = GraphNetwork(graph_of(graph_tensor(program.graph)), program.values)
    with torch.inference_mode():
        expected = torch.export.load(path).module()(patches())
        assert torch.equal(program.network()(patches()), expected)
        assert torch.equal(packed(patches()), expected)
        if dynamic:
            torch.testing.assert_close(packed(patches(1)), network(patches(1)))


def pickled(bomb):
    data = io.BytesIO()
    torch.save((bomb,), data)
    return data.getvalue()


def pickled_weight(name, content, bomb):
    if name == WEIGHTS:
        config = json.loads(content)
        next(iter(config["config"].values()))["use_pickle"] = True
        return json.dumps(config).encode()
    return pickled(bomb) if name == "data/weights/weight_0" else content


def pickled_example(name, content, bomb):
    return pickled(bomb) if name.startswith("data/sample_inputs/") else content


def evaluated_size(name, content, bomb):
    if name != GRAPH:
        return content
    expression = f"open({str(bomb.path)!r}, 'w')"
    program = json.loads(content)
    for size in program["graph_module"]["graph"]["sym_int_values"].values():
        size["as_expr"]["expr_str"] = expression
    return json.dumps(program).encode()


@pytest.mark.parametrize("attack", [pickled_weight, pickled_example, evaluated_size])
def test_what_runs_code_in_pytorchs_loader_runs_nothing_here(tmp_path, attack):
    trace = tmp_path / "trace"

    def craft():
        path = save_exported(attention(), tmp_path / "n.pt2")
        return rewrite(path, lambda name, content: attack(name, content, Bomb(trace)))

    path = craft()
    try:
        network = read_exported(path).network()
    except EncoderError as error:
        assert "unpickling" in str(error)
    else:
        with torch.inference_mode():
            assert torch.equal(network(patches()), attention()(patches()))
    assert not trace.exists()

    # The attack is real: PyTorch's own loader falls for it.
    with contextlib.suppress(Exception):  # what is left of the program is of no interest
        torch.export.load(path)
    assert trace.exists()


@pytest.mark.parametrize(
    "target",
    [
        "torch.serialization.os.system",
        "torch.ops.aten.from_file.default",
        "_operator.attrgetter",
        "builtins.eval",
        "torch.ops.aten.__class__.default",
    ],
)
def test_only_operators_on_tensors_are_called(tmp_path, target):
    def change(name, content):
        if name != GRAPH:
            return content
        program = json.loads(content)
        program["graph_module"]["graph"]["nodes"][0]["target"] = target
        return json.dumps(program).encode()

    path = rewrite(save_exported(convolutions(), tmp_path / "n.pt2"), change)
    with pytest.raises(EncoderError, match=f"uses '{target}'"):
        read_exported(path).network()


def test_a_network_that_gives_more_than_embeddings_is_refused(tmp_path):
    class Two(nn.Module):
        def forward(self, x):
            return x.mean((2, 3)), x.amax((2, 3))

    path = save_exported(Two(), tmp_path / "n.pt2")
    with pytest.raises(EncoderError, match="an encoder takes one tensor, gives one"):
        read_exported(path).network()


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "n.pt2"
    path.write_bytes(b"nothing")
    with pytest.raises(EncoderError, match="cannot be read as a file of torch.export.save"):
        read_exported(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("n/models/model.json", '{"schema_version": {"major": 9}}')
    with pytest.raises(EncoderError, match="schema 9; read is schema 8"):
        read_exported(path)
