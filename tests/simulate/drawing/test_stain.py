import numpy as np

from histopress.simulate.drawing.stain import REFERENCE, Stain, draw_stain, transmit


def test_light_follows_beer_and_lambert(stain):
    rng = np.random.default_rng(1)
    dyes = rng.uniform(0, 2, (3, 8, 9)).astype(np.float32)
    light = transmit(dyes[0], dyes[1], stain)
    expected = stain.white * np.exp(
        -dyes[0][..., None] * stain.density[0] - dyes[1][..., None] * stain.density[1]
    )
    assert np.allclose(light, expected, rtol=1e-4)
    darker = transmit(dyes[0], dyes[1], stain, dyes[2])
    assert (darker < light).all()
    red, green, _ = (darker / light).mean((0, 1))
    assert red > green + 0.3


def test_without_spread_all_slides_are_the_reference():
    rng = np.random.default_rng(1)
    stain = draw_stain(rng, rng, center_sd=0.0, slide_sd=0.0)
    assert isinstance(stain, Stain)
    assert np.allclose(stain.density, REFERENCE, rtol=1e-6)
