import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import ConfigError
from histopress.pictures import group_duplicates, hash_picture, join, read_picture

BITS = 63


def all_pairs_groups(digests, hashes, bits):
    """Group by comparing every pair in every orientation, the slow and obvious way."""
    signs = [np.array([h >> (63 - k) & 1 for k in range(64)]).reshape(8, 8) for h in hashes]
    odd = np.arange(8) % 2
    owner = list(range(len(hashes)))

    def root(index):
        while owner[index] != index:
            index = owner[index]
        return index

    def near(one, two):
        views = [
            upright ^ (down * odd[:, None]) ^ (right * odd[None, :])
            for upright in (two, two.T)
            for down in (0, 1)
            for right in (0, 1)
        ]
        return min(int((one != view).sum()) for view in views) <= bits

    for one in range(len(hashes)):
        for two in range(one):
            if digests[one] == digests[two] or near(signs[one], signs[two]):
                owner[root(one)] = root(two)
    first = {}
    return [first.setdefault(root(index), len(first)) for index in range(len(hashes))]


@given(st.integers(0, 10**6), st.sampled_from([0, 1, 4, 9, 16]))
def test_groups_are_those_of_comparing_all_pairs(seed, bits):
    rng = np.random.default_rng(seed)
    hashes, digests = [], []
    for number in range(18):
        value = int(rng.integers(2**63))
        if hashes and rng.random() < 0.6:
            value = hashes[rng.integers(len(hashes))]
            for place in rng.choice(BITS, rng.integers(0, bits + 3), replace=False):
                value ^= 1 << int(place)
        copy = hashes and rng.random() < 0.1
        digests.append(digests[rng.integers(len(digests))] if copy else str(number))
        hashes.append(value)
    found = group_duplicates(digests, np.array(hashes, np.uint64), bits)
    assert found.tolist() == all_pairs_groups(digests, hashes, bits)


def test_no_pictures_make_no_groups():
    assert group_duplicates([], np.zeros(0, np.uint64), 4).tolist() == []


def test_twenty_thousand_alike_pictures_are_one_group_at_once():
    # All pairs of look-alikes would be 4·10⁸: they must not be listed.
    hashes = np.zeros(20_000, np.uint64)
    hashes[::2] = 1
    assert set(group_duplicates([str(n) for n in range(20_000)], hashes, 4).tolist()) == {0}


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), max_size=20))
def test_joined_groups_hold_what_shares_a_label_and_nothing_else(pairs):
    labellings = np.array(pairs, np.int64).reshape(-1, 2).T
    groups = join(len(pairs), *labellings)
    owner = list(range(len(pairs)))
    for _ in pairs:  # smallest reachable index, by relaxation
        for one, left in enumerate(pairs):
            for two, right in enumerate(pairs):
                if any(a == b >= 0 for a, b in zip(left, right, strict=True)):
                    owner[one] = owner[two] = min(owner[one], owner[two])
    first = {}
    assert groups.tolist() == [first.setdefault(each, len(first)) for each in owner]


@pytest.mark.parametrize(("shape", "depth"), [((9, 7), np.uint8), ((9, 7, 3), np.uint16)])
def test_grey_and_deep_pictures_become_rgb_of_8_bits(shape, depth):
    picture = np.full(shape, 200 if depth == np.uint8 else 200 * 257, depth)
    data = cv2.imencode(".png", picture)[1].tobytes()
    assert np.array_equal(read_picture(data, "x"), np.full((9, 7, 3), 200, np.uint8))


def test_channels_are_red_green_blue():
    data = cv2.imencode(".png", np.full((8, 8, 3), (1, 2, 3), np.uint8))[1].tobytes()
    assert read_picture(data, "x")[0, 0].tolist() == [3, 2, 1]


@pytest.mark.parametrize("data", [b"", b"text"])
def test_what_is_no_picture_is_named(data):
    with pytest.raises(ConfigError, match=r"picture 'a/b\.png': cannot be decoded"):
        read_picture(data, "a/b.png")


def test_brightness_hardly_moves_the_hash():
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(size=(64, 64, 3)).astype(np.float32), (0, 0), 3)
    picture = np.clip(noise / noise.std() * 30 + 128, 0, 255).astype(np.uint8)
    pale = cv2.convertScaleAbs(picture, alpha=0.8, beta=25)
    assert (hash_picture(picture) ^ hash_picture(pale)).bit_count() <= 2
