import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from histopress.learn.linear import regress, regress_hazard, regress_number


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((40, 5)) * [1, 2, 3, 4, 5] + 7


def scaled(features):
    return (features - features.mean(0)) / features.std(0)


def test_numbers_are_those_of_ridge_regression(features):
    targets = features @ np.arange(5.0) + 3
    expected = Ridge(alpha=1 / 0.3).fit(scaled(features), targets).predict(scaled(features))
    found = regress_number(features, targets, strength=0.3).outputs(features)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-9)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 2.5)])
def test_class_weights_are_those_of_scikit_learn(features, weights):
    labels = (np.arange(40) % 4 == 0).astype(int)
    model = LogisticRegression(C=0.1, max_iter=1000, class_weight=dict(enumerate(weights)))
    expected = model.fit(scaled(features), labels).predict_proba(scaled(features))
    found = regress(features, labels, strength=0.1, weights=np.array(weights))
    np.testing.assert_allclose(found.probabilities(features), expected, atol=1e-9)


def test_a_hazard_rises_with_the_feature_that_brings_events_forward(features):
    times = np.exp(-features[:, 2])
    model = regress_hazard(features, times, np.ones(40, bool), strength=1.0)
    assert model.coef.shape == (1, 5)
    assert np.corrcoef(model.outputs(features)[:, 0], features[:, 2])[0, 1] > 0.9
