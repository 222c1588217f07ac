import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.flow import SEVERAL, Left, flow
from histopress.errors import StoreError

slides = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from("pqrs"), min_size=1)
reasons = st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from(["x", "y", "z"]))


@given(slides, st.lists(reasons, max_size=4))
def test_every_step_adds_up(patient_of, steps) -> None:
    own = [{slide: why for slide, why in each.items() if slide in patient_of} for each in steps]
    found = flow(patient_of, [(str(place), each) for place, each in enumerate(own)]).steps
    assert (found[0].slides, found[0].patients) == (len(patient_of), len({*patient_of.values()}))
    for before, after in pairwise(found):
        assert before.slides - after.slides == sum(each.slides for each in after.left)
        assert before.patients - after.patients == sum(each.patients for each in after.left)
    stay = {slide: who for slide, who in patient_of.items() if not any(slide in e for e in own)}
    assert (found[-1].slides, found[-1].patients) == (len(stay), len({*stay.values()}))


def test_a_patient_leaves_with_the_last_slide() -> None:
    patient_of = {"a": "p", "b": "p", "c": "q", "d": "q"}
    steps = [("with label", {"a": "missing", "c": "missing"}), ("analysed", {"b": "blurred"})]
    found = flow(patient_of, steps)
    assert found.steps[1].left == (Left(reason="missing", slides=2, patients=0),)
    assert found.steps[2].left == (Left(reason="blurred", slides=1, patients=1),)
    assert [step.patients for step in found.steps] == [2, 2, 1]


def test_reasons_that_differ_within_a_patient_are_not_attributed_to_one() -> None:
    found = flow({"a": "p", "b": "p"}, [("analysed", {"a": "x", "b": "y"})])
    assert found.steps[1].left == (
        Left(reason="x", slides=1, patients=0),
        Left(reason="y", slides=1, patients=0),
        Left(reason=SEVERAL, slides=0, patients=1),
    )


def test_no_ids_come_out() -> None:
    found = flow({"slide-7": "patient-9"}, [("analysed", {"slide-7": "blurred"})])
    text = json.dumps(found.as_json())
    assert "slide-7" not in text
    assert "patient-9" not in text


def test_a_reason_for_a_strange_slide_is_refused() -> None:
    with pytest.raises(StoreError, match="step 'analysed': slide 'z' is not in the manifest"):
        flow({"a": "p"}, [("analysed", {"z": "x"})])
