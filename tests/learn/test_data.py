from dataclasses import replace

import numpy as np
import pytest

from histopress.errors import EncoderError, SlideError
from histopress.learn.data import LabelledSlide, check_usable


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    return [
        LabelledSlide(
            slide=make_slide(f"s{k}", rng, label=k % 2, shape=(6, 6)),
            label=k % 2,
            patient=k,
        )
        for k in range(4)
    ]


def test_an_excluded_slide_is_refused_with_its_reason(slides):
    out = replace(slides[1].slide, reason="no tissue")
    with pytest.raises(SlideError, match=r"slide 's1': excluded \(no tissue\)"):
        check_usable([slides[0].slide, out])


def test_a_slide_without_cells_is_refused(slides):
    empty = replace(slides[0].slide, distance=np.zeros((6, 6), np.float32))
    with pytest.raises(SlideError, match="no cell with tissue"):
        check_usable([empty])


def test_two_encoders_in_one_cohort_are_refused(slides, make_slide):
    other = make_slide("x", np.random.default_rng(0), label=0, shape=(6, 6), channels=5)
    with pytest.raises(EncoderError, match="'x': its grid has 5 channels, 8 are expected"):
        check_usable([slides[0].slide, other])
