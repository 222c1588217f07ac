import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.probe.baseline import colour_texture, feature_names, patch_features
from histopress.slide.views import orient


def named(features):
    return dict(zip(feature_names(), features.T, strict=True))


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 7), st.sampled_from([16, 32, 64]))
def test_turning_and_mirroring_change_nothing(seed, view, side):
    images = np.random.default_rng(seed).integers(0, 256, (2, side, side, 3), np.uint8)
    turned = np.ascontiguousarray(orient(images, view, axes=(1, 2)))
    assert np.allclose(patch_features(turned), patch_features(images), atol=1e-5)


def test_stains_are_told_apart():
    """Pixels of one stain alone, by Beer and Lambert."""
    from histopress.probe.baseline import STAINS

    absorbed = STAINS / np.linalg.norm(STAINS, axis=1, keepdims=True)
    colours = (256 * np.exp(-absorbed) - 1).round().astype(np.uint8)
    images = np.broadcast_to(colours[:, None, None], (3, 16, 16, 3))
    found = named(patch_features(np.ascontiguousarray(images)))
    amounts = np.stack([found[f"{name} mean"] for name in ("haematoxylin", "eosin", "dab")], 1)
    assert np.allclose(amounts, np.eye(3), atol=0.02)


def test_texture_is_seen_beside_colour():
    """A fine and a coarse chequerboard have the same colours."""
    y, x = np.mgrid[:32, :32]
    fine, coarse = (((y // step + x // step) % 2) * 200 for step in (1, 8))
    images = np.stack([fine, coarse])[..., None].repeat(3, axis=3).astype(np.uint8)
    found = named(patch_features(images))
    assert found["red sd"][0] == found["red sd"][1]
    assert found["gradient x1 from 0"][0] == 1.0
    assert found["gradient x1 from 64"][1] > 0.1
    stripes = ((x // 4 % 2) * 200)[None, ..., None].repeat(3, axis=3).astype(np.uint8)
    assert named(patch_features(stripes))["coherence x1"][0] == pytest.approx(1.0)
    assert found["coherence x1"][1] < 0.1


def test_rows_follow_the_indices(table):
    found = colour_texture(table, np.array([9, 4]))
    assert found.shape == (2, len(feature_names()))
    assert np.array_equal(found, patch_features(table.images[[9, 4]]))
