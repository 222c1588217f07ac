import numpy as np
import pytest
import torch

from histopress.errors import SlideError
from histopress.learn.attention import Abmil

CHANNELS = 6


def network(seed=1, **options):
    options = {"outputs": 2, "width": 16, "gates": 8, **options}
    return Abmil(CHANNELS, generator=torch.Generator().manual_seed(seed), **options)


def grids(batch=2, rows=5, columns=7, seed=0):
    draw = torch.Generator().manual_seed(seed)
    crops = torch.randn(batch, CHANNELS, rows, columns, generator=draw)
    kept = torch.rand(batch, 1, rows, columns, generator=draw) < 0.6
    return crops, kept


def by_hand(net, cells):
    """Equations 8 and 9 of Ilse et al., cell by cell, in numpy."""
    state = {name: each.double().numpy() for name, each in net.state_dict().items()}
    z = (cells.double().numpy() - state["mean"]) / state["scale"]
    h = z @ state["embed.weight"].T + state["embed.bias"]
    h = np.where(h > 0, h, 0.2 * h)
    tanh = np.tanh(h @ state["tanh_gate.weight"].T + state["tanh_gate.bias"])
    gate = h @ state["sigmoid_gate.weight"].T + state["sigmoid_gate.bias"]
    scores = (tanh / (1 + np.exp(-gate))) @ state["score.weight"][0]
    weights = np.exp(scores) / np.exp(scores).sum()
    return state["logits.weight"] @ (weights @ h) + state["logits.bias"], weights


@pytest.mark.parametrize("channels, outputs", [(128, 2), (16, 1)])
def test_parameters_of_the_published_widths(channels, outputs):
    net = Abmil(channels, outputs=outputs, generator=torch.Generator())
    embed, gates, score = channels * 512 + 512, 2 * (512 * 256 + 256), 256
    count = sum(each.numel() for each in net.parameters())
    assert count == embed + gates + score + 512 * outputs + outputs
    assert {128: 329_986, 16: 272_129}[channels] == count


def test_it_is_the_formula_of_the_publication():
    net = network().eval()
    net.standardise_with(torch.arange(6.0), torch.arange(1.0, 7.0))
    crops, kept = grids()
    logits, attention = net(crops, kept)
    for entry in range(2):
        expected, weights = by_hand(net, crops[entry][:, kept[entry, 0]].T)
        assert logits[entry].detach().numpy() == pytest.approx(expected, abs=1e-5)
        found = attention[entry][kept[entry, 0]].detach().numpy()
        assert found == pytest.approx(weights, abs=1e-6)


def test_attention_lies_on_the_tissue_and_sums_to_one():
    crops, kept = grids()
    _, attention = network().eval()(crops, kept)
    assert attention.shape == (2, 5, 7)
    assert (attention[~kept[:, 0]] == 0).all() and (attention[kept[:, 0]] > 0).all()
    assert attention.sum((1, 2)).tolist() == pytest.approx([1, 1])


def test_background_reaches_neither_output_nor_gradient():
    net = network().eval()
    crops, kept = grids()
    crops.requires_grad_()
    logits, _ = net(crops, kept)
    logits.sum().backward()
    masked = ~kept.expand_as(crops)
    assert (crops.grad[masked] == 0).all()
    assert (crops.grad[~masked] != 0).any()
    other = crops.detach().masked_fill(masked, torch.nan)
    assert torch.equal(net(other, kept)[0], logits)


def test_cells_may_stand_anywhere():
    net = network().eval()
    crops, kept = grids(batch=1)
    order = torch.randperm(35, generator=torch.Generator().manual_seed(3))
    moved = crops.flatten(2)[..., order].reshape(crops.shape)
    mask = kept.flatten(2)[..., order].reshape(kept.shape)
    logits, attention = net(crops, kept)
    again, elsewhere = net(moved, mask)
    assert torch.allclose(logits, again, atol=1e-6)
    assert torch.allclose(attention.flatten()[order], elsewhere.flatten(), atol=1e-7)


