import pickle
import warnings
import zipfile
from typing import Tuple  # noqa: UP035  (TorchScript knows no other spelling here)

import pytest
import torch
from torch import nn

from encoder.foreign.networks import Bomb, convolutions, patches, rewrite, save_script
from histopress.encoder.foreign.torchscript import load_torchscript
from histopress.errors import EncoderError


def load(path):
    return load_torchscript(path.read_bytes(), source=path.name)


def test_a_script_embeds_as_its_network_and_runs_alike_each_time(tmp_path):
    network = convolutions()
    loaded = load(save_script(network, tmp_path / "n.pt"))
    with torch.inference_mode():
        runs = [loaded(patches()) for _ in range(5)]
        assert all(torch.equal(run, runs[0]) for run in runs)
        assert torch.equal(runs[0], network(patches()))


@pytest.mark.parametrize("member", ["data.pkl", "constants.pkl"])
def test_a_pickle_within_a_script_runs_nothing(tmp_path, member):
    trace = tmp_path / "trace"
    bomb = pickle.dumps(Bomb(trace), 2)
    path = rewrite(
        save_script(convolutions(), tmp_path / "n.pt"),
        lambda name, content: bomb if name == member else content,
    )
    with pytest.raises(EncoderError, match="cannot load it as TorchScript"):
        load(path)
    assert not trace.exists()


class Writing(nn.Module):
    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        torch.save(x, self.path)
        return x.mean((2, 3))


class Mapping(nn.Module):
    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        return x.mean((2, 3)) + torch.from_file(self.path, shared=True, size=3)


class Restoring(nn.Module):
    def __init__(self, path: str):
        super().__init__()
        self.path = path

    def forward(self, x):
        return x.mean((2, 3))

    @torch.jit.export
    def __getstate__(self):
        return self.path, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[str, bool]):
        self.path, self.training = state
        torch.save(torch.zeros(1), self.path)


class Hooked(nn.Module):
    def __init__(self, path: str):
        super().__init__()
        self.path = path
        self.register_forward_pre_hook(save_input)

    def forward(self, x: torch.Tensor):
        return x.mean((2, 3))


def save_input(self, input: Tuple[torch.Tensor]) -> Tuple[torch.Tensor]:  # noqa: A002, UP006
    torch.save(input[0], self.path)
    return input


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Writing, "aten::save"),
        (Mapping, "aten::from_file"),
        (Restoring, "__setstate__"),
        (Hooked, "__forward_pre_hooks__"),
    ],
)
def test_a_script_that_reaches_files_is_refused_before_it_runs(tmp_path, kind, word):
    trace = tmp_path / "trace"
    path = save_script(kind(str(trace)), tmp_path / "n.pt")
    trace.unlink(missing_ok=True)
    with pytest.raises(EncoderError, match=word):
        load(path)
    assert not trace.exists()


def test_code_hidden_behind_an_entry_of_the_same_name_is_found(tmp_path):
    trace = tmp_path / "trace"
    path = save_script(Restoring(str(trace)), tmp_path / "n.pt")
    trace.unlink(missing_ok=True)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in archive.namelist():
            if "/code/" in name:
                archive.writestr(name, "# nothing to see")
    with pytest.raises(EncoderError, match="__setstate__"):
        load(path)
    assert not trace.exists()


def test_a_pickled_checkpoint_is_no_script(tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "n.pt")
    with pytest.raises(EncoderError, match="holds no TorchScript program; it may be a pickled"):
        load(tmp_path / "n.pt")
    (tmp_path / "n.pt").write_bytes(b"nothing")
    with pytest.raises(EncoderError, match="is no TorchScript file"):
        load(tmp_path / "n.pt")
