import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from histopress.errors import ConfigError
from histopress.explain.attention import attention_map


def test_attention_lies_on_what_was_planted(attentive, planted):
    found = []
    for number in range(100, 110):
        slide, patch = planted(number, number % 2)
        weights = attention_map(attentive, slide)
        assert weights.dtype == np.float32
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert not weights[~slide.kept].any()
        found.append(roc_auc_score(patch[slide.kept], weights[slide.kept]))
    assert np.mean(found) > 0.85


def test_models_without_attention_are_refused(trained, planted):
    with pytest.raises(ConfigError, match="kind 'nic-cnn' has no attention"):
        attention_map(trained("classification"), planted(100, 1)[0])
