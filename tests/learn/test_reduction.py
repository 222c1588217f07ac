from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA

from histopress.errors import ConfigError, EncoderError, StoreError
from histopress.learn.data import LabelledSlide
from histopress.learn.reduction import Reduction, fit_reduction


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    mixing = np.diag([5, 4, 3, 2, 1, 0.5, 0.3, 0.1]) @ np.linalg.qr(rng.normal(size=(8, 8)))[0]
    found = []
    for k, shape in enumerate([(8, 8), (8, 8), (20, 30)]):
        slide = make_slide(f"s{k}", rng, label=0, shape=shape, views=(0, 3))
        grid = np.einsum("vchw,cd->vdhw", slide.grid.astype(float), mixing) * slide.kept
        found.append(
            LabelledSlide(slide=replace(slide, grid=grid.astype(np.float16)), label=0, patient=k)
        )
    return found


def cells(slide):
    return slide.grid[:, :, slide.kept].transpose(0, 2, 1).reshape(-1, len(slide.grid[0]))


def test_slides_of_one_size_give_the_components_of_scikit_learn(slides):
    found = fit_reduction(slides[:2], 3)
    expected = PCA(3).fit(np.concatenate([cells(each.slide) for each in slides[:2]]).astype(float))
    for own, other in zip(found.components, expected.components_, strict=True):
        assert abs(own @ other) == pytest.approx(1, abs=1e-5)
        assert own[np.abs(own).argmax()] > 0
    np.testing.assert_allclose(found.mean, expected.mean_, rtol=1e-4)


def test_each_slide_weighs_alike(slides):
    found = fit_reduction(slides, 3)
    twice = slides[2].slide
    wide = replace(twice, grid=np.repeat(twice.grid, 2, 0), views=(0, 3, 0, 3))
    again = fit_reduction([*slides[:2], replace(slides[2], slide=wide)], 3)
    np.testing.assert_allclose(found.components, again.components, atol=1e-5)
    only = fit_reduction(slides[:2], 3)
    assert np.abs(found.mean - only.mean).max() > 0.1


def test_projected_cells_are_centred_and_background_stays_zero(slides):
    found = fit_reduction(slides[2:], 8)
    slide = found.apply(slides[2].slide)
    assert slide.grid.shape == (2, 8, 20, 30)
    assert (slide.grid[:, :, ~slide.kept] == 0).all()
    own, given = cells(slide).astype(float), cells(slides[2].slide).astype(float)
    assert np.abs(own.mean(0)).max() < 0.02
    assert (np.diff(own.var(0)) < 0).all()
    # All components only turn the cells.
    lengths = np.linalg.norm(given - given.mean(0), axis=1)
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), lengths, rtol=0.01)


def test_it_comes_back_and_refuses_what_does_not_fit(slides, make_slide):
    found = fit_reduction(slides, 3)
    assert found.fitted_on == {"s0", "s1", "s2"}
    loaded = Reduction.load(found.state)
    slide = slides[0].slide
    np.testing.assert_array_equal(loaded.apply(slide).grid, found.apply(slide).grid)
    with pytest.raises(ConfigError, match="reduce 9: the grid has 8 channels"):
        fit_reduction(slides, 9)
    other = make_slide("x", np.random.default_rng(0), label=0, shape=(5, 5), channels=5)
    with pytest.raises(EncoderError, match="'x'"):
        found.apply(other)
    with pytest.raises(StoreError, match="reduction_mean"):
        Reduction.load({})
