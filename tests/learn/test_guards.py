from dataclasses import replace

import numpy as np
import pytest

from histopress.compress.distance import distance_map
from histopress.errors import LeakError
from histopress.learn.data import LabelledSlide
from histopress.learn.guards import check_seen, check_slides, content_digest

PARTS = {"a": "train", "b": "train", "c": "validation", "d": "test"}


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    return {
        name: LabelledSlide(
            slide=make_slide(name, rng, label=0, shape=(6, 8), views=(3, 0)), label=0, patient=k
        )
        for k, name in enumerate(PARTS)
    }


def copy_of(labelled, name, patient):
    return replace(labelled, slide=replace(labelled.slide, slide_id=name), patient=patient)


def test_different_slides_pass(slides):
    check_slides(list(slides.values()), PARTS)


def test_a_patient_in_two_parts_is_refused_by_name(slides):
    slides["d"] = replace(slides["d"], patient=0)
    with pytest.raises(LeakError, match=r"'a' \(train\) and 'd' \(test\) are of one patient"):
        check_slides(list(slides.values()), PARTS)


@pytest.mark.parametrize("name", ["b", "d"])
def test_one_content_of_two_patients_is_refused_by_name(slides, name):
    slides[name] = copy_of(slides["a"], name, slides[name].patient)
    with pytest.raises(LeakError, match=rf"'a' \(train\) and '{name}' .* hold the same features"):
        check_slides(list(slides.values()), PARTS)


def test_one_patient_may_hold_a_slide_twice_in_one_part(slides):
    slides["b"] = copy_of(slides["a"], "b", 0)
    check_slides(list(slides.values()), PARTS)


def test_content_is_known_however_it_is_padded_and_in_whatever_views(slides):
    slide = slides["a"].slide
    wider = np.pad(slide.grid, ((0, 0), (0, 0), (2, 1), (3, 4)))
    kept = np.pad(slide.kept, ((2, 1), (3, 4)))
    padded = replace(slide, grid=wider, distance=distance_map(kept))
    upright = replace(slide, grid=slide.grid[1:], views=(0,))
    assert content_digest(padded) == content_digest(upright) == content_digest(slide)
    other = replace(slide, grid=slide.grid.copy())
    other.grid[1, 0][slide.kept] += np.float16(0.5)
    assert content_digest(other) != content_digest(slide)


def test_what_was_fitted_outside_the_training_part_is_refused_by_name():
    check_seen({"a", "b"}, {"c"}, PARTS)
    with pytest.raises(LeakError, match="slides d: the model was fitted on them"):
        check_seen({"a", "d"}, {"c"}, PARTS)
    with pytest.raises(LeakError, match="slides c: the model was fitted on them"):
        check_seen({"a", "c"}, {"c"}, PARTS)
    with pytest.raises(LeakError, match="slides a, x: the model was chosen on them"):
        check_seen({"a"}, {"x", "c", "a"}, PARTS)
