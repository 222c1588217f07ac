import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.phantom_sampling import pick_places, share_evenly


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=4),
    st.lists(st.sampled_from("ABC"), min_size=1, max_size=12),
)
def test_centres_give_alike_and_patients_of_a_centre_too(counts, centers):
    quotas = share_evenly(np.array(counts), centers)
    assert quotas.sum(0).tolist() == counts
    own = {name: quotas[np.array(centers) == name] for name in set(centers)}
    sums = np.stack([of_center.sum(0) for of_center in own.values()])
    assert (np.ptp(sums, axis=0) <= 1).all()
    assert all((np.ptp(of_center, axis=0) <= 1).all() for of_center in own.values())


def corners(start, count):
    return np.arange(start, start + 2 * count).reshape(count, 2)


def test_places_come_from_all_slides_and_none_twice():
    offered = [[corners(0, 50), corners(1000, 3)], [corners(100, 50), corners(2000, 9)]]
    owners, places = pick_places(offered, np.array([40, 12]), np.random.default_rng(1))
    assert len(set(map(tuple, places.tolist()))) == 52
    # Each pool's places come after the other's, from the slide that offers them.
    assert (places[:40] < 1000).all()
    assert (places[40:] >= 1000).all()
    assert np.array_equal(owners[:40], places[:40, 0] >= 100)
    assert np.array_equal(owners[40:], places[40:, 0] >= 2000)
    assert owners[:40].sum() == pytest.approx(20, abs=10)
    assert (owners[40:].sum(), len(owners[40:])) == (9, 12)


def test_nobody_is_asked_for_nothing():
    owners, places = pick_places([], np.zeros(3, np.int64), np.random.default_rng(1))
    assert (owners.shape, places.shape) == ((0,), (0, 2))
