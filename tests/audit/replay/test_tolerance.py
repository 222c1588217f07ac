"""What the tolerance lets through: real embeddings, computed twice in two ways."""

import numpy as np
import pytest
import torch

from histopress.audit.replay.levels import Level, compare_contents
from histopress.audit.replay.tolerance import BLOCK, Deviation, deviation
from histopress.encoder.network import ConvolutionalEncoder, scale_patches
from histopress.seeds import generator

TILES = 37


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return ConvolutionalEncoder(channels=16, filters=32).eval()


@pytest.fixture(scope="module")
def tiles():
    return generator(1, "tiles").integers(0, 256, (TILES, 64, 64, 3), dtype=np.uint8)


def embed(network, tiles, *, batch=32, threads=1, order=None):
    """Embed tiles as a slide's features hold them."""
    order = np.arange(len(tiles)) if order is None else order
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.no_grad():
            patches = scale_patches(torch.from_numpy(tiles[order]), pool=1, input_px=64)
            found = torch.cat([network(part) for part in patches.split(batch)])
    finally:
        torch.set_num_threads(before)
    features = np.empty(found.shape, np.float16)
    features[order] = found.numpy()
    return features


def level(first, second):
    return compare_contents({"features": first}, {"features": second}).level


@pytest.mark.parametrize(
    "otherwise",
    [
        {"threads": 2},
        {"batch": 1},
        {"batch": 7},
        {"order": np.arange(TILES)[::-1]},
        {"order": np.roll(np.arange(TILES), 5), "batch": 5, "threads": 2},
    ],
)
def test_other_threads_batches_and_orders_are_within_reach(network, tiles, otherwise):
    assert level(embed(network, tiles), embed(network, tiles, **otherwise)) >= Level.TOLERANCE


def test_sums_in_double_precision_are_within_reach(network, tiles):
    exact = ConvolutionalEncoder(channels=16, filters=32).eval()
    exact.load_state_dict(network.state_dict())
    exact.double()
    patches = scale_patches(torch.from_numpy(tiles), pool=1, input_px=64).double()
    with torch.no_grad():
        found = exact(patches).numpy().astype(np.float16)
    assert level(embed(network, tiles), found) >= Level.TOLERANCE


@pytest.mark.parametrize(
    ("noise", "reached"), [(1e-6, True), (3e-4, True), (1e-2, False), (1e-1, False)]
)
def test_noise_is_let_through_as_far_as_rounding_goes(network, tiles, noise, reached):
    features = embed(network, tiles).astype(np.float32)
    scale = np.sqrt(np.square(features).mean())
    shift = generator(2, "noise").uniform(-noise, noise, features.shape) * scale
    found = level(features.astype(np.float16), (features + shift).astype(np.float16))
    assert (found >= Level.TOLERANCE) is reached


def test_another_encoder_is_out_of_reach(network, tiles):
    other = ConvolutionalEncoder(channels=16, filters=32).eval()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        other.project.weight *= 1.02
    assert level(embed(network, tiles), embed(other, tiles)) is Level.DIFFERS


def test_a_large_file_is_looked_at_in_blocks_and_every_block_counts():
    first = np.ones(2 * BLOCK + 5, np.float32)
    for place in (0, BLOCK, 2 * BLOCK + 4):
        second = first.copy()
        second[place] = 2
        found = deviation(first, second, where="x")
        assert (found.difference, found.ratio > 1) == (1, True)


def test_a_deviation_is_measured_by_what_is_allowed():
    assert Deviation(where="x", difference=1.0, allowed=2.0).ratio == 0.5
    assert Deviation(where="x", difference=1.0, allowed=0.0).ratio == float("inf")
