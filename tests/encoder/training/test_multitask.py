import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from histopress.encoder.settings import MultitaskSettings, ScheduleSettings
from histopress.encoder.training.checkpoint import Checkpoint
from histopress.encoder.training.choose import build_objective
from histopress.encoder.training.loop import fit
from histopress.encoder.training.multitask import Multitask, balanced_accuracy, mean_cross_entropy
from histopress.errors import EncoderError
from histopress.patches.settings import AugmentSettings
from histopress.patches.table import PatchTable

CPU = torch.device("cpu")
SETTINGS = MultitaskSettings(
    kind="multitask",
    grid="g",
    tasks=("stripes", "steps"),
    channels=4,
    filters=8,
    input_px=32,
    schedule=ScheduleSettings(
        epochs=8, steps=12, batch=16, learning_rate=3e-3, patience=20, keep="last"
    ),
    augment=AugmentSettings(
        scale=None, elastic_alpha=None, brightness=None, contrast=None, noise=None, blur=None
    ),
)


def table(period, classes, *, seed=0):
    """Textures of one mean colour: plain, and stripes of several widths."""
    rng = np.random.default_rng(seed)
    count = 60 * len(classes)
    labels = np.arange(count) % len(classes)
    images = np.full((count, 32, 32, 3), 128.0)
    for label in range(1, len(classes)):
        stripes = np.where(np.arange(32) % (period * label) < period * label // 2, 90, 166)
        images[labels == label] = stripes[:, None, None]
    images = np.clip(images + rng.normal(0, 8, images.shape), 0, 255).astype(np.uint8)
    return PatchTable(
        images=images,
        labels=labels.astype(np.int64),
        classes=classes,
        groups=tuple(f"p{i // 12}" for i in range(count)),
        parts=np.asarray([(0, 0, 0, 1, 2)[i // 12 % 5] for i in range(count)], np.uint8),
        spacing_um=1.0,
    )


@pytest.fixture(scope="module")
def tables():
    return {"stripes": table(4, ("plain", "striped")), "steps": table(6, ("a", "b", "c"), seed=1)}


@pytest.fixture(scope="module")
def trained(tables):
    objective = Multitask(tables, SETTINGS, seed=1, device=CPU)
    return objective, fit(objective, SETTINGS.schedule, seed=1)


def weights(objective):
    return {name: value.clone() for name, value in objective.network.state_dict().items()}


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name


def test_learns_all_tasks_at_once_beyond_mean_colour(trained):
    objective, outcome = trained
    for task in ("stripes", "steps"):
        assert balanced_accuracy(*objective.predict(task, "validation")) > 0.9
    assert outcome.history[-1]["loss"] < outcome.history[0]["loss"]


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_killed_and_resumed_training_equals_an_uninterrupted_one(tables, average, tmp_path):
    schedule = replace(SETTINGS.schedule, epochs=4, average=average)
    whole = Multitask(tables, SETTINGS, seed=1, device=CPU)
    expected = fit(whole, schedule, seed=1)
    checkpoint = Checkpoint(tmp_path / "c", "key")

    def kill(done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(
            Multitask(tables, SETTINGS, seed=1, device=CPU),
            schedule,
            seed=1,
            checkpoint=checkpoint,
            progress=kill,
        )
    resumed = Multitask(tables, SETTINGS, seed=1, device=CPU)
    outcome = fit(resumed, schedule, seed=1, checkpoint=checkpoint)
    assert outcome.resumed_at == 2
    assert outcome.history == expected.history
    assert_equal(weights(resumed), weights(whole))


def test_another_seed_gives_other_weights(tables, trained):
    short = replace(SETTINGS, schedule=replace(SETTINGS.schedule, epochs=1, steps=1))
    first, again, other = (Multitask(tables, short, seed=seed, device=CPU) for seed in (1, 1, 2))
    for objective, seed in ((first, 1), (again, 1), (other, 2)):
        fit(objective, short.schedule, seed=seed)
    assert_equal(weights(first), weights(again))
    assert not torch.equal(first.network.heads[0][1].weight, other.network.heads[0][1].weight)


def test_training_leaves_the_global_generator_alone(tables):
    before = torch.random.get_rng_state()
    objective = build_objective(tables, SETTINGS, seed=1, device=CPU)
    objective.begin(3)
    objective.network.train()
    objective.step()
    assert torch.equal(before, torch.random.get_rng_state())


def test_validation_labels_never_reach_the_weights(tables, trained):
    spoilt = {
        name: replace(each, labels=np.where(each.parts == 2, 0, each.labels))
        for name, each in tables.items()
    }
    objective = Multitask(spoilt, SETTINGS, seed=1, device=CPU)
    fit(objective, SETTINGS.schedule, seed=1)
    assert_equal(weights(objective), weights(trained[0]))


def test_parameters_of_the_published_network_are_counted():
    settings = MultitaskSettings(kind="multitask", grid="g", tasks=("a", "b", "c", "d"))
    tables = {
        name: PatchTable(
            images=np.zeros((0, 64, 64, 3), np.uint8),
            labels=np.zeros(0, np.int64),
            classes=tuple("123456789"[:count]),
            groups=(),
            spacing_um=1.0,
        )
        for name, count in zip("abcd", (2, 2, 2, 9), strict=True)
    }
    network = Multitask(tables, settings, seed=1, device=CPU).network
    values = [v for v in network.encoder.state_dict().values() if v.is_floating_point()]
    # 3·9·128 + 128 + 3·(128·9·128 + 128) convolutions, 4·4·128 normalisations,
    # 1152·128 + 128 projection: as many values as the released file holds.
    assert sum(v.numel() for v in values) == 595_968
    heads = sum(p.numel() for p in network.heads.parameters())
    # A head: 128·256 + 256, then 256·classes + classes.
    assert heads == 4 * (128 * 256 + 256) + 256 * 15 + 15
    maps = torch.zeros(1, 3, 64, 64)
    sides = []
    for convolution in network.encoder.convolutions:
        maps = convolution(maps)
        sides.append(maps.shape[-1])
    assert sides == [31, 15, 7, 3]


def test_uncertainty_weights_follow_kendall(tables):
    settings = replace(SETTINGS, weighting="uncertainty")
    objective = Multitask(tables, settings, seed=1, device=CPU)
    losses = torch.tensor([1.0, 3.0])
    with torch.no_grad():
        objective.network.log_variances.copy_(torch.tensor([0.0, 2.0]))
    expected = (1.0 + (3.0 * math.exp(-2) + 1.0)) / 2
    assert objective._weigh(losses).item() == pytest.approx(expected)
    fit(objective, replace(settings.schedule, epochs=1), seed=1)
    assert objective.network.log_variances.abs().min() > 0
    plain = Multitask(tables, SETTINGS, seed=1, device=CPU)
    fit(plain, replace(SETTINGS.schedule, epochs=1), seed=1)
    assert torch.equal(plain.network.log_variances, torch.zeros(2))


def test_a_batch_takes_equally_many_patches_of_each_task(tables, monkeypatch):
    objective = Multitask(tables, SETTINGS, seed=1, device=CPU)
    seen = []
    inner = objective.network.forward
    monkeypatch.setattr(
        objective.network,
        "forward",
        lambda patches, sizes: (seen.append((tuple(patches.shape), sizes)), inner(patches, sizes))[
            1
        ],
    )
    objective.network.train()
    objective.step()
    assert seen == [((32, 3, 32, 32), [16, 16])]


def test_a_task_of_one_class_is_refused(tables):
    single = {"alone": replace(tables["stripes"], labels=np.zeros(120, np.int64), classes=("x",))}
    with pytest.raises(EncoderError, match=r"tasks \['alone'\]: have one class"):
        Multitask(single, SETTINGS, seed=1, device=CPU)


def test_scores_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.7, 0.3]])
    labels = np.array([0, 0, 0, 1])
    assert balanced_accuracy(probabilities, labels) == pytest.approx((2 / 3 + 0) / 2)
    expected = -(math.log(0.9) + math.log(0.8) + math.log(0.4) + math.log(0.3)) / 4
    assert mean_cross_entropy(probabilities, labels) == pytest.approx(expected)
