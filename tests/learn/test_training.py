from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.errors import ConfigError, SlideError
from histopress.learn.cnn import FittedCnn
from histopress.learn.goal import Goal
from histopress.learn.plateau import Plateau
from histopress.learn.settings import NicCnnSettings
from histopress.learn.training import NetworkModel, train_step

QUICK = NicCnnSettings(crop=5, width=8, epoch_crops=32, epochs_max=4)
GOAL = Goal(kind="classification", classes=2)


def model(settings):
    return NetworkModel(settings, FittedCnn)


def test_the_learning_rate_falls_tenfold_to_its_floor_and_training_stops():
    plateau = Plateau(NicCnnSettings(patience=2, stop_patience=9, min_learning_rate=5e-5))
    assert plateau.update(1.0)
    rates, stopped = [], []
    for _ in range(9):
        assert not plateau.update(1.0)
        rates.append(plateau.learning_rate)
        stopped.append(plateau.finished)
    expected = [1e-2, 1e-3, 1e-3, 1e-4, 1e-4, 5e-5, 5e-5, 5e-5, 5e-5]
    assert rates == pytest.approx(expected)
    assert stopped == [False] * 8 + [True]


def test_a_better_loss_starts_both_counts_anew():
    plateau = Plateau(NicCnnSettings(patience=2, stop_patience=3))
    assert [plateau.update(loss) for loss in (1, 1, 0.9, 0.9, 0.8)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert plateau.learning_rate == 1e-2
    assert not plateau.finished


def test_the_penalty_is_l2_times_the_sum_of_squares():
    weights = torch.nn.Parameter(torch.tensor([3.0, -2.0]))

    optimizer = torch.optim.SGD([weights], lr=1.0)
    outputs = torch.zeros(4, 2) + 0 * weights.sum()
    truth = torch.tensor([0, 1, 0, 1])
    loss = train_step(
        outputs,
        lambda found: torch.nn.functional.cross_entropy(found, truth),
        kernels=[weights],
        optimizer=optimizer,
        l2=0.1,
    )
    assert loss == pytest.approx(np.log(2))
    # w − 2·0.1·w
    torch.testing.assert_close(weights.detach(), torch.tensor([2.4, -1.6]))


def test_the_state_is_that_of_the_best_epoch(make_cohort):
    slides, _ = make_cohort(16, cells=(6, 9))
    longer = replace(QUICK, epochs_max=12)
    fitted = model(longer).fit(slides[:8], slides[8:], goal=GOAL, seed=3)
    best = [row["epoch"] for row in fitted.history if row["best"]][-1]
    losses = [row["validation_loss"] for row in fitted.history]
    assert losses[best - 1] == min(losses)
    assert best < len(losses)
    shorter = model(replace(QUICK, epochs_max=best)).fit(slides[:8], slides[8:], goal=GOAL, seed=3)
    for name, array in shorter.state.items():
        np.testing.assert_array_equal(fitted.state[name], array)


def test_statistics_come_from_tissue_of_the_training_slides(make_cohort):
    slides, _ = make_cohort(16, cells=(6, 9))
    fitted = model(QUICK).fit(slides[:8], slides[8:], goal=GOAL, seed=0)
    cells = [each.slide.grid[0][:, each.slide.kept].astype(float) for each in slides[:8]]
    mean = np.mean([each.mean(1) for each in cells], 0)
    scale = np.sqrt(np.mean([(each**2).mean(1) for each in cells], 0) - mean**2)
    np.testing.assert_allclose(fitted.state["mean"], mean, rtol=1e-5)
    np.testing.assert_allclose(fitted.state["scale"], scale, rtol=1e-5)


def test_training_leaves_the_global_generators_alone(make_cohort):
    slides, _ = make_cohort(16, cells=(6, 9))
    before = torch.random.get_rng_state()
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model(QUICK).fit(slides[:8], slides[8:], goal=GOAL, seed=0)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_progress_and_excluded_slides(make_cohort):
    slides, _ = make_cohort(16, cells=(6, 9))
    seen = []
    model(QUICK).fit(
        slides[:8], slides[8:], goal=GOAL, seed=0, progress=lambda *at: seen.append(at)
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    out = replace(slides[0], slide=replace(slides[0].slide, reason="no tissue"))
    with pytest.raises(SlideError, match="s00"):
        model(QUICK).fit([out, *slides[1:8]], slides[8:], goal=GOAL, seed=0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize(
    ("place", "message"),
    [(0, "epoch 1: the training loss is nan"), (9, "the validation loss nan; lower 'learning_r")],
)
def test_embeddings_that_are_not_finite_stop_training(make_cohort, place, message):
    slides, _ = make_cohort(16, cells=(6, 9))
    grid = slides[place].slide.grid
    grid[np.isfinite(grid) & (grid != 0)] = np.inf
    with pytest.raises(ConfigError, match=message):
        model(QUICK).fit(slides[:8], slides[8:], goal=GOAL, seed=0)
