from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.learn.abmil import FittedAbmil
from histopress.learn.goal import Goal
from histopress.learn.objectives.choice import load_objective
from histopress.learn.settings import AbmilSettings

SETTINGS = AbmilSettings(width=16, gates=8, cells_max=20)


@pytest.fixture
def fitted():
    return FittedAbmil(
        network=FittedAbmil.build(SETTINGS, 8, outputs=1, seed=1),
        settings=SETTINGS,
        objective=load_objective(Goal(kind="survival"), {}),
        seed=0,
    )


@pytest.fixture
def slide(make_slide):
    return make_slide("a", np.random.default_rng(0), label=1, shape=(9, 13), views=(0, 1, 6))


def test_a_prediction_averages_all_cells_of_all_views(fitted, slide):
    rows = []
    with torch.inference_mode():
        for view in slide.grid:
            grid, kept = torch.from_numpy(view[None]), torch.from_numpy(slide.kept[None, None])
            rows.append(fitted.network.eval()(grid, kept)[0].item())
    assert fitted.predict([slide]).item() == pytest.approx(np.mean(rows), rel=1e-5)
    one = replace(fitted, settings=replace(SETTINGS, views=1))
    assert one.predict([slide]).item() == pytest.approx(rows[0], rel=1e-5)


def test_attention_lies_upright_on_the_tissue_and_sums_to_one(fitted, slide):
    found = fitted.attention(slide)
    assert (found.dtype, found.shape) == (np.float32, (9, 13))
    assert (found[slide.kept] > 0).all() and (found[~slide.kept] == 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-5)
    kept = torch.from_numpy(slide.kept[None, None])
    with torch.inference_mode():
        alone = [fitted.network(torch.from_numpy(view[None]), kept)[1][0] for view in slide.grid]
    np.testing.assert_allclose(found, np.mean(alone, 0), atol=1e-7)
    one = replace(fitted, settings=replace(SETTINGS, views=1))
    np.testing.assert_allclose(one.attention(slide), alone[0], atol=1e-7)


def test_training_draws_cells_without_replacement_of_one_view(fitted, slide):
    for entry, grid in enumerate(slide.grid):
        grid[0] = np.where(slide.kept, 100 * entry + np.arange(117).reshape(9, 13), 0)
    seen, rng = set(), np.random.default_rng(0)
    for _ in range(30):
        marks = fitted._draw(slide, rng)[:, 0].int().tolist()
        assert len(marks) == len(set(marks)) == 20
        entries = {mark // 100 for mark in marks if mark % 100 > 17}
        seen |= set(marks)
        assert len(entries) <= 2  # Cells 100 to 116 of a view look like the next one's.
    places = {mark % 100 for mark in seen}
    assert {int(place) for place in np.flatnonzero(slide.kept) if 17 <= place < 100} <= places
    few = replace(fitted, settings=replace(SETTINGS, cells_max=500))
    assert len(few._draw(slide, rng)) == slide.kept.sum()


def test_state_comes_back(fitted, slide):
    loaded = FittedAbmil.load(SETTINGS, fitted.state, Goal(kind="survival"))
    np.testing.assert_array_equal(loaded.predict([slide]), fitted.predict([slide]))
    np.testing.assert_array_equal(loaded.attention(slide), fitted.attention(slide))
