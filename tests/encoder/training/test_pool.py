import numpy as np
import torch

from histopress.encoder.training.pool import DIHEDRAL, PooledBatches

CPU = torch.device("cpu")


def test_shares_are_even_and_the_odd_ones_change(textures):
    batches = PooledBatches({name: textures(32) for name in "abc"}, device=CPU)
    batches.begin(1)
    shares = np.array([batches.shares(64) for _ in range(60)])
    assert (shares.sum(1) == 64).all()
    assert set(shares.ravel().tolist()) == {21, 22}
    assert (shares.sum(0) > 60 * 21 + 5).all()


def test_fewer_patches_than_tasks(textures):
    batches = PooledBatches({name: textures(32) for name in "abc"}, device=CPU)
    assert batches.draw(2).shape == (2, 3, 32, 32)


def test_equal_seeds_give_equal_batches_whatever_was_drawn_before(textures):
    batches = PooledBatches({name: textures(32) for name in "ab"}, device=CPU)
    # An odd count, so that the shares are drawn too.
    batches.begin(3)
    first = [batches.draw(7) for _ in range(6)]
    batches.begin(3)
    assert all(torch.equal(each, batches.draw(7)) for each in first)
    assert not torch.equal(first[0], first[1])


def test_patches_are_turned_and_mirrored_only(textures):
    table = textures(32)
    batches = PooledBatches({"a": table}, device=CPU)
    training = table.cropped(table.indices("training")).transpose(0, 3, 1, 2) / 127.5 - 1
    views = [np.rot90(each, turns, (2, 3)) for turns in range(4) for each in (training,)]
    views += [view[..., ::-1] for view in views]
    known = np.concatenate(views)
    for patch in batches.draw(16).numpy():
        assert np.abs(known - patch).max((1, 2, 3)).min() < 1e-5


def test_everything_but_turns_and_mirrors_is_off():
    on = {name for name in vars(DIHEDRAL) if getattr(DIHEDRAL, name)}
    assert on == {"turn", "mirror", "elastic_sigma", "warped"}
    assert DIHEDRAL.elastic_alpha is None