def test_a_slide_depends_neither_on_its_padding_nor_on_the_batch():
    net = network().eval()
    crops, kept = grids()
    together, _ = net(crops, kept)
    padded, mask = torch.zeros(1, CHANNELS, 9, 9), torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    padded[..., 2:7, 1:8], mask[..., 2:7, 1:8] = crops[1], kept[1]
    alone, _ = net(padded, mask)
    assert torch.equal(alone[0], together[1])


def test_a_slide_of_one_cell_gives_all_weight_to_it():
    net = network().eval()
    crops, kept = grids(batch=1)
    kept[:] = False
    kept[0, 0, 3, 2] = True
    logits, attention = net(crops, kept)
    assert attention[0, 3, 2] == 1 and attention.sum() == 1
    expected, _ = by_hand(net, crops[0, :, 3, 2][None])
    assert logits[0].detach().numpy() == pytest.approx(expected, abs=1e-5)


def test_a_slide_without_tissue_is_refused():
    crops, kept = grids()
    kept[1] = False
    with pytest.raises(SlideError, match="entry 1 of the batch: it has no cell"):
        network()(crops, kept)


def test_statistics_and_half_precision_grids_are_taken():
    net = network().eval()
    crops, kept = grids()
    net.standardise_with(torch.full((6,), 2.0), torch.full((6,), 3.0))
    half = (crops * 3 + 2).half()
    found, _ = net(half, kept)
    net.standardise_with(torch.zeros(6), torch.ones(6))
    assert torch.allclose(found, net(crops, kept)[0], atol=5e-3)
    assert {"mean", "scale"} <= set(net.state_dict())


def test_weights_and_dropout_follow_the_given_generator_alone():
    before = torch.random.get_rng_state()
    crops, kept = grids()
    one, two, other = (network(seed)(crops, kept)[0] for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_dropout_acts_in_training_only_and_keeps_the_mean():
    net = network(dropout=0.5)
    cells = torch.ones(1, CHANNELS)
    with torch.no_grad():
        # With one cell the attention is 1, so the output is linear in the dropped features.
        drawn = torch.stack([net.attend(cells)[0] for _ in range(4000)])
        expected, _ = net.eval().attend(cells)
        assert torch.equal(net.attend(cells)[0], expected)
    assert drawn.std(0).min() > 0.05
    assert torch.allclose(drawn.mean(0), expected, atol=4 * drawn.std().item() / 4000**0.5)


def test_dropped_features_are_dropped_for_all_cells():
    net = network(dropout=0.5)
    seen = []
    net.tanh_gate.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    net.attend(torch.randn(20, CHANNELS, generator=torch.Generator().manual_seed(0)))
    dropped = (seen[0] == 0).all(0)
    assert 0 < dropped.sum() < 16
    assert (seen[0][:, ~dropped] != 0).all()


def test_the_penalty_concerns_kernels_only():
    shapes = [tuple(each.shape) for each in network().kernels()]
    assert shapes == [(16, 6), (8, 16), (8, 16), (1, 8), (2, 16)]


def test_it_learns_to_look_where_the_label_is():
    rng = np.random.default_rng(0)
    crops = rng.normal(size=(40, CHANNELS, 6, 6)).astype(np.float32)
    labels = torch.arange(40) % 2
    places = rng.integers(36, size=40)
    flat = crops.reshape(40, CHANNELS, 36)
    for entry in range(0, 40, 2):
        flat[entry, 0, places[entry]] += 6
        flat[entry + 1, 0, places[entry + 1]] += 6
        flat[entry + 1, 1, places[entry + 1]] += 6
    crops, kept = torch.from_numpy(crops), torch.ones(40, 1, 6, 6, dtype=torch.bool)
    net = network(dropout=0.1)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(crops, kept)[0], labels).backward()
        optimizer.step()
    logits, attention = net.eval()(crops, kept)
    assert (logits.argmax(1) == labels).float().mean() > 0.9
    at_place = attention.flatten(1)[torch.arange(40), torch.from_numpy(places)]
    assert at_place[1::2].mean() > 5 / 36
