import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from histopress.encoder.decoder import WIDTHS, Decoder, UpConvolution, doublings_to


def size(network):
    state = network.state_dict()
    return sum(value.numel() for name, value in state.items() if "num_batches" not in name)


def test_published_size():
    # By hand, C = 128, P = 128; a normalisation holds scale, offset, mean and variance.
    # dense: 128·8192 + 8192                                         = 1,056,768
    # convolutions: 9·(512·256 + 256·128 + 128·64 + 64·32 + 32·16)   = 1,571,328
    # their normalisations: 4·(256 + 128 + 64 + 32 + 16)             =     1,984
    # last convolution: 9·16·3 + 3                                   =       435
    decoder = Decoder(channels=128, output_px=128)
    assert size(decoder) == 2_630_515
    assert decoder.dense.out_features == 8192


@pytest.mark.parametrize(("side", "doublings"), [(32, 3), (64, 4), (128, 5), (256, 6)])
def test_doublings_follow_the_side(side, doublings):
    decoder = Decoder(channels=3, output_px=side, widths=(8, 4, 4, 4, 4, 4)).eval()
    assert len(decoder.convolutions) == doublings == doublings_to(side)
    assert decoder(torch.zeros(2, 3)).shape == (2, 3, side, side)


def test_widths_run_from_the_deepest_on():
    widths = [each.num_features for each in Decoder(channels=2, output_px=64).normalisations]
    assert widths == [256, 128, 64, 32]
    widths = [each.num_features for each in Decoder(channels=2, output_px=256).normalisations]
    assert widths == [*WIDTHS[1:], 16]


@pytest.mark.parametrize("side", [2, 48, 100])
def test_refuses_sides_that_no_doubling_reaches(side):
    with pytest.raises(ValueError, match=str(side)):
        doublings_to(side)


@settings(max_examples=25)
@given(
    before=st.integers(1, 5),
    after=st.integers(1, 5),
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_doubling_and_convolving_at_once_is_both_in_turn(before, after, height, width, seed):
    layer = UpConvolution(before, after).double()
    source = torch.Generator().manual_seed(seed)
    torch.nn.init.normal_(layer.convolution.weight, generator=source)
    maps = torch.randn(2, before, height, width, generator=source, dtype=torch.float64)
    doubled = functional.interpolate(maps, scale_factor=2.0, mode="nearest")
    expected = functional.conv2d(doubled, layer.convolution.weight, padding=1)
    torch.testing.assert_close(layer(maps), expected)


def test_values_lie_where_patches_do():
    drawn = Decoder(channels=4, output_px=32, widths=(8, 8)).eval()(torch.full((2, 4), 1e4))
    assert drawn.abs().max() <= 1
    assert drawn.abs().max() > 0.5
