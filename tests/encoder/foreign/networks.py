"""Tiny networks from elsewhere, for the tests of this folder."""

import io
import warnings
import zipfile

import torch
from torch import nn

PX = 32


class Attention(nn.Module):
    """Sees exactly one size, as transformers with learned positions do."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(3, 8, 8, 8)
        self.place = nn.Parameter(torch.zeros(1, 16, 8))
        self.norm = nn.LayerNorm(8)
        self.mix = nn.Linear(8, 24)
        self.out = nn.Linear(8, 6)

    def forward(self, x):
        count = x.shape[0]
        tokens = self.norm(self.cut(x).flatten(2).transpose(1, 2) + self.place)
        mixed = self.mix(tokens).reshape(count, 16, 3, 2, 4).permute(2, 0, 3, 1, 4)
        q, k, v = mixed[0], mixed[1], mixed[2]
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(count, 16, 8).mean(1))


def fill(network, seed=1):
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.randn(value.shape, generator=draw) * 0.3)
    return network.eval()


def convolutions():
    return fill(
        nn.Sequential(
            nn.Conv2d(3, 4, 3, 2),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.Conv2d(4, 5, 3, 2),
            nn.GELU(),
            nn.Conv2d(5, 6, 3, 2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
    )


def attention():
    return fill(Attention())


def patches(count=32, px=PX):
    return torch.rand(count, 3, px, px, generator=torch.Generator().manual_seed(7)) * 2 - 1


def save_script(module, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), path)
    return path


def save_exported(network, path, *, batch=32, dynamic=True, px=PX):
    shapes = ({0: torch.export.Dim("batch")},) if dynamic else None
    program = torch.export.export(network, (torch.zeros(batch, 3, px, px),), dynamic_shapes=shapes)
    torch.export.save(program, path)
    return path


def rewrite(path, change):
    """Write the archive again with each member passed through ``change(name, content)``."""
    old = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name.partition("/")[2], source.read(name)))
    return path


class Bomb:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")
