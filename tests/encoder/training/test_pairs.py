from dataclasses import replace

import numpy as np
import pytest

from histopress.encoder.training.pairs import Places
from histopress.errors import EncoderError


def draw(table, adjacent, *, part="training", count=2000):
    rng = np.random.default_rng(0)
    first = rng.choice(table.indices(part), count)
    pairs = Places(table, part).pair(first, adjacent, rng)
    groups = np.array(table.groups)
    within = groups[pairs.first] == groups[pairs.second]
    return pairs, within


def test_half_are_one_place_and_no_other_is(textures):
    pairs, _ = draw(textures(), 0.75)
    assert pairs.same.sum() == 1000
    assert ((pairs.first == pairs.second) == pairs.same).all()


def test_share_of_adjacent_places(textures):
    pairs, within = draw(textures(), 0.75)
    assert abs(within[~pairs.same].mean() - 0.75) < 0.04
    pairs, within = draw(textures(), 0.0)
    assert not within[~pairs.same].any()


def test_known_neighbours_are_taken(textures):
    table = textures()
    neighbours = np.arange(96) ^ 1
    pairs, _ = draw(replace(table, neighbours=neighbours), 1.0)
    assert (pairs.second[~pairs.same] == neighbours[pairs.first[~pairs.same]]).all()


def test_partners_stay_in_the_part(textures):
    table = replace(textures(), neighbours=(np.arange(96) + 8) % 96)
    for part in ("training", "tuning"):
        pairs, _ = draw(table, 0.75, part=part)
        assert np.isin(pairs.second, table.indices(part)).all()


def test_every_member_of_another_group_is_as_likely(textures):
    table = textures()
    pairs, _ = draw(table, 0.0, count=48_000)
    counts = np.bincount(pairs.second[~pairs.same], minlength=96)[table.indices("training")]
    assert counts.min() > 400 and counts.max() < 600  # 500 expected, standard deviation 22


def test_near_duplicates_are_not_told_apart(textures):
    table = textures(facts={"grouping": "near-duplicate"})
    pairs, within = draw(table, 1.0)
    assert not within[~pairs.same].any()


def test_patches_without_mates_get_other_groups(textures):
    pairs, within = draw(textures(per_group=1), 1.0)
    assert not within[~pairs.same].any()


def test_one_group_alone_gives_any_other_patch(textures):
    table = replace(textures(8, per_group=8), parts=np.zeros(8, np.uint8))
    pairs, _ = draw(table, 0.0)
    assert (pairs.first != pairs.second)[~pairs.same].all()


def test_one_patch_alone_is_refused(textures):
    table = replace(textures(4, facts={"task": "lymph"}), parts=np.array([0, 2, 2, 2], np.uint8))
    with pytest.raises(EncoderError, match="task 'lymph': 1 patch in its training part"):
        Places(table, "training")
