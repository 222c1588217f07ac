import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from histopress.patches.sampling import BalancedSampler


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from("ABC")), min_size=1, max_size=40),
    st.lists(st.integers(0, 25), min_size=1, max_size=5),
    st.integers(0, 10**6),
)
def test_decks_are_used_up_before_any_member_comes_again(patches, draws, seed):
    labels = np.array([label for label, _ in patches])
    centers = [center for _, center in patches]
    sampler, rng = BalancedSampler(labels, centers), np.random.default_rng(seed)
    drawn = np.concatenate([sampler.draw(n, rng) for n in draws])
    assert len(drawn) == sum(draws)
    assert drawn.dtype == np.int64

    def is_even(sequence, members):
        """Whether every run of len(members) from the start holds each member once."""
        size = len(members)
        runs = [sequence[start : start + size] for start in range(0, len(sequence), size)]
        return all(len(set(run)) == len(run) and set(run) <= set(members) for run in runs)

    assert is_even(labels[drawn].tolist(), sorted(set(labels.tolist())))
    for label in set(labels.tolist()):
        of_class = [i for i in drawn.tolist() if labels[i] == label]
        held = sorted({centers[i] for i in range(len(labels)) if labels[i] == label})
        assert is_even([centers[i] for i in of_class], held)
        for center in held:
            cell = [i for i in range(len(labels)) if labels[i] == label and centers[i] == center]
            assert is_even([i for i in of_class if centers[i] == center], cell)


def test_a_rare_class_and_a_small_centre_count_as_much_as_others():
    labels = np.array([0] * 97 + [1] * 3)
    centers = ["A"] * 90 + ["B"] * 7 + ["A"] * 3
    drawn = BalancedSampler(labels, centers).draw(400, np.random.default_rng(0))
    assert (labels[drawn] == 1).sum() == 200
    of_first = [centers[i] for i in drawn if labels[i] == 0]
    assert (of_first.count("A"), of_first.count("B")) == (100, 100)


def test_equal_generators_draw_equally():
    labels, centers = np.arange(20) % 3, ["A", "B"] * 10
    one, two = (
        BalancedSampler(labels, centers).draw(50, np.random.default_rng(seed)) for seed in (1, 1)
    )
    assert np.array_equal(one, two)
