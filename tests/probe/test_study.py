from histopress.encoder.settings import ScheduleSettings
from histopress.probe.study import TransferSettings, transfer_encoders, transfer_training


def test_each_task_is_trained_alone_left_out_and_with_all():
    matrix = TransferSettings(tasks=("a", "b", "c"), seeds=(4, 9))
    encoders = list(transfer_encoders(matrix))
    sets = {each.tasks for each in encoders}
    assert sets == {(), ("a",), ("b",), ("c",), ("b", "c"), ("a", "c"), ("a", "b"), ("a", "b", "c")}
    assert len(encoders) == 2 * len(sets)
    assert {each.seed for each in encoders} == {4, 9}
    assert len({each.name for each in encoders}) == len(encoders)
    assert "transfer.without-a.seed9" in {each.name for each in encoders}


def test_two_tasks_give_no_set_twice():
    names = [
        each.name for each in transfer_encoders(TransferSettings(tasks=("a", "b"), seeds=(1, 2)))
    ]
    assert len(set(names)) == len(names) == 8
    assert not any("without" in name for name in names)


def test_every_training_set_sees_equally_many_patches_in_equally_many_steps():
    schedule = ScheduleSettings(batch=60, epochs=7, steps=3)
    matrix = TransferSettings(tasks=("a", "b", "c"), schedule=schedule)
    for each in transfer_encoders(matrix):
        training = transfer_training(matrix, each)
        if each.tasks:
            assert training.tasks == each.tasks
            assert training.schedule.batch * len(each.tasks) == 60
            assert training.schedule.epochs == 7
        else:
            assert training.schedule.epochs == 0, "an untrained encoder is not trained"
