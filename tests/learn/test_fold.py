from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from histopress.errors import ConfigError, LeakError, StoreError
from histopress.learn.fold import load_model, predict_slides, train_fold
from histopress.learn.goal import Goal
from histopress.learn.reduction import fit_reduction
from histopress.learn.scoring import macro_auc, rank_correlation
from histopress.learn.settings import AbmilSettings, MeanSettings, NicCnnSettings

CNN = NicCnnSettings(crop=24, width=32, epochs_max=8, test_crops=4)
QUICK = NicCnnSettings(crop=11, width=8, epoch_crops=32, epochs_max=2, test_crops=3)
SMALL = AbmilSettings(width=32, gates=16, epoch_crops=32, epochs_max=2, cells_max=64)
MODELS = {
    "cnn": QUICK,
    "whole": replace(QUICK, predict="whole"),
    "abmil": SMALL,
    "mean": MeanSettings(),
    "reduced": replace(SMALL, reduce=4),
    "bag": replace(MeanSettings(), fusion="bag"),
}
ALL = pytest.mark.parametrize("settings", MODELS.values(), ids=MODELS)
SLIDES = pytest.mark.parametrize(
    "settings", [QUICK, SMALL, MeanSettings()], ids=["cnn", "abmil", "mean"]
)
KINDS = pytest.mark.parametrize("kind", ["classification", "regression", "survival"])
GOALS = {
    "classification": Goal(kind="classification", level="patient", classes=2),
    "regression": Goal(kind="regression", level="patient"),
    "survival": Goal(kind="survival", level="patient"),
}
TWO, THREE = (Goal(kind="classification", classes=count) for count in (2, 3))


def test_auc(slides, parts, result):
    test = [each for each in slides if parts[each.slide_id] == "test"]
    rows = np.stack([result.predictions[each.slide_id] for each in test])
    return macro_auc(rows, np.array([each.label for each in test]))


test_auc.__test__ = False


@pytest.mark.parametrize(
    ("settings", "views"),
    [(CNN, (0,)), (CNN, tuple(range(8))), (MeanSettings(), (0,))],
    ids=["cnn", "cnn-8-views", "mean"],
)
def test_a_planted_patch_is_learnt(make_cohort, settings, views):
    slides, parts = make_cohort(48, cells=(12, 24), views=views, shift=3.0)
    result = train_fold(slides, parts, settings=settings, goal=TWO, seed=0)
    assert test_auc(slides, parts, result) > 0.9


@SLIDES
def test_labels_at_random_are_not_learnt(make_cohort, settings):
    # 60 test slides: the standard error of AUC under chance is 0.075.
    slides, parts = make_cohort(240, cells=(6, 12))
    labels = np.random.default_rng(1).permutation([each.label for each in slides])
    shuffled = [replace(each, label=int(label)) for each, label in zip(slides, labels, strict=True)]
    result = train_fold(shuffled, parts, settings=settings, goal=TWO, seed=0)
    assert abs(test_auc(shuffled, parts, result) - 0.5) < 0.225


@SLIDES
def test_three_classes(make_cohort, settings):
    slides, parts = make_cohort(24, cells=(6, 12))
    three = [replace(each, label=index % 3) for index, each in enumerate(slides)]
    result = train_fold(three, parts, settings=settings, goal=THREE, seed=0)
    for row in result.predictions.values():
        assert row.shape == (3,)
        assert row.sum() == pytest.approx(1)


@ALL
@KINDS
def test_equal_seeds_give_equal_bytes_in_any_order_of_slides(make_burdened, settings, kind):
    slides, parts, _ = make_burdened(kind, 24, each=2)
    order = np.random.default_rng(0).permutation(len(slides))
    # The numbers of patients are the caller's: any will do.
    moved = [replace(slides[k], patient=100 - slides[k].patient) for k in order]
    first = train_fold(slides, parts, settings=settings, goal=GOALS[kind], seed=4)
    second = train_fold(moved, parts, settings=settings, goal=GOALS[kind], seed=4)
    assert save(first.state) == save(second.state)
    assert first.history == second.history
    for name, row in first.predictions.items():
        np.testing.assert_array_equal(row, second.predictions[name])


def test_another_seed_gives_another_network(make_cohort):
    slides, parts = make_cohort(24, cells=(6, 14))
    first = train_fold(slides, parts, settings=QUICK, goal=TWO, seed=4)
    second = train_fold(slides, parts, settings=QUICK, goal=TWO, seed=5)
    assert save(first.state) != save(second.state)


@ALL
@KINDS
def test_nothing_of_the_test_slides_reaches_training(make_burdened, settings, kind):
    slides, parts, _ = make_burdened(kind, 24)
    others = make_burdened(kind, 24, seed=9)[0]
    changed = [
        replace(each, label=other.label, slide=replace(each.slide, grid=each.slide.grid * -2))
        if parts[each.slide_id] == "test"
        else each
        for each, other in zip(slides, others, strict=True)
    ]
    first = train_fold(slides, parts, settings=settings, goal=GOALS[kind], seed=4)
    second = train_fold(changed, parts, settings=settings, goal=GOALS[kind], seed=4)
    assert save(first.state) == save(second.state)
    assert first.history == second.history
    assert first.fitted_on == {name for name, part in parts.items() if part == "train"}
    assert first.chosen_on == {name for name, part in parts.items() if part == "validation"}


