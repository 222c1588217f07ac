from dataclasses import replace

import numpy as np
import pytest

from histopress.errors import SlideError
from histopress.learn.packing import pack, pack_patients


@pytest.fixture
def slides(make_slide):
    rng = np.random.default_rng(0)
    return [
        make_slide("b", rng, label=0, shape=(7, 5), views=(0, 3, 6)),
        make_slide("a", rng, label=0, shape=(4, 9), views=(6, 0)),
        make_slide("c", rng, label=0, shape=(6, 6), views=(0, 6, 1)),
    ]


def test_grids_lie_side_by_side_in_the_order_of_ids(slides):
    bag = pack(slides)
    packed = bag.slide
    assert packed.slide_id == "a+b+c"
    assert packed.grid.shape == (2, 8, 7, 9 + 1 + 5 + 1 + 6)
    assert packed.views == (6, 0)
    own = {each.slide_id: each for each in slides}
    for name, part in bag.unpack(packed.grid).items():
        entries = [own[name].views.index(view) for view in (6, 0)]
        np.testing.assert_array_equal(part, own[name].grid[entries])
    for name, part in bag.unpack(packed.tissue).items():
        np.testing.assert_array_equal(part, own[name].tissue)
    assert packed.kept.sum() == sum(each.kept.sum() for each in slides)
    assert not packed.kept[:, [9, 15]].any()
    assert pack(slides[::-1]).slide.grid.tobytes() == packed.grid.tobytes()


def test_each_slide_keeps_its_share_of_the_distance_map(slides):
    bag = pack(slides)
    assert bag.slide.distance.sum() == pytest.approx(1)
    for name, part in bag.unpack(bag.slide.distance).items():
        own = next(each for each in slides if each.slide_id == name)
        assert part.sum() == pytest.approx(1 / 3)
        np.testing.assert_allclose(part * 3, own.distance, rtol=1e-5)


def test_a_single_slide_stays_as_it_is(slides):
    assert pack(slides[:1]).slide is slides[0]
    bags = pack_patients(slides, [4, 2, 4], fusion="bag")
    assert [list(each.columns) for each in bags] == [["b", "c"], ["a"]]
    late = pack_patients(slides, [4, 2, 4], fusion="late")
    assert [each.slide for each in late] == slides


def test_slides_that_share_no_view_or_encoder_are_refused(slides, make_slide):
    with pytest.raises(SlideError, match="slides a, b of one patient: stored views"):
        pack([slides[1], replace(slides[0], views=(1, 2, 3))])
    other = make_slide("x", np.random.default_rng(0), label=0, shape=(5, 5), channels=5)
    with pytest.raises(SlideError, match=r"channels \[5, 8\]"):
        pack([slides[0], other])
