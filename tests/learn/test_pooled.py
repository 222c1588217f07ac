import numpy as np
import pytest

from histopress.learn.goal import Goal
from histopress.learn.pooled import FittedMean, MeanModel, pooled, regress
from histopress.learn.settings import MeanSettings

GOAL = Goal(kind="classification", classes=2)


def test_pooling_averages_kept_cells_and_views(make_slide):
    slide = make_slide("a", np.random.default_rng(0), label=1, shape=(7, 9), views=(0, 5))
    rows = [view[:, slide.kept].astype(float).mean(1) for view in slide.grid]
    np.testing.assert_allclose(pooled([slide])[0], np.mean(rows, 0), rtol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(classes):
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(classes)
    features, labels = (
        rng.standard_normal((30, 4)) * [1, 2, 3, 4] + 5,
        (np.arange(30) % (classes + 2)).clip(max=classes - 1),
    )
    scaled = (features - features.mean(0)) / features.std(0)
    reference = LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced")
    expected = reference.fit(scaled, labels).predict_proba(scaled)
    found = regress(features, labels, strength=0.1).probabilities(features)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_constant_channel_does_no_harm():
    features = np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 4.0], [1.0, 5.0]])
    found = regress(features, np.array([0, 0, 1, 1]), strength=1.0).probabilities(features)
    assert np.isfinite(found).all()
    assert (found.argmax(1) == [0, 0, 1, 1]).all()


def test_the_validation_slides_choose_the_strength(make_cohort):
    slides, _ = make_cohort(24)
    settings = MeanSettings(strengths=(10.0, 1e-4, 0.1))
    fitted = MeanModel(settings).fit(slides[:16], slides[16:], goal=GOAL, seed=0)
    assert [row["strength"] for row in fitted.history] == [1e-4, 0.1, 10.0]
    losses = [row["validation_loss"] for row in fitted.history]
    assert [row["best"] for row in fitted.history] == [int(x == min(losses)) for x in losses]
    best = fitted.history[int(np.argmin(losses))]["strength"]
    features = pooled([each.slide for each in slides[:16]])
    direct = regress(features, np.array([each.label for each in slides[:16]]), strength=best)
    np.testing.assert_array_equal(fitted.linear.coef, direct.coef)


def test_prediction_after_loading_is_equal(make_cohort):
    slides, _ = make_cohort(16)
    fitted = MeanModel(MeanSettings()).fit(slides[:8], slides[8:], goal=GOAL, seed=0)
    grids = [each.slide for each in slides]
    loaded = FittedMean.load(fitted.state, GOAL)
    np.testing.assert_array_equal(loaded.predict(grids), fitted.predict(grids))
