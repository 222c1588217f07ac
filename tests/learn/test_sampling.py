import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.compress.views import orient
from histopress.learn.data import LabelledSlide
from histopress.learn.sampling import balanced_order, epoch_batches, oriented_crop


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


@pytest.mark.parametrize("view", range(8))
def test_a_view_is_cut_upright_and_then_turned_with_its_mask(make_slide, view):
    rng = np.random.default_rng(0)
    slide = make_slide("a", rng, label=0, shape=(9, 14), views=(0, view))
    crop, kept = oriented_crop(slide, entry=1, corner=(-1, 2), size=11)
    expected = np.pad(slide.grid[1], ((0, 0), (1, 5), (0, 5)))[:, :11, 2:13]
    np.testing.assert_array_equal(crop, orient(expected, view))
    np.testing.assert_array_equal(kept[0], (crop != 0).any(0))


def test_an_epoch_is_whole_batches_of_all_slides_and_stored_views(make_slide):
    rng = np.random.default_rng(0)
    slides = []
    for index in range(6):
        slide = make_slide(f"s{index}", rng, label=0, shape=(9, 9), views=(0, 3))
        slide.grid[0] = np.where(slide.kept, index + 1, 0)
        slide.grid[1] = np.where(slide.kept, index + 11, 0)
        slides.append(LabelledSlide(slide=slide, label=int(index > 3)))
    seen = set()
    options = {"crop": 11, "batch": 8, "steps": 10}
    for batch, labels in epoch_batches(slides, views=2, rng=rng, **options):
        assert batch.crops.shape == (8, 8, 11, 11)
        assert sorted(labels) == [0] * 4 + [1] * 4
        marks = batch.crops.amax((1, 2, 3)).int().tolist()
        assert [int(mark % 10 > 4) for mark in marks] == labels.tolist()
        seen |= set(marks)
    assert seen == {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}
    only = epoch_batches(slides, views=1, rng=rng, **options)
    assert max(batch.crops.max().item() for batch, _ in only) == 6
