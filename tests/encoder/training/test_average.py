import pytest
import torch
from torch import nn

from histopress.encoder.training.average import Average


def network(value):
    layers = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with torch.no_grad():
        for each in layers.state_dict().values():
            each.fill_(value)
    return layers


def test_the_average_follows_its_recursion_and_forgets_the_drawn_weights():
    layers = network(100)
    average = Average(layers, 0.9)
    expected = 100.0
    for step, value in enumerate([1.0, 2.0, 4.0], start=1):
        for each in layers.state_dict().values():
            each.fill_(value)
        average.update()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert average.values["0.weight"][0, 0].item() == pytest.approx(expected)
    assert average.values["1.running_var"][0].item() == pytest.approx(expected)


def test_it_stands_in_for_the_weights_and_gives_them_back():
    layers = network(0)
    average = Average(layers, 0.5)
    for each in layers.state_dict().values():
        each.fill_(1)
    average.update()
    with average.applied():
        assert 0 < layers[0].weight[0, 0].item() < 1
        assert layers[1].num_batches_tracked.item() == 1
    assert layers[0].weight[0, 0].item() == 1


def test_none_changes_nothing():
    layers = network(1)
    average = Average(layers, 0.0)
    average.update()
    with average.applied():
        assert layers[0].weight[0, 0].item() == 1
    assert average.state() == {"steps": 0, "values": {}}


def test_a_restored_average_goes_on_alike():
    first, second = network(0), network(0)
    one = Average(first, 0.9)
    for each in first.state_dict().values():
        each.fill_(3)
    one.update()
    other = Average(second, 0.9)
    other.restore(one.state())
    for layers, average in ((first, one), (second, other)):
        for each in layers.state_dict().values():
            each.fill_(5)
        average.update()
    assert torch.equal(one.values["0.weight"], other.values["0.weight"])
