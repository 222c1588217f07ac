from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from histopress.errors import ConfigError, EncoderError, SlideError
from histopress.explain.grad_cam import crop_heat, grad_cam, predicted_corners, spread, upright
from histopress.learn.cnn import FittedCnn
from histopress.learn.network import STRIDES
from histopress.slide.views import orient


def contrast(heat, patch, kept):
    """How well heat tells the patch's cells from other tissue: area under the curve."""
    return roc_auc_score(patch[kept], heat[kept])


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_heat_lies_on_what_was_planted(kind, trained, planted):
    fitted = trained(kind)
    found = []
    for number in range(100, 110):
        slide, patch = planted(number, 1)
        heat = grad_cam(fitted, slide, output=1 if kind == "classification" else 0)
        assert heat.dtype == np.float32
        assert heat.shape == slide.kept.shape
        assert not heat[~slide.kept].any()
        found.append(contrast(heat, patch, slide.kept))
    assert np.mean(found) > 0.85


def test_evidence_for_one_of_two_classes_is_evidence_against_the_other(trained, planted):
    fitted = trained("classification")
    slide, patch = planted(100, 1)
    pro, contra = (grad_cam(fitted, slide, output=output) for output in (1, 0))
    np.testing.assert_allclose(pro, -contra, atol=1e-5 * np.abs(pro).max())
    assert pro[patch].mean() > 0
    rectified = grad_cam(fitted, slide, output=1, rectify=True)
    np.testing.assert_array_equal(rectified, np.maximum(pro, 0))


def test_the_heat_of_a_crop_is_the_published_sum(trained, planted):
    """Against gradients by finite differences of the network's own output."""
    fitted = trained("classification")
    network = fitted.network.double()
    try:
        rng = torch.Generator().manual_seed(1)
        crops = torch.randn((1, 6, 24, 24), generator=rng) + 3
        kept = torch.ones((1, 1, 24, 24), dtype=torch.bool)
        with torch.no_grad():
            # 'standardised' computes in float32, as for stored grids.
            maps = network.blocks[0](network.standardised(crops, kept).double())

            def odds(values):
                logits = network.logits(network.dense(network.blocks[1:](values).flatten(1)))[0]
                return float(logits[1] - logits[0])

            step = 1e-4
            alpha = torch.empty(maps.shape[1], dtype=torch.float64)
            for channel in range(len(alpha)):
                # The mean gradient is the slope along a constant, over the number of places.
                up, down = maps.clone(), maps.clone()
                up[:, channel] += step
                down[:, channel] -= step
                alpha[channel] = (odds(up) - odds(down)) / (2 * step) / maps[0, 0].numel()
            expected = spread((alpha[:, None, None] * maps[0]).sum(0)[None, None].float(), crop=24)
    finally:
        network.float()
    found = crop_heat(network, crops, kept, 1)
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(found).max())


@pytest.mark.parametrize("crop", [5, 11, 24, 49])
def test_a_cell_takes_the_mean_of_the_windows_that_hold_it(crop):
    stride = STRIDES[crop][0]
    places = (crop - 3) // stride + 1
    heat = np.random.default_rng(crop).standard_normal((places, places)).astype(np.float32)
    found = spread(torch.from_numpy(heat)[None, None], crop=crop)[0].numpy()
    for row in range(crop):
        for column in range(crop):
            over = [
                heat[i, j]
                for i in range(places)
                for j in range(places)
                if 0 <= row - stride * i < 3 and 0 <= column - stride * j < 3
            ]
            if over:
                assert found[row, column] == pytest.approx(np.mean(over), abs=1e-5)
            else:
                assert crop - 1 in (row, column)
                assert found[row, column] == found[min(row, crop - 2), min(column, crop - 2)]


@given(st.integers(0, 7), st.integers(1, 6), st.integers(1, 6))
def test_upright_undoes_every_view(view, rows, columns):
    array = np.arange(2 * rows * columns).reshape(2, rows, columns)
    np.testing.assert_array_equal(upright(orient(array, view), view), array)


@pytest.mark.parametrize("view", range(8))
def test_maps_of_turned_views_are_turned_back(view, trained, planted):
    """The heat of a view that was encoded turned lies where the view's patch lies upright."""
    fitted = trained("classification")
    slide, patch = planted(103, 1, views=(view,))
    heat = grad_cam(fitted, slide, output=1)
    assert contrast(heat, patch, slide.kept) > 0.8


def test_a_cell_is_averaged_over_the_crops_that_cover_it(trained, planted):
    fitted = trained("classification")
    slide, _ = planted(104, 1, shape=(40, 44))
    corners = predicted_corners(fitted, slide)
    total, votes = np.zeros((40, 44)), np.zeros((40, 44))
    padded = np.pad(slide.grid[0], ((0, 0), (60, 60), (60, 60)))
    kept = np.pad(slide.kept, 60)
    for row, column in corners:
        cut = np.s_[row + 60 : row + 84, column + 60 : column + 84]
        crop = torch.from_numpy(padded[:, cut[0], cut[1]].copy())[None]
        mask = torch.from_numpy(kept[cut].copy())[None, None]
        large = np.zeros((160, 164))
        large[cut] = crop_heat(fitted.network, crop, mask, 1)[0]
        total += large[60:100, 60:104]
        large[cut] = 1
        votes += large[60:100, 60:104]
    expected = np.where(slide.kept & (votes > 0), total / np.maximum(votes, 1), 0)
    found = grad_cam(fitted, slide, output=1)
    covered = slide.kept & (votes > 0)
    assert len(corners) > 1
    np.testing.assert_allclose(found[covered], expected[covered], rtol=1e-3, atol=1e-5)


def test_cells_in_no_test_crop_have_heat_all_the_same(trained, planted):
    fitted = trained("classification")
    few = replace(fitted, settings=replace(fitted.settings, test_crops=1, min_coverage=0.0))
    slide, _ = planted(105, 1, shape=(60, 70))
    assert few.coverage(slide).used < 0.9
    heat = grad_cam(few, slide, output=1)
    assert (heat[slide.kept] != 0).all()


def test_whole_prediction_is_explained_by_its_own_windows(trained, planted):
    fitted = trained("classification")
    whole = replace(fitted, settings=replace(fitted.settings, predict="whole"))
    slide, patch = planted(106, 1, shape=(40, 44))
    assert len(predicted_corners(whole, slide)) == whole.coverage(slide).crops
    assert contrast(grad_cam(whole, slide, output=1), patch, slide.kept) > 0.8


def test_a_map_depends_on_nothing_but_model_and_slide(trained, planted):
    fitted = trained("classification")
    slide, _ = planted(107, 1)
    first = grad_cam(fitted, slide, output=1)
    fitted.network.train()
    np.testing.assert_array_equal(grad_cam(fitted, slide, output=1), first)
    loaded = FittedCnn.load(fitted.settings, fitted.state, fitted.objective.goal)
    np.testing.assert_array_equal(grad_cam(loaded, slide, output=1), first)


def test_what_cannot_be_explained_is_refused(trained, attentive, planted):
    fitted = trained("classification")
    slide, _ = planted(108, 1)
    with pytest.raises(ConfigError, match="output 2: the model has 2, counted from 0"):
        grad_cam(fitted, slide, output=2)
    with pytest.raises(ConfigError, match="kind 'abmil' has no convolutions"):
        grad_cam(attentive, slide)
    with pytest.raises(SlideError, match="excluded"):
        grad_cam(fitted, replace(slide, reason="blurred"))
    with pytest.raises(EncoderError, match="5 channels, 6"):
        grad_cam(fitted, replace(slide, grid=slide.grid[:, :5]))
