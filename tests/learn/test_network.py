import numpy as np
import pytest
import torch

from histopress.encoder.layers import Dropout
from histopress.learn.network import STRIDES, NicCnn


def network(crop=24, channels=16, **options):
    options = {"outputs": 2, "generator": torch.Generator().manual_seed(1), **options}
    return NicCnn(channels, crop=crop, **options)


def ones(count, channels, crop):
    return torch.ones(count, channels, crop, crop), torch.ones(count, 1, crop, crop, dtype=bool)


def sides(net, channels, crop):
    maps, found = torch.zeros(1, channels, crop, crop), []
    for block in net.eval().blocks:
        maps = block(maps)
        found.append(tuple(maps.shape[1:]))
    return found


def test_the_published_network_narrows_400_cells_to_one():
    expected = [199, 99, 49, 24, 11, 5, 3, 1]
    assert sides(network(400, 4), 4, 400) == [(128, side, side) for side in expected]


@pytest.mark.parametrize("crop", STRIDES)
def test_every_crop_ends_in_one_cell_with_the_tail_of_the_published_network(crop):
    published = [199, 99, 49, 24, 11, 5, 3, 1]
    found = [side for _, side, _ in sides(network(crop, 4, width=8), 4, crop)]
    assert found == published[-len(found) :]


def test_parameters_of_the_published_network():
    # First: 9·128 depthwise + 128·128 pointwise; all eight alike at C = 128; each with a scale
    # and an offset of its normalisation; dense 128·128 + 2·128; logits 128·2 + 2.
    convolutions = 8 * (9 * 128 + 128 * 128 + 2 * 128)
    dense, logits = 128 * 128 + 2 * 128, 128 * 2 + 2
    count = sum(each.numel() for each in network(400, 128).parameters())
    assert count == convolutions + dense + logits == 159_234


def test_the_penalty_concerns_kernels_only():
    net = network(5, 3, width=8)
    # Two convolutions of two kernels each, the dense layer, the logits.
    assert [tuple(kernel.shape) for kernel in net.kernels()] == [
        (3, 1, 3, 3),
        (8, 3, 1, 1),
        (8, 1, 3, 3),
        (8, 8, 1, 1),
        (8, 8),
        (2, 8),
    ]


def test_background_is_zero_behind_the_standardisation_whatever_it_holds():
    net = network(5, 3, width=8).eval()
    net.standardise_with(torch.tensor([5.0, -2.0, 1.0]), torch.tensor([2.0, 3.0, 1.0]))
    crops, kept = ones(1, 3, 5)
    kept[..., :2, :] = False
    other = crops.clone()
    other[..., :2, :] = 77
    assert torch.equal(net(crops, kept), net(other, kept))
    seen = []
    net.blocks[0][0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    net(crops, kept)
    assert seen[0][0, :, 0, 0].tolist() == [0, 0, 0]
    assert seen[0][0, :, 4, 4].tolist() == [-2, 1, 0]


def test_the_statistics_are_part_of_the_state():
    state = network(5, 3).state_dict()
    assert state["mean"].shape == state["scale"].shape == (3,)


def test_weights_and_dropout_follow_the_given_generator_alone():
    before = torch.random.get_rng_state()
    first, second = network(11, 4), network(11, 4)
    crops, kept = ones(4, 4, 11)
    crops += torch.from_numpy(np.random.default_rng(0).standard_normal(crops.shape)).float()
    assert torch.equal(first.train()(crops, kept), second.train()(crops, kept))
    assert not torch.equal(first(crops, kept), first(crops, kept))
    other = network(11, 4, generator=torch.Generator().manual_seed(2))
    assert not torch.equal(first.logits.weight, other.logits.weight)
    assert torch.equal(before, torch.random.get_rng_state())


def test_dropout_drops_whole_maps_and_keeps_the_expectation():
    drop = Dropout(0.2, torch.Generator().manual_seed(0)).train()
    out = drop(torch.ones(100, 100, 3, 3))
    assert torch.equal(out.amin((2, 3)), out.amax((2, 3)))
    assert set(out.unique().tolist()) == {0.0, 1.25}
    assert (out == 0).float().mean().item() == pytest.approx(0.2, abs=0.012)  # 3 standard errors
    assert torch.equal(drop.eval()(out), out)
