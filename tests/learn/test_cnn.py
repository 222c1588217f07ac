import numpy as np
import pytest
import torch
from scipy.special import softmax

from histopress.errors import EncoderError, SlideError
from histopress.learn.cnn import FittedCnn
from histopress.learn.goal import Goal
from histopress.learn.objectives.choice import load_objective
from histopress.learn.sampling import oriented_crop, stack
from histopress.learn.settings import NicCnnSettings

SETTINGS = NicCnnSettings(crop=11, width=8)
DRAWN = NicCnnSettings(crop=11, width=8, min_coverage=0)
GOAL = Goal(kind="classification", classes=3)


def untrained(settings):
    network = FittedCnn.build(settings, 8, outputs=3, seed=1).eval()
    objective = load_objective(GOAL, {})
    return FittedCnn(network=network, settings=settings, objective=objective, seed=5)


@pytest.fixture
def fitted():
    return untrained(SETTINGS)


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    shapes = [(7, 16), (30, 19), (3, 2), (11, 11), (1, 40)]
    return [
        make_slide(f"s{k}", rng, label=1, shape=shape, views=(0, 1, 6))
        for k, shape in enumerate(shapes)
    ]


def test_rows_are_distributions(fitted, slides):
    rows = fitted.predict(slides)
    assert rows.shape == (5, 3)
    np.testing.assert_allclose(rows.sum(1), 1, rtol=1e-12)


def test_a_prediction_depends_on_no_other_slide(fitted, slides):
    together = fitted.predict(slides)
    alone = [fitted.predict([slide])[0] for slide in slides]
    np.testing.assert_array_equal(together, alone)


def test_a_prediction_averages_all_crops_of_all_views(fitted, slides):
    slide = slides[1]
    corners = fitted.test_crops(slide).corners.tolist()
    places = [(entry, tuple(corner)) for corner in corners for entry in range(3)]
    with torch.inference_mode():
        logits = [
            fitted.network(batch.crops, batch.kept)[0].double().numpy()
            for batch in (
                stack([oriented_crop(slide, entry=entry, corner=corner, size=11)])
                for entry, corner in places
            )
        ]
    assert len(logits) > 3
    expected = softmax(logits, axis=1).mean(0)
    np.testing.assert_allclose(fitted.predict([slide])[0], expected, rtol=1e-5)


def test_prediction_after_loading_is_equal(fitted, slides):
    loaded = FittedCnn.load(SETTINGS, fitted.state, GOAL)
    np.testing.assert_array_equal(loaded.predict(slides), fitted.predict(slides))


def test_slides_of_one_shape_have_test_crops_of_their_own(make_slide):
    fitted = untrained(DRAWN)
    rng = np.random.default_rng(0)
    first, second = (make_slide(name, rng, label=0, shape=(16, 16)) for name in ("a", "b"))
    again = fitted.test_crops(first).corners
    np.testing.assert_array_equal(fitted.test_crops(first).corners, again)
    assert not np.array_equal(fitted.test_crops(second).corners, again)


def test_the_state_is_not_tied_to_the_network(fitted):
    state = fitted.state
    state["logits.bias"] += 1
    assert (fitted.state["logits.bias"] == 0).all()


def test_coverage_tells_drawn_and_used(fitted, make_slide):
    rng = np.random.default_rng(0)
    small = fitted.coverage(make_slide("a", rng, label=0, shape=(9, 10)))
    assert (small.drawn, small.used, small.tiled) == (1, 1, False)
    large = fitted.coverage(make_slide("b", rng, label=0, shape=(60, 90)))
    assert large.drawn < 0.9
    assert (large.used, large.tiled) == (1, True)


def test_slides_that_cannot_be_predicted_are_refused(fitted, make_slide):
    rng = np.random.default_rng(0)
    with pytest.raises(EncoderError, match="5 channels, 8 are expected"):
        fitted.predict([make_slide("a", rng, label=0, shape=(9, 9), channels=5)])
    slide = make_slide("b", rng, label=0, shape=(9, 9))
    object.__setattr__(slide, "reason", "no tissue")
    with pytest.raises(SlideError, match="'b'"):
        fitted.predict([slide])
