from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from histopress.errors import ConfigError, StoreError
from histopress.learn.fold import load_model, train_fold
from histopress.learn.scoring import macro_auc
from histopress.learn.settings import MeanSettings, NicCnnSettings

CNN = NicCnnSettings(crop=24, epochs_max=8, test_crops=4)
QUICK = NicCnnSettings(crop=11, width=16, epoch_crops=64, epochs_max=3)
BOTH = pytest.mark.parametrize("settings", [QUICK, MeanSettings()], ids=["cnn", "mean"])


def test_auc(slides, parts, result):
    test = [each for each in slides if parts[each.slide_id] == "test"]
    rows = np.stack([result.probabilities[each.slide_id] for each in test])
    return macro_auc(rows, np.array([each.label for each in test]))


test_auc.__test__ = False


@pytest.mark.parametrize(
    ("settings", "views"),
    [(CNN, (0,)), (CNN, tuple(range(8))), (MeanSettings(), (0,))],
    ids=["cnn", "cnn-8-views", "mean"],
)
def test_a_planted_patch_is_learnt(make_cohort, settings, views):
    slides, parts = make_cohort(48, cells=(12, 24), views=views, shift=3.0)
    result = train_fold(slides, parts, settings=settings, classes=2, seed=0)
    assert test_auc(slides, parts, result) > 0.9


@BOTH
def test_labels_at_random_are_not_learnt(make_cohort, settings):
    # 60 test slides: the standard error of AUC under chance is 0.075.
    slides, parts = make_cohort(240, cells=(6, 12))
    labels = np.random.default_rng(1).permutation([each.label for each in slides])
    shuffled = [replace(each, label=int(label)) for each, label in zip(slides, labels, strict=True)]
    result = train_fold(shuffled, parts, settings=settings, classes=2, seed=0)
    assert abs(test_auc(shuffled, parts, result) - 0.5) < 0.225


@BOTH
def test_three_classes(make_cohort, settings):
    slides, parts = make_cohort(24, cells=(6, 12))
    three = [replace(each, label=index % 3) for index, each in enumerate(slides)]
    result = train_fold(three, parts, settings=settings, classes=3, seed=0)
    for row in result.probabilities.values():
        assert row.shape == (3,)
        assert row.sum() == pytest.approx(1)


@BOTH
def test_equal_seeds_give_equal_bytes_in_any_order_of_slides(make_cohort, settings):
    slides, parts = make_cohort(24, cells=(6, 14))
    first = train_fold(slides, parts, settings=settings, classes=2, seed=4)
    second = train_fold(slides[::-1], parts, settings=settings, classes=2, seed=4)
    assert save(first.state) == save(second.state)
    assert first.history == second.history
    for name, row in first.probabilities.items():
        np.testing.assert_array_equal(row, second.probabilities[name])


def test_another_seed_gives_another_network(make_cohort):
    slides, parts = make_cohort(24, cells=(6, 14))
    first = train_fold(slides, parts, settings=QUICK, classes=2, seed=4)
    second = train_fold(slides, parts, settings=QUICK, classes=2, seed=5)
    assert save(first.state) != save(second.state)


@BOTH
def test_nothing_of_the_test_slides_reaches_training(make_cohort, settings):
    slides, parts = make_cohort(24, cells=(6, 14))
    changed = [
        replace(each, label=1 - each.label, slide=replace(each.slide, grid=each.slide.grid * -2))
        if parts[each.slide_id] == "test"
        else each
        for each in slides
    ]
    first = train_fold(slides, parts, settings=settings, classes=2, seed=4)
    second = train_fold(changed, parts, settings=settings, classes=2, seed=4)
    assert save(first.state) == save(second.state)
    assert first.history == second.history


@BOTH
def test_held_out_slides_are_predicted_and_so_after_loading(make_cohort, settings):
    slides, parts = make_cohort(24, cells=(6, 14))
    result = train_fold(slides, parts, settings=settings, classes=2, seed=4)
    held_out = {name for name, part in parts.items() if part != "train"}
    assert set(result.probabilities) == set(result.coverage) == held_out
    model = load_model(settings, load(save(result.state)), classes=2)
    grids = [each.slide for each in slides if each.slide_id in held_out]
    for slide, row in zip(grids, model.predict(grids), strict=True):
        np.testing.assert_array_equal(row, result.probabilities[slide.slide_id])


def test_slides_and_split_must_agree(make_cohort):
    slides, parts = make_cohort(16, cells=(6, 9))
    options = {"settings": MeanSettings(), "classes": 2, "seed": 0}
    with pytest.raises(ConfigError, match="s03"):
        train_fold(slides, {k: v for k, v in parts.items() if k != "s03"}, **options)
    with pytest.raises(ConfigError, match="x9"):
        train_fold(slides, {**parts, "x9": "test"}, **options)
    with pytest.raises(ConfigError, match="s01"):
        train_fold([*slides, slides[1]], parts, **options)


@BOTH
def test_a_model_of_other_settings_is_refused(make_cohort, settings):
    slides, parts = make_cohort(16, cells=(6, 9))
    state = train_fold(slides, parts, settings=settings, classes=2, seed=0).state
    other = NicCnnSettings(crop=24, width=16)
    with pytest.raises(StoreError, match="train it anew"):
        load_model(other, state, classes=2)
    state.pop("scale")
    with pytest.raises(StoreError, match="scale"):
        load_model(settings, state, classes=2)
