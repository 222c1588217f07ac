from itertools import combinations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from histopress.errors import ConfigError
from histopress.probe.effects import transfer_effects
from histopress.probe.heatmap import transfer_figure
from histopress.probe.transfer import (
    Score,
    check_scores,
    training_label,
    transfer_cells,
)
from histopress.probe.transfer_report import MATRIX_COLUMNS, matrix_rows, transfer_report

TASKS = ("lymph", "mitosis", "prostate")


def study(effect, *, seeds=(1, 2, 3), noise=0.01, sizes=(0, 1, 2, 3)):
    """Scores = 0.6 + what each training task adds to the probed one + noise."""
    rng = np.random.default_rng(0)
    return [
        Score(
            encoder=f"{'+'.join(trained)}.{seed}",
            seed=seed,
            trained=frozenset(trained),
            task=task,
            value=0.6
            + sum(effect.get((added, task), 0.0) for added in trained)
            + noise * rng.normal(),
        )
        for seed in seeds
        for size in sizes
        for trained in combinations(TASKS, size)
        for task in TASKS
    ]


PLANTED = {("lymph", "lymph"): 0.2, ("lymph", "mitosis"): 0.1, ("prostate", "lymph"): -0.1}


def test_planted_help_and_harm_are_found_and_silence_kept():
    effects = transfer_effects(study(PLANTED, noise=0.002), TASKS, level=0.99)
    verdicts = {(each.added, each.task): each.verdict for each in effects}
    assert len(verdicts) == 9
    assert verdicts.pop(("lymph", "lymph")) == "helps"
    assert verdicts.pop(("lymph", "mitosis")) == "helps"
    assert verdicts.pop(("prostate", "lymph")) == "hurts"
    assert set(verdicts.values()) == {"not distinguishable at 3 seeds"}


def test_an_effect_is_students_paired_interval_over_seed_means():
    scores = study(PLANTED)
    table = {(each.trained, each.seed, each.task): each.value for each in scores}
    sets = [frozenset({"mitosis"}), frozenset({"prostate"}), frozenset({"mitosis", "prostate"})]
    per_seed = [
        [np.mean([table[each | extra, seed, "mitosis"] for each in sets]) for seed in (1, 2, 3)]
        for extra in ({"lymph"}, set())
    ]
    bounds = ttest_rel(*per_seed).confidence_interval(0.95)
    found = transfer_effects(scores, TASKS, level=0.95)
    effect = next(each for each in found if (each.added, each.task) == ("lymph", "mitosis"))
    assert (effect.low, effect.high) == pytest.approx((bounds.low, bounds.high))
    assert set(effect.sets) == set(sets)


def test_untrained_encoders_are_no_baseline_of_an_effect():
    assert transfer_effects(study(PLANTED, sizes=(0, 1)), TASKS, level=0.95) == []
    text = transfer_report([], [], TASKS, metric="AUC", level=0.95)
    assert "nothing can be said" in text


def test_one_seed_says_nothing():
    effects = transfer_effects(study(PLANTED, seeds=(1,)), TASKS, level=0.95)
    assert {each.verdict for each in effects} == {"not distinguishable at 1 seed"}
    assert {(each.low, each.high) for each in effects} == {(None, None)}


def test_every_seed_averages_over_the_same_sets():
    """Where an encoder is missing at one seed, its pair leaves all seeds."""
    scores = [
        each for each in study(PLANTED) if (each.trained, each.seed) != (frozenset({"mitosis"}), 2)
    ]
    effects = transfer_effects(scores, TASKS, level=0.95)
    effect = next(each for each in effects if (each.added, each.task) == ("lymph", "mitosis"))
    assert set(effect.sets) == {frozenset({"prostate"}), frozenset({"mitosis", "prostate"})}
    assert effect.seeds == 3


def test_cells_average_over_seeds_in_the_order_that_readers_expect():
    scores = study(PLANTED)
    cells = transfer_cells(scores, TASKS)
    labels = list(dict.fromkeys(training_label(each.trained, TASKS) for each in cells))
    assert labels == [
        "untrained", *TASKS, *(f"all but {task}" for task in TASKS), "all"
    ]  # fmt: skip
    values = [each.value for each in scores if not each.trained and each.task == "mitosis"]
    cell = next(each for each in cells if not each.trained and each.task == "mitosis")
    assert (cell.mean, cell.sd) == pytest.approx((np.mean(values), np.std(values, ddof=1)))


def test_ambiguous_studies_are_refused():
    scores = study(PLANTED)
    with pytest.raises(ConfigError, match="have the same tasks and seed 1"):
        check_scores([*scores, scores[0]], TASKS)
    with pytest.raises(ConfigError, match="was trained on prostate, which is not among"):
        check_scores(scores, TASKS[:2])


def test_report_and_matrix_say_only_what_the_intervals_allow():
    scores = study(PLANTED, noise=0.002)
    cells = transfer_cells(scores, TASKS)
    effects = transfer_effects(scores, TASKS, level=0.99)
    text = transfer_report(cells, effects, TASKS, metric="AUC", level=0.99)
    said = "lymph helps lymph; lymph helps mitosis; prostate hurts lymph."
    assert f"Said to help or hurt: {said} Of 9 intervals, 0.1 would" in text
    rows = matrix_rows(cells, effects, TASKS)
    assert all(tuple(row) == MATRIX_COLUMNS for row in rows)
    assert [row["kind"] for row in rows].count("added") == 9


def test_the_figure_frames_exactly_what_is_said():
    scores = study(PLANTED, noise=0.002)
    cells = transfer_cells(scores, TASKS)
    effects = transfer_effects(scores, TASKS, level=0.99)
    figure = transfer_figure(cells, effects, TASKS, metric="AUC", level=0.99)
    bold = [text.get_text() for text in figure.axes[1].texts if text.get_fontweight() == "bold"]
    assert len(bold) == 3
    assert sum(text.startswith("−0.") for text in bold) == 1
    assert len(figure.axes[0].texts) == len(cells)
