from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.learn import whole
from histopress.learn.cnn import FittedCnn
from histopress.learn.crops import covered_share
from histopress.learn.goal import Goal
from histopress.learn.network import STRIDES, NicCnn
from histopress.learn.objectives.choice import load_objective
from histopress.learn.sampling import oriented_crop, stack
from histopress.learn.settings import NicCnnSettings
from histopress.learn.whole import kept_counts, whole_box, whole_corners

CROP = 24


def trained_like(network):
    """Give the normalisations statistics that are not their starting values."""
    draw = torch.Generator().manual_seed(3)
    for name, each in network.named_buffers():
        if name.endswith(("running_mean", "running_var", "scale")):
            each.copy_(torch.rand(each.shape, generator=draw) + 0.5)
    return network.eval()


@pytest.fixture
def fitted():
    settings = NicCnnSettings(crop=CROP, width=8, predict="whole")
    return FittedCnn(
        network=trained_like(FittedCnn.build(settings, 8, outputs=1, seed=1)),
        settings=settings,
        objective=load_objective(Goal(kind="survival"), {}),
        seed=0,
    )


@pytest.mark.parametrize("crop", [5, 11, 24, 49])
def test_the_lattice_gives_each_window_what_the_crop_gives(crop):
    net = trained_like(
        NicCnn(3, crop=crop, outputs=2, width=8, generator=torch.Generator().manual_seed(0))
    )
    step = int(np.prod(STRIDES[crop]))
    assert net.step == step
    draw = torch.Generator().manual_seed(1)
    grid = torch.randn(1, 3, crop + 3 * step, crop + step, generator=draw)
    kept = torch.rand(1, 1, *grid.shape[2:], generator=draw) < 0.8
    with torch.inference_mode():
        found = net.lattice(grid, kept)
        assert found.shape == (1, 2, 4, 2)
        for down in range(4):
            for across in range(2):
                rows, columns = (
                    slice(down * step, down * step + crop),
                    slice(across * step, across * step + crop),
                )
                expected = net(grid[..., rows, columns], kept[..., rows, columns])
                torch.testing.assert_close(found[..., down, across], expected)


@pytest.mark.parametrize("shape", [(60, 37), (24, 24), (9, 50), (3, 2), (40, 33)])
@pytest.mark.parametrize("views", [(0,), (0, 1, 6)])
def test_a_prediction_is_the_weighted_mean_of_all_windows(fitted, make_slide, shape, views):
    slide = make_slide("a", np.random.default_rng(0), label=1, shape=shape, views=views)
    corners = whole_corners(slide.kept, CROP, fitted.network.step)
    outputs, weights = [], []
    for entry in range(len(views)):
        for corner in corners.tolist():
            batch = stack([oriented_crop(slide, entry=entry, corner=tuple(corner), size=CROP)])
            with torch.inference_mode():
                outputs.append(fitted.network(batch.crops, batch.kept).item())
            weights.append(batch.kept.sum().item())
    expected = np.average(outputs, weights=weights)
    assert fitted.predict([slide]).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert covered_share(slide.kept, corners, CROP) == 1
    seen = fitted.coverage(slide)
    assert (seen.whole, seen.used, seen.crops) == (True, 1, len(corners))


def test_windows_are_counted_by_their_kept_cells():
    kept = np.random.default_rng(0).random((9, 12)) < 0.5
    found = kept_counts(kept, 5, 2)
    assert found.shape == (3, 4)
    for row in range(3):
        for column in range(4):
            window = kept[2 * row : 2 * row + 5, 2 * column : 2 * column + 5]
            assert found[row, column] == window.sum()


def test_a_grid_too_large_is_seen_in_crops_and_says_so(fitted, make_slide, monkeypatch):
    slide = make_slide("a", np.random.default_rng(0), label=1, shape=(60, 37))
    crops = replace(fitted, settings=replace(fitted.settings, predict="crops"))
    assert fitted.predict([slide]).item() != crops.predict([slide]).item()
    monkeypatch.setattr(whole, "VALUES_MAX", 60 * 37 * 8 - 1)
    assert not fitted.coverage(slide).whole
    assert fitted.predict([slide]).item() == crops.predict([slide]).item()


def test_the_box_widens_evenly_about_the_tissue_to_whole_steps():
    kept = np.zeros((40, 50), bool)
    kept[10:20, 5:40] = True
    # Rows: 10 cells in a crop of 24, seven more on either side. Columns: 35 in 24 + 3 · 4.
    assert whole_box(kept, 24, 4) == ((3, 27), (5, 41))
