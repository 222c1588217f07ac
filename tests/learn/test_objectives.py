from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import ConfigError, StoreError
from histopress.learn.cox import cox_loss, sampled_cox_loss
from histopress.learn.data import LabelledSlide
from histopress.learn.goal import Goal
from histopress.learn.objectives.choice import fit_objective, load_objective
from histopress.learn.settings import NicCnnSettings

SETTINGS = NicCnnSettings(batch=8, epoch_crops=32, at_once=0, cases=2, controls=2)
GOALS = {
    "classification": Goal(kind="classification", classes=2),
    "regression": Goal(kind="regression"),
    "survival": Goal(kind="survival", level="patient"),
}


@pytest.fixture
def slides(make_slide):
    slide = make_slide("s", np.random.default_rng(0), label=0, shape=(4, 4))

    def make(labels, patients=None):
        patients = range(len(labels)) if patients is None else patients
        return [
            LabelledSlide(slide=replace(slide, slide_id=f"s{k}"), label=label, patient=patient)
            for k, (label, patient) in enumerate(zip(labels, patients, strict=True))
        ]

    return make


def outcomes(*pairs):
    return [Outcome(time, event, int(event)) for time, event in pairs]


def fit(goal, train, validation=None, weights="balanced-batches"):
    return fit_objective(goal, train, validation or train, weights=weights)


# Classes


@pytest.mark.parametrize(
    ("train", "validation", "classes", "message"),
    [
        ([0, 1], [0, 1], 3, "no training entry of class 2 among 2"),
        ([0, 1], [0, 0], 2, "2 validation slides are of fewer than two classes"),
        ([0, 1], [], 2, "0 validation slides"),
        ([0, 2], [0, 1], 2, "label 2; allowed are 0 to 1"),
        ([0, 1], [0, 2], 2, "slide 's1': label 2; allowed are 0 to 1"),
    ],
)
def test_a_fold_that_cannot_be_learnt_is_refused(slides, train, validation, classes, message):
    goal = Goal(kind="classification", classes=classes)
    with pytest.raises(ConfigError, match=message):
        fit_objective(goal, slides(train), slides(validation), weights="balanced-batches")


@pytest.mark.parametrize(
    ("weights", "share", "heavy"),
    [
        ("balanced-batches", 1 / 2, (1, 1)),
        ("none", 1 / 4, (1, 1)),
        ("balanced", 1 / 4, (2 / 3, 2)),
        ((1.0, 5.0), 1 / 4, (0.5, 2.5)),
    ],
)
def test_classes_are_balanced_once_by_batches_or_by_weights(slides, weights, share, heavy):
    train = slides([0, 0, 0, 1])
    objective = fit(GOALS["classification"], train, weights=weights)
    draws = list(objective.draws(train, settings=SETTINGS, rng=np.random.default_rng(0)))
    drawn = np.concatenate([[train[k].label for k in draw.slides] for draw in draws])
    assert drawn.mean() == pytest.approx(share)
    labels = torch.tensor([train[k].label for k in draws[0].slides])
    logits = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    each = cross_entropy(logits, labels, reduction="none") * torch.tensor(heavy)[labels]
    assert draws[0].loss(logits).item() == pytest.approx(each.mean().item(), rel=1e-5)


def test_the_validation_loss_weighs_classes_as_the_training_loss_does(slides):
    train = slides([0, 0, 0, 1])
    rows = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
    surprise = -np.log([0.9, 0.8, 0.7, 0.4])
    balanced = (surprise[:3].mean() + surprise[3]) / 2
    for weights, expected in (
        ("balanced-batches", balanced),
        ("balanced", balanced),
        ("none", surprise.mean()),
        ((1.0, 5.0), (surprise * [0.5, 0.5, 0.5, 2.5]).mean()),
    ):
        found = fit(GOALS["classification"], train, weights=weights).judge(rows, train)
        assert found.loss == pytest.approx(expected)
        assert found.metric == 1


def test_patients_take_turns_where_the_class_is_theirs(slides):
    # Patient 0 has six slides: at the level of slides it would fill 6 of 7 places of its class.
    train = slides([0] * 6 + [0, 1, 1], [0] * 6 + [1, 2, 3])
    goal = Goal(kind="classification", level="patient", classes=2)
    settings = replace(SETTINGS, epoch_crops=400)
    draws = fit(goal, train).draws(train, settings=settings, rng=np.random.default_rng(0))
    patients = np.concatenate([[train[k].patient for k in draw.slides] for draw in draws])
    assert np.bincount(patients).tolist() == [100] * 4


# Numbers


def test_numbers_are_learnt_on_the_scale_of_patients_and_come_back_in_their_unit(slides):
    train = slides([10.0, 10.0, 10.0, 30.0], [0, 0, 0, 1])
    objective = fit(Goal(kind="regression", level="patient"), train)
    assert objective.activate(np.array([[0.0], [1.0]])).tolist() == [[20.0], [30.0]]
    by_slide = fit(GOALS["regression"], train)
    assert by_slide.activate(np.zeros((1, 1))).item() == 15
    draw = next(objective.draws(train, settings=SETTINGS, rng=np.random.default_rng(0)))
    truth = np.array([train[k].label for k in draw.slides])
    assert sorted(truth) == [10.0] * 4 + [30.0] * 4
    assert draw.loss(torch.zeros(8, 1)).item() == pytest.approx(1)
    perfect = torch.from_numpy((truth - 20) / 10).float()[:, None]
    assert draw.loss(perfect).item() == pytest.approx(0)


