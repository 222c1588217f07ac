import pytest
import torch

from histopress.encoder.tower import WIDTHS, Tower, last_side


def size(network):
    """Values of a network, running statistics included."""
    state = network.state_dict()
    return sum(value.numel() for name, value in state.items() if "num_batches" not in name)


def test_published_size():
    # By hand, C = 128, P = 128; a normalisation holds scale, offset, mean and variance.
    # convolutions: 9·(3·32 + 32·64 + 64·128 + 128·256 + 256·512) = 1,567,584
    # their normalisations: 4·(32 + 64 + 128 + 256 + 512)         =     3,968
    # dense: 4·4·512 · 512                                        = 4,194,304
    # its normalisation: 4·512                                    =     2,048
    # linear: 512·128 + 128                                       =    65,664
    assert size(Tower(channels=128, input_px=128)) == 5_833_568


def test_maps_halve_to_what_the_published_decoder_starts_from():
    tower = Tower(channels=128, input_px=128).eval()
    maps, found = torch.zeros(1, 3, 128, 128), []
    for convolution in tower.convolutions:
        maps = convolution(maps)
        found.append(tuple(maps.shape[1:]))
    assert found == [(32, 64, 64), (64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]


def test_maps_are_normalised_before_they_are_activated():
    # With offsets far below zero every map ends at the slope times its offset; the other way
    # round it would end at the offset.
    tower = Tower(channels=4, input_px=32, widths=(8,) * 5, hidden=6).train()
    seen = []
    tower.dense.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    torch.nn.init.constant_(tower.normalisations[-1].bias, -100)
    torch.nn.init.zeros_(tower.normalisations[-1].weight)
    tower(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(seen[0], torch.full((4, 8), -20.0))


@pytest.mark.parametrize(
    ("side", "last"), [(32, 1), (33, 2), (48, 2), (64, 2), (100, 4), (128, 4), (256, 8)]
)
def test_any_side_from_32_px_on(side, last):
    assert last_side(side) == last
    tower = Tower(channels=5, input_px=side, widths=(4, 4, 4, 4, 6), hidden=7).eval()
    assert tower.dense.in_features == 6 * last**2
    assert tower(torch.zeros(2, 3, side, side)).shape == (2, 5)


def test_normalises_before_it_activates():
    # The features are what LeakyReLU leaves of a normalised batch: of mean near zero before it.
    tower = Tower(channels=4, input_px=32, widths=(8,) * 5, hidden=64).train()
    patches = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    features = tower.features(patches).detach()
    before = torch.where(features < 0, features / 0.2, features)
    assert before.mean(0).abs().max() < 1e-4
    assert (before.std(0) - 1).abs().max() < 0.2


def test_embeddings_of_one_patch_do_not_depend_on_the_batch_in_evaluation():
    tower = Tower(channels=4, input_px=32).eval()
    patches = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(tower(patches)[:1], tower(patches[:1]), rtol=1e-4, atol=1e-5)
    assert len(WIDTHS) == len(tower.convolutions)