@ALL
@KINDS
def test_all_slides_are_predicted_and_equally_after_loading(make_burdened, settings, kind):
    slides, parts, _ = make_burdened(kind, 16, each=2)
    result = train_fold(slides, parts, settings=settings, goal=GOALS[kind], seed=4)
    assert set(result.predictions) == set(result.coverage) == set(parts)
    model = load_model(settings, load(save(result.state)), GOALS[kind])
    grids, patients = [each.slide for each in slides], [each.patient for each in slides]
    again = predict_slides(model, grids, patients, fusion=settings.fusion)
    for name, row in again.predictions.items():
        assert row.shape == (GOALS[kind].outputs,)
        np.testing.assert_array_equal(row, result.predictions[name])


LEARNERS = {
    # Dropout of whole maps in every layer needs more steps than a test may take.
    "cnn": NicCnnSettings(
        crop=5, width=16, dropout=0.05, epoch_crops=96, epochs_max=8, test_crops=2
    ),
    "abmil": replace(SMALL, epoch_crops=64, epochs_max=12),
    "mean": MeanSettings(),
    "reduced": replace(SMALL, reduce=4, epoch_crops=64, epochs_max=12),
    "bag": replace(MeanSettings(), fusion="bag"),
}


@pytest.mark.parametrize("settings", LEARNERS.values(), ids=LEARNERS)
@KINDS
def test_a_planted_burden_is_learnt_with_its_sign(make_burdened, settings, kind):
    slides, parts, burdens = make_burdened(kind, 60, each=2, channels=4)
    result = train_fold(slides, parts, settings=settings, goal=GOALS[kind], seed=0)
    test = [name for name, part in parts.items() if part == "test"]
    truth = np.array([burdens[name] for name in test])
    found = np.array([result.predictions[name][-1] for name in test])
    assert rank_correlation(found, truth) > 0.5
    assert set(result.history[0]) >= {"train_loss", "validation_loss", "best"}
    if kind == "regression":  # In the target's unit: 50 + 10 · burden.
        assert np.mean((found - 50 - 10 * truth) ** 2) < np.var(10 * truth)


@KINDS
def test_a_bag_has_one_prediction_and_names_its_slides(make_burdened, kind):
    slides, parts, _ = make_burdened(kind, 16, each=2)
    settings = replace(SMALL, fusion="bag")
    result = train_fold(slides, parts, settings=settings, goal=GOALS[kind], seed=0)
    for patient in range(16):
        first, second = (result.predictions[f"p{patient:02d}-{k}"] for k in range(2))
        np.testing.assert_array_equal(first, second)
    assert result.fitted_on == {name for name, part in parts.items() if part == "train"}


def test_bags_need_labels_of_patients(make_burdened):
    slides, parts, _ = make_burdened("regression", 16, each=2)
    settings, goal = replace(MeanSettings(), fusion="bag"), Goal(kind="regression")
    with pytest.raises(ConfigError, match="fusion 'bag' joins the slides of a patient"):
        train_fold(slides, parts, settings=settings, goal=goal, seed=0)


def test_the_reduction_is_fitted_on_the_training_part(make_burdened):
    slides, parts, _ = make_burdened("regression", 16)
    settings = replace(MeanSettings(), reduce=3)
    result = train_fold(slides, parts, settings=settings, goal=GOALS["regression"], seed=0)
    train = [each for each in slides if parts[each.slide_id] == "train"]
    expected = fit_reduction(sorted(train, key=lambda each: each.slide_id), 3)
    for name, array in expected.state.items():
        np.testing.assert_array_equal(result.state[name], array)


def test_leaks_are_refused(make_burdened):
    slides, parts, _ = make_burdened("regression", 16)
    options = {"settings": MeanSettings(), "goal": GOALS["regression"], "seed": 0}
    with pytest.raises(LeakError, match="one patient"):
        train_fold([replace(slides[0], patient=3), *slides[1:]], parts, **options)
    copy = replace(slides[0].slide, slide_id="p03-0")
    twice = [*slides[:3], replace(slides[3], slide=copy), *slides[4:]]
    with pytest.raises(LeakError, match="'p00-0' .*'p03-0' .* hold the same features"):
        train_fold(twice, parts, **options)


def test_slides_and_split_must_agree(make_cohort):
    slides, parts = make_cohort(16, cells=(6, 9))
    options = {"settings": MeanSettings(), "goal": TWO, "seed": 0}
    with pytest.raises(ConfigError, match="s03"):
        train_fold(slides, {k: v for k, v in parts.items() if k != "s03"}, **options)
    with pytest.raises(ConfigError, match="x9"):
        train_fold(slides, {**parts, "x9": "test"}, **options)
    with pytest.raises(ConfigError, match="s01"):
        train_fold([*slides, slides[1]], parts, **options)


@SLIDES
def test_a_model_of_other_settings_is_refused(make_cohort, settings):
    slides, parts = make_cohort(16, cells=(6, 9))
    state = train_fold(slides, parts, settings=settings, goal=TWO, seed=0).state
    other = NicCnnSettings(crop=24, width=16)
    with pytest.raises(StoreError, match="train it anew"):
        load_model(other, state, TWO)
    state.pop("scale")
    with pytest.raises(StoreError, match="scale"):
        load_model(settings, state, TWO)
