from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.classification import Classification
from histopress.learn.sampling import balanced_order, draw_crop, even_order, oriented_crop
from histopress.learn.settings import NicCnnSettings
from histopress.slide.views import orient


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(1, 100), st.integers(0, 99)
)
def test_classes_take_turns_and_so_do_slides(labels, count, seed):
    labels = np.asarray(labels)
    order = balanced_order(labels, count, np.random.default_rng(seed))
    assert len(order) == count
    present = np.unique(labels)
    whole = order[: count - count % present.size].reshape(-1, present.size)
    assert (np.sort(labels[whole], 1) == present).all()
    for each in present:
        visits = np.bincount(order, minlength=labels.size)[labels == each]
        assert visits.max() - visits.min() <= 1


def test_the_order_is_drawn_anew_in_each_epoch():
    labels, rng = np.arange(20) % 2, np.random.default_rng(0)
    first, second = (balanced_order(labels, 20, rng) for _ in range(2))
    for each in (0, 1):
        assert (first[labels[first] == each] != second[labels[second] == each]).any()


@pytest.mark.parametrize("view", range(8))
def test_a_view_is_cut_upright_and_then_turned_with_its_mask(make_slide, view):
    rng = np.random.default_rng(0)
    slide = make_slide("a", rng, label=0, shape=(9, 14), views=(0, view))
    crop, kept = oriented_crop(slide, entry=1, corner=(-1, 2), size=11)
    expected = np.pad(slide.grid[1], ((0, 0), (1, 5), (0, 5)))[:, :11, 2:13]
    np.testing.assert_array_equal(crop, orient(expected, view))
    np.testing.assert_array_equal(kept[0], (crop != 0).any(0))


def test_even_order_takes_turns():
    order = even_order(5, 12, np.random.default_rng(0))
    assert sorted(order[:5]) == sorted(order[5:10]) == [0, 1, 2, 3, 4]
    assert order.size == 12


def test_an_epoch_is_whole_batches_of_all_slides_and_stored_views(make_slide):
    rng = np.random.default_rng(0)
    slides = []
    for index in range(6):
        slide = make_slide(f"s{index}", rng, label=0, shape=(9, 9), views=(0, 3))
        slide.grid[0] = np.where(slide.kept, index + 1, 0)
        slide.grid[1] = np.where(slide.kept, index + 11, 0)
        slides.append(LabelledSlide(slide=slide, label=int(index > 3), patient=index))
    settings = NicCnnSettings(crop=11, batch=8, epoch_crops=75)
    goal = Goal(kind="classification", classes=2)
    objective = Classification.fit(goal, slides, "balanced-batches")
    seen, count = set(), 0
    for draw in objective.draws(slides, settings=settings, rng=rng):
        labels = [slides[place].label for place in draw.slides]
        assert sorted(labels) == [0] * 4 + [1] * 4
        crops = [draw_crop(slides[place].slide, settings, rng)[0] for place in draw.slides]
        marks = [int(crop.max()) for crop in crops]
        assert [mark % 10 - 1 for mark in marks] == draw.slides.tolist()
        seen |= set(marks)
        count += 1
    assert count == 10
    assert seen == {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}
    first = replace(settings, views=1)
    assert max(draw_crop(slides[5].slide, first, rng)[0].max() for _ in range(20)) == 6


@pytest.mark.parametrize(
    ("views", "turn_crops", "orientations"), [((0,), True, 8), ((0,), False, 1), ((0, 1), True, 2)]
)
def test_turns_are_those_of_the_views_or_all_of_a_single_one(
    make_slide, views, turn_crops, orientations
):
    rng = np.random.default_rng(0)
    slide = make_slide("a", rng, label=0, shape=(11, 11), views=views)
    distance = np.ones((11, 11), np.float32) / 121
    slide = replace(slide, distance=distance, grid=np.repeat(slide.grid[:1], len(views), 0))
    settings = NicCnnSettings(crop=11, turn_crops=turn_crops)
    seen = {draw_crop(slide, settings, rng)[0].tobytes() for _ in range(80)}
    every = {np.ascontiguousarray(orient(slide.grid[0], turn)).tobytes() for turn in range(8)}
    assert len(seen) == orientations
    assert seen <= every
