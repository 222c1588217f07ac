import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import SpacingFault
from histopress.slide.level import plan_read

SPACINGS = st.lists(st.floats(0.05, 40), min_size=1, max_size=6).map(sorted)


@pytest.mark.parametrize(
    ("levels", "asked", "level", "shrink", "factor", "spacing"),
    [
        ([0.5, 2.0], 0.5, 0, "none", 1, 0.5),
        ([0.499], 0.5, 0, "none", 1, 0.499),
        ([0.51], 0.5, 0, "none", 1, 0.51),
        ([0.25, 0.5, 1.0], 0.5, 1, "none", 1, 0.5),
        ([0.25, 1.0, 4.0], 0.5, 0, "box", 2, 0.5),
        ([0.2525, 1.01], 0.5, 0, "box", 2, 0.505),
        ([0.125], 0.5, 0, "box", 4, 0.5),
        ([0.0625, 0.126], 1.0, 1, "box", 8, 1.008),
        ([0.3], 0.5, 0, "area", 0.5 / 0.3, 0.5),
        ([0.23, 0.46, 1.84], 0.5, 1, "area", 0.5 / 0.46, 0.5),
        ([0.05], 0.8, 0, "area", 16, 0.8),
    ],
)
def test_plans(levels, asked, level, shrink, factor, spacing):
    plan = plan_read(levels, asked, slide_id="A1")
    assert (plan.level, plan.shrink) == (level, shrink)
    assert plan.factor == pytest.approx(factor)
    assert plan.spacing_um == pytest.approx(spacing)


def test_a_coarse_slide_is_refused_and_told_what_would_do():
    with pytest.raises(SpacingFault, match=r"'A1'.*1 µm/px, coarser than the 0\.5 µm/px") as caught:
        plan_read([1.0, 4.0], 0.5, slide_id="A1")
    assert "spacing_um of 1 or more" in str(caught.value)


@given(SPACINGS, st.floats(0.05, 10))
def test_never_enlarges_and_keeps_the_asked_spacing(levels, asked):
    if levels[0] > asked * 1.0201:
        with pytest.raises(SpacingFault):
            plan_read(levels, asked, slide_id="A1")
        return
    plan = plan_read(levels, asked, slide_id="A1")
    assert plan.spacing_um == pytest.approx(asked, rel=0.0201)
    assert levels[plan.level] <= asked * 1.0201
    assert plan.spacing_um == pytest.approx(levels[plan.level] * plan.factor)
    assert plan.shrink != "area" or levels[plan.level] < asked


@given(SPACINGS)
def test_a_level_of_the_asked_spacing_is_taken_as_it_is(levels):
    plan = plan_read(levels, levels[-1], slide_id="A1")
    assert plan.shrink == "none"
