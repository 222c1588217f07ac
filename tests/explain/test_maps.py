from dataclasses import replace

import h5py
import numpy as np
import pytest

from histopress.errors import ConfigError, StoreError
from histopress.explain.attention import attention_map
from histopress.explain.grad_cam import grad_cam
from histopress.explain.maps import Maps, choose_methods, make_arrays, read_maps, write_maps
from histopress.learn.reduced import FittedReduced


@pytest.fixture
def maps():
    rng = np.random.default_rng(0)
    return Maps(
        slide_id="s1",
        arrays={
            "grad-cam": rng.standard_normal((5, 7)).astype(np.float32),
            "attention": np.zeros((5, 7), np.float32),
        },
        model="nic-cnn",
        target="tumour",
        output="1",
        attributes={"trained_on": False},
    )


def test_what_is_written_is_read(tmp_path, maps):
    write_maps(tmp_path / "a.h5", maps)
    found = read_maps(tmp_path / "a.h5")
    assert (found.slide_id, found.model, found.target, found.output) == (
        "s1",
        "nic-cnn",
        "tumour",
        "1",
    )
    assert not found.attributes["trained_on"]
    assert set(found.arrays) == {"grad-cam", "attention"}
    for name, array in maps.arrays.items():
        np.testing.assert_array_equal(found.arrays[name], array)
    write_maps(tmp_path / "b.h5", maps)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_files_of_other_stages_are_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["schema"] = "compressed/1"
    with pytest.raises(StoreError, match="this version reads 'explain/1'"):
        read_maps(tmp_path / "a.h5")


def test_each_model_offers_its_own_method(trained, attentive, planted):
    slide, _ = planted(100, 1)
    cnn = make_arrays(trained("classification"), slide, output=1)
    np.testing.assert_array_equal(
        cnn["grad-cam"], grad_cam(trained("classification"), slide, output=1)
    )
    assert set(cnn) == {"grad-cam"}
    weights = make_arrays(attentive, slide, methods=("attention",))
    np.testing.assert_array_equal(weights["attention"], attention_map(attentive, slide))


@pytest.mark.parametrize(("kind", "asked"), [("mean", ()), ("abmil", ("grad-cam",))])
def test_methods_that_a_model_lacks_are_refused_with_those_there_are(kind, asked):
    with pytest.raises(ConfigError, match=f"kind '{kind}'; there are nic-cnn: grad-cam"):
        choose_methods(kind, asked)


def test_a_reduction_of_channels_is_passed_through(trained, attentive, planted):
    """Leaving all channels in place changes nothing; exchanging two needs the exchange undone."""
    slide, _ = planted(100, 1)
    order = np.array([1, 0, 2, 3, 4, 5])
    swapped = replace(slide, grid=slide.grid[:, order])
    for fitted in (trained("classification"), attentive):
        exchange = Exchange(order)
        reduced = FittedReduced(exchange, fitted)
        plain, behind = make_arrays(fitted, slide), make_arrays(reduced, swapped)
        assert plain.keys() == behind.keys()
        for name, array in plain.items():
            np.testing.assert_array_equal(behind[name], array)


class Exchange:
    """Stands in for a reduction: puts channels in another order."""

    def __init__(self, order):
        self.order = order

    def apply(self, slide):
        return replace(slide, grid=slide.grid[:, self.order])
