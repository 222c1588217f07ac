from dataclasses import replace

import numpy as np
import pytest

from histopress.errors import ConfigError, EncoderError, SlideError
from histopress.learn.data import LabelledSlide, check_fold, check_usable


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    return [
        LabelledSlide(slide=make_slide(f"s{k}", rng, label=k % 2, shape=(6, 6)), label=k % 2)
        for k in range(4)
    ]


def test_an_excluded_slide_is_refused_with_its_reason(slides):
    out = replace(slides[1].slide, reason="no tissue")
    with pytest.raises(SlideError, match=r"slide 's1': excluded \(no tissue\)"):
        check_usable([slides[0].slide, out])
    with pytest.raises(SlideError, match="s1"):
        check_fold([slides[0], replace(slides[1], slide=out)], slides[2:], classes=2)


def test_a_slide_without_cells_is_refused(slides):
    empty = replace(slides[0].slide, distance=np.zeros((6, 6), np.float32))
    with pytest.raises(SlideError, match="no cell with tissue"):
        check_usable([empty])


def test_two_encoders_in_one_cohort_are_refused(slides, make_slide):
    other = make_slide("x", np.random.default_rng(0), label=0, shape=(6, 6), channels=5)
    with pytest.raises(EncoderError, match="'x': its grid has 5 channels, 8 are expected"):
        check_usable([slides[0].slide, other])


@pytest.mark.parametrize(
    ("train", "validation", "classes", "message"),
    [
        ([0, 1], [0, 1], 3, "no training slide of class 2 among 2"),
        ([0, 1], [0, 0], 2, "2 validation slides are of fewer than two classes"),
        ([0, 1], [], 2, "0 validation slides"),
        ([0, 2], [0, 1], 2, "label 2; allowed are 0 to 1"),
    ],
)
def test_a_fold_that_cannot_be_learnt_is_refused(slides, train, validation, classes, message):
    def labelled(labels):
        return [LabelledSlide(slide=slides[0].slide, label=label) for label in labels]

    with pytest.raises(ConfigError, match=message):
        check_fold(labelled(train), labelled(validation), classes=classes)
