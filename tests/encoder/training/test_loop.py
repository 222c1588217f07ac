import pytest
import torch
from torch import nn

from histopress.encoder.settings import ScheduleSettings
from histopress.encoder.training.checkpoint import Checkpoint
from histopress.encoder.training.loop import Plateau, fit
from histopress.errors import EncoderError

SCHEDULE = ScheduleSettings(epochs=6, steps=3, patience=2, stop_patience=4, learning_rate=0.1)


class Line:
    """Fit a line by noisy gradient steps; the noise derives from the epoch's seed alone."""

    def __init__(self, scores=None, bad=None):
        self.encoder = nn.Linear(2, 1)
        nn.init.zeros_(self.encoder.weight)
        nn.init.zeros_(self.encoder.bias)
        self.network = nn.ModuleDict({"encoder": self.encoder})
        self.optimisers = (torch.optim.Adam(self.network.parameters()),)
        self.source = torch.Generator()
        self.scores, self.bad, self.seeds = list(scores or []), bad, []

    def begin(self, seed):
        self.seeds.append(seed)
        self.source.manual_seed(seed)

    def step(self):
        points = torch.rand((8, 2), generator=self.source)
        loss = (self.encoder(points).squeeze(1) - points.sum(1)).square().mean()
        self.optimisers[0].zero_grad()
        loss.backward()
        self.optimisers[0].step()
        return {"loss": float("nan") if self.bad == len(self.seeds) else loss.item()}

    def validate(self):
        given = self.scores[len(self.seeds) - 1] if self.scores else None
        return {
            "score": -float(self.encoder.weight.detach().sub(1).square().sum())
            if given is None
            else given
        }


def weights(objective):
    return torch.cat([value.flatten() for value in objective.network.state_dict().values()])


def test_training_follows_the_gradient_and_tells_each_epoch():
    objective = Line()
    outcome = fit(objective, SCHEDULE, seed=1)
    assert [row["epoch"] for row in outcome.history] == [1, 2, 3, 4, 5, 6]
    assert outcome.history[-1]["loss"] < outcome.history[0]["loss"] / 4


def test_equal_seeds_give_equal_weights_and_others_do_not():
    first, second, other = Line(), Line(), Line()
    for objective, seed in ((first, 1), (second, 1), (other, 2)):
        fit(objective, SCHEDULE, seed=seed)
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


@pytest.mark.parametrize("killed_after", [1, 3, 5])
def test_a_killed_and_resumed_training_equals_an_uninterrupted_one(tmp_path, killed_after):
    whole = Line()
    expected = fit(whole, SCHEDULE, seed=1)
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", "key")

    def kill(done, _total):
        if done == killed_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(Line(), SCHEDULE, seed=1, checkpoint=checkpoint, progress=kill)
    resumed = Line()
    outcome = fit(resumed, SCHEDULE, seed=1, checkpoint=checkpoint)
    assert outcome.resumed_at == killed_after
    assert outcome.history == expected.history
    assert torch.equal(weights(resumed), weights(whole))


def test_a_checkpoint_of_another_training_is_not_taken_up(tmp_path):
    path = tmp_path / "run.checkpoint"
    fit(Line(), SCHEDULE, seed=1, checkpoint=Checkpoint(path, "one"))
    assert Checkpoint(path, "other").load() is None
    assert Checkpoint(path, "one").load() is not None
    path.write_bytes(path.read_bytes()[:50])
    assert Checkpoint(path, "one").load() is None


def test_the_best_epoch_is_kept_or_the_last():
    scores = [0.1, 0.5, 0.3, 0.2, 0.1, 0.1]
    best, last = Line(scores), Line(scores)
    outcome = fit(best, SCHEDULE, seed=1)
    assert outcome.epoch == 2
    assert [row["best"] for row in outcome.history] == [1, 1, 0, 0, 0, 0]
    short = Line(scores)
    fit(short, ScheduleSettings(**{**vars(SCHEDULE), "epochs": 2}), seed=1)
    assert torch.equal(weights(best), weights(short))
    keep = ScheduleSettings(**{**vars(SCHEDULE), "keep": "last"})
    assert fit(last, keep, seed=1).epoch == 6
    assert not torch.equal(weights(best), weights(last))


def test_the_step_size_falls_tenfold_at_a_plateau_down_to_its_floor():
    schedule = ScheduleSettings(
        learning_rate=1e-3, min_learning_rate=1e-5, patience=2, stop_patience=7
    )
    plateau = Plateau(schedule.learning_rate)
    rates = []
    for score in [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]:
        plateau.update(score, schedule)
        rates.append(plateau.learning_rate)
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4, 1e-5, 1e-5, 1e-5, 1e-5])
    assert plateau.finished(schedule)


def test_training_stops_early():
    outcome = fit(
        Line([0.5] + [0.1] * 10), ScheduleSettings(epochs=11, steps=1, stop_patience=3), seed=1
    )
    assert len(outcome.history) == 4


def test_a_loss_that_is_not_finite_stops_with_what_to_do():
    with pytest.raises(
        EncoderError, match=r"epoch 2: \{'loss': nan\} at a step size of 0.1; lower"
    ):
        fit(Line(bad=2), SCHEDULE, seed=1)


def test_no_epoch_leaves_the_first_weights():
    objective = Line()
    before = weights(objective)
    outcome = fit(objective, ScheduleSettings(epochs=0), seed=1)
    assert outcome.history == () and outcome.epoch == 0
    assert torch.equal(weights(objective), before)
