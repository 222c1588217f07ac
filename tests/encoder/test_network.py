import pytest
import torch

from histopress.encoder.network import ConvolutionalEncoder, final_side, scale_patches


def test_published_size():
    # origin: science note, read off the released weights
    network = ConvolutionalEncoder()
    values = [v for name, v in network.state_dict().items() if "num_batches" not in name]
    assert sum(value.numel() for value in values) == 595_968
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 128)


@pytest.mark.parametrize(("side", "last"), [(64, 3), (128, 7), (32, 1)])
def test_final_side(side, last):
    assert final_side(side) == last


def test_pixels_are_scaled_pooled_and_cropped_around_the_centre():
    tiles = torch.zeros(1, 8, 8, 3, dtype=torch.uint8)
    tiles[:, 2:6, 2:6] = 255
    found = scale_patches(tiles, pool=2, input_px=2)
    assert found.shape == (1, 3, 2, 2)
    assert torch.equal(found, torch.ones(1, 3, 2, 2))
    assert scale_patches(tiles, pool=2, input_px=4).min() == -1
