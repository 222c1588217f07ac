import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from histopress.simulate.drawing.chance import place_keys, smooth_window, uniform


@given(st.integers(0, 2**63), st.integers(-50, 50), st.integers(-50, 50), st.floats(0.3, 9))
def test_windows_of_a_field_agree_where_they_overlap(root, left, top, pitch):
    step = {"pitch": pitch, "step": 0.125, "count": 40}
    first = smooth_window(root, 3, left=float(left), top=float(top), **step)
    second = smooth_window(root, 3, left=left + 2.0, top=top + 1.0, **step)
    assert np.allclose(first[8:, 16:], second[:-8, :-16], atol=1e-4)


def test_fields_are_centred_of_unit_spread_and_differ():
    fields = [
        smooth_window(root, stream, pitch=2.0, left=0.0, top=0.0, step=0.5, count=400)
        for root, stream in ((1, 1), (1, 2), (2, 1))
    ]
    for field in fields:
        assert abs(field.mean()) < 0.1
        assert 0.9 < field.std() < 1.1
    assert np.abs(np.corrcoef([field.ravel() for field in fields])[0, 1:]).max() < 0.05


def test_neighbouring_places_are_independent():
    keys = place_keys(7, 1, np.arange(200)[None, :], np.arange(200)[:, None])
    assert len(np.unique(keys)) == keys.size
    numbers = uniform(keys, 0)
    assert abs(np.corrcoef(numbers[:, 1:].ravel(), numbers[:, :-1].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(numbers[1:].ravel(), numbers[:-1].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(numbers.ravel(), uniform(keys, 1).ravel())[0, 1]) < 0.02