def test_errors_of_numbers_count_a_patient_once(slides):
    train = slides([10.0, 10.0, 10.0, 30.0], [0, 0, 0, 1])
    objective = fit(Goal(kind="regression", level="patient"), train)
    # Patient 0 is right on average, patient 1 is one SD off.
    scores = objective.judge(np.array([[0.0], [10.0], [20.0], [40.0]]), train)
    assert (scores.loss, scores.metric) == (pytest.approx(0.5), pytest.approx(1))
    loaded = load_objective(objective.goal, objective.state)
    assert loaded.activate(np.ones((1, 1))).item() == 30
    with pytest.raises(StoreError, match="target_mean"):
        load_objective(objective.goal, {})


def test_a_constant_prediction_has_no_rank_correlation_and_no_nan(slides):
    train = slides([10.0, 20.0, 30.0])
    assert fit(GOALS["regression"], train).judge(np.full((3, 1), 20.0), train).metric == 0


def test_validation_numbers_must_be_finite(slides):
    with pytest.raises(ConfigError, match="validation slides have no number"):
        fit(GOALS["regression"], slides([1.0, 2.0]), slides([1.0, np.nan]))


# Survival


def test_a_risk_set_holds_a_patient_once_on_one_slide(slides):
    labels = outcomes((1, True), (2, True), (2, True), (3, False), (4, True), (5, False))
    train = slides([each for each in labels for _ in range(3)], np.repeat(range(6), 3))
    objective = fit(GOALS["survival"], train)
    seen = set()
    for draw in objective.draws(train, settings=SETTINGS, rng=np.random.default_rng(0)):
        patients = [train[k].patient for k in draw.slides]
        assert len(set(patients)) == len(patients)
        seen |= set(draw.slides.tolist())
    assert len(seen) > 6


def test_a_step_has_the_sampled_loss_or_that_of_the_whole_fold(slides):
    train = slides(outcomes((1, True), (2, False), (3, True), (4, False)))
    objective = fit(GOALS["survival"], train)
    risks = torch.tensor([0.5, -1.0, 2.0, 0.1])
    whole = replace(SETTINGS, at_once=4)
    draw = next(objective.draws(train, settings=whole, rng=np.random.default_rng(0)))
    assert draw.slides.tolist() == [0, 1, 2, 3]
    times, events = torch.tensor([1.0, 2, 3, 4]), torch.tensor([True, False, True, False])
    assert draw.loss(risks[:, None]).item() == cox_loss(risks, times, events).item()
    # With three controls at most, both sets are complete.
    sets = replace(SETTINGS, controls=3)
    draw = next(objective.draws(train, settings=sets, rng=np.random.default_rng(0)))
    table = torch.tensor([[0.5, -1.0, 2.0, 0.1], [2.0, 0.1, 0, 0]])
    present = torch.tensor([[True] * 4, [True, True, False, False]])
    found = draw.loss(risks[torch.from_numpy(draw.slides)][:, None])
    assert found.item() == pytest.approx(sampled_cox_loss(table, present).item())


def test_an_epoch_goes_round_until_it_has_its_entries(slides):
    train = slides(outcomes((1, True), (2, False), (3, True), (4, False)))
    objective, rng = fit(GOALS["survival"], train), np.random.default_rng(0)
    draws = list(objective.draws(train, settings=replace(SETTINGS, at_once=9), rng=rng))
    assert [draw.slides.size for draw in draws] == [4] * 8


def test_an_earlier_event_with_a_higher_risk_is_better(slides):
    train = slides(outcomes((1, True), (2, True), (3, False)))
    objective = fit(GOALS["survival"], train)
    right = objective.judge(np.array([[2.0], [1.0], [0.0]]), train)
    wrong = objective.judge(np.array([[0.0], [1.0], [2.0]]), train)
    assert right.loss < wrong.loss
    assert (right.metric, wrong.metric) == (1, 0)


def test_validation_risks_are_averaged_over_a_patients_slides(slides):
    both = outcomes((1, True), (1, True), (2, False))
    once = slides(outcomes((1, True), (2, False)))
    objective = fit(GOALS["survival"], once)
    found = objective.judge(np.array([[3.0], [1.0], [0.0]]), slides(both, [0, 0, 1]))
    assert found == objective.judge(np.array([[2.0], [0.0]]), once)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([(1, False), (2, False)], "no event among the 2 {part} patients"),
        ([(1, False), (2, True)], "{part} patients: 1 events among 2 patients, and none"),
    ],
)
def test_a_part_without_a_comparable_event_is_refused(slides, labels, message):
    good, bad = slides(outcomes((1, True), (2, False))), slides(outcomes(*labels))
    with pytest.raises(ConfigError, match=message.format(part="training")):
        fit(GOALS["survival"], bad, good)
    with pytest.raises(ConfigError, match=message.format(part="validation")):
        fit(GOALS["survival"], good, bad)


def test_a_competing_event_counts_as_censored(slides):
    competing = [Outcome(1.0, False, 2), Outcome(2.0, True, 1), Outcome(3.0, False, 0)]
    censored = [Outcome(1.0, False, 0), *competing[1:]]
    rows = np.array([[1.0], [0.5], [2.0]])
    one, other = (slides(each) for each in (competing, censored))
    found = fit(GOALS["survival"], one).judge(rows, one)
    assert found == fit(GOALS["survival"], other).judge(rows, other)
