from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.encoder.settings import ScheduleSettings
from histopress.errors import ConfigError
from histopress.probe.predictions import (
    read_predictions,
    validation_digest,
    write_predictions,
)
from histopress.probe.probe import run_probe
from histopress.probe.sample import fitting_patches
from histopress.probe.settings import ProbeSettings
from probe.conftest import make_table

QUICK = ProbeSettings(
    bootstrap=200, hidden=16, mlp=ScheduleSettings(epochs=4, steps=30, batch=32, learning_rate=1e-2)
)


def mean_colour(table):
    return lambda indices: table.images[indices].mean((1, 2), dtype=np.float64).astype(np.float32)


def probe(table, settings=QUICK, *, features=None, seed=1):
    return run_probe(
        table, features or mean_colour(table), settings, seed=seed, encoder="e", task="t"
    )


def planted(labels, *, strength, seed=7):
    """Ten channels of noise; the first holds the class."""
    features = np.random.default_rng(seed).normal(size=(len(labels), 10)).astype(np.float32)
    features[:, 0] += strength * labels
    return lambda indices: features[indices]


@pytest.mark.parametrize("classes", [2, 3])
def test_a_planted_signal_is_found_and_shuffled_labels_are_not(classes):
    table = make_table(900, classes=classes)
    found = probe(table, features=planted(table.labels, strength=3.0)).metrics
    nothing = probe(table, features=planted(table.labels, strength=0.0)).metrics
    for classifier in ("logistic", "mlp"):
        assert found[classifier]["auc"]["value"] > 0.85
        assert nothing[classifier]["auc"]["value"] == pytest.approx(0.5, abs=0.08)


def test_a_probe_repeats_itself_and_leaves_the_global_generators_alone(table):
    states = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = probe(table)
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    second = probe(table)
    assert first.metrics == second.metrics
    for name, each in first.predictions.items():
        assert np.array_equal(each.probabilities, second.predictions[name].probabilities)


def test_validation_labels_reach_the_scores_alone(table):
    flipped = np.where(table.parts == 2, 1 - table.labels, table.labels)
    before, after = probe(table), probe(replace(table, labels=flipped))
    for name, each in before.predictions.items():
        assert np.array_equal(each.probabilities, after.predictions[name].probabilities)
        assert before.metrics[name]["auc"]["value"] == pytest.approx(
            1 - after.metrics[name]["auc"]["value"]
        )


def test_features_are_asked_for_once_a_part(table):
    asked = []

    def features(indices):
        asked.append(set(table.parts[indices].tolist()))
        return mean_colour(table)(indices)

    probe(table, features=features)
    assert asked == [{0}, {1}, {2}]


def test_n_train_is_kept_to_and_balanced():
    table = make_table(1200, classes=3, shares=(0.7, 0.2, 0.1))
    chosen = fitting_patches(table, n_train=90, seed=1, task="t")
    used = np.concatenate(list(chosen.values()))
    assert np.bincount(table.labels[used]).tolist() == [30, 30, 30]
    assert len(set(used)) == 90
    assert set(table.parts[chosen["training"]]) == {0}
    assert set(table.parts[chosen["tuning"]]) == {1}
    share = len(chosen["tuning"]) / 90
    assert share == pytest.approx(0.25, abs=0.05)


def test_a_scarce_class_gives_all_it_has_and_small_draws_lie_in_large_ones():
    table = make_table(1200, classes=3, shares=(0.7, 0.28, 0.02))
    draws = [
        set(np.concatenate(list(fitting_patches(table, n_train=n, seed=1, task="t").values())))
        for n in (60, 300)
    ]
    assert draws[0] < draws[1]
    scarce = (table.labels == 2) & (table.parts < 2)
    assert draws[1] >= set(np.flatnonzero(scarce))
    assert len(draws[1]) == 300


def test_a_class_without_patches_is_named(table):
    lacking = replace(table, parts=np.where(table.labels == 1, 2, table.parts).astype(np.uint8))
    with pytest.raises(ConfigError, match="task 't': no training patch of c1"):
        probe(lacking)
    with pytest.raises(ConfigError, match="no validation patch"):
        probe(replace(table, parts=table.parts % 2))


def test_predictions_survive_their_file_bit_for_bit(table, tmp_path):
    result = probe(table)
    write_predictions(tmp_path / "p.csv", result.predictions)
    for classifier, before in result.predictions.items():
        after = read_predictions(
            tmp_path / "p.csv",
            classifier=classifier,
            classes=table.classes,
            name="e on t",
            digest=before.digest,
        )
        assert np.array_equal(after.probabilities, before.probabilities)
        assert after.groups == before.groups
        assert np.array_equal(after.patches, before.patches)
        assert np.array_equal(after.labels, before.labels)


def test_the_digest_tells_patches_apart_whatever_their_size(table):
    digest = validation_digest(table)
    assert validation_digest(replace(table, images=table.images[:, :8, :8], input_px=8)) == digest
    other = np.where(table.parts == 0, 2, table.parts).astype(np.uint8)
    assert validation_digest(replace(table, parts=other)) != digest
