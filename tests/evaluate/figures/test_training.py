from typing import Any

import numpy as np
import pytest

from histopress.evaluate.figures import training_figure


def history(epochs: int, kept: int = 2) -> list[dict[str, Any]]:
    return [
        {
            "epoch": str(epoch),
            "learning_rate": "0.01",
            "train_loss": str(1 / epoch),
            "validation_loss": 2 / epoch,
            "validation_auc": "" if epoch == 3 else 0.5,
            "best": int(epoch in {1, kept}),
        }
        for epoch in range(1, epochs + 1)
    ]


def test_a_panel_a_quantity_and_a_line_a_fold() -> None:
    figure = training_figure({"fold 0": history(5), "fold 1": history(4)}, title="t")
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]
    assert titles == ["Train loss", "Validation loss", "Validation AUC", "Learning rate"]
    first, kept, second, _ = figure.axes[0].lines
    assert first.get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert first.get_ydata() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert len(second.get_xdata()) == 4
    assert (kept.get_xdata().tolist(), kept.get_ydata().tolist()) == ([2], [0.5])
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[3].get_yscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["fold 0", "fold 1"]


def test_a_missing_value_leaves_a_gap() -> None:
    line = training_figure({"fold 0": history(5)}, title="t").axes[2].lines[0]
    assert np.isnan(line.get_ydata()).tolist() == [False, False, True, False, False]


def test_pooled_models_run_over_the_strength_of_the_penalty() -> None:
    rows = [
        {"strength": strength, "validation_loss": loss, "best": int(loss == 0.4)}
        for strength, loss in ((0.01, 0.5), (0.1, 0.4), (1.0, 0.7))
    ]
    axes = training_figure({"fold 0": rows}, title="t").axes[0]
    assert axes.get_xscale() == "log"
    assert axes.lines[0].get_xdata().tolist() == [0.01, 0.1, 1.0]
    assert axes.lines[1].get_xdata().tolist() == [0.1]


def test_many_trainings_have_one_colour_and_one_name() -> None:
    figure = training_figure({f"fold {i}": history(3) for i in range(40)}, title="t")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["one line a training (40)"]
    assert len({line.get_color() for line in figure.axes[0].lines}) == 1


@pytest.mark.parametrize(
    ("histories", "sentence"),
    [
        ({}, "No training has a history."),
        ({"fold 0": []}, "No training has a history."),
        ({"fold 0": [{"loss": 1}]}, "The histories hold no quantity by epoch or strength."),
    ],
)
def test_no_history_gives_a_sentence(histories: Any, sentence: str) -> None:
    text = training_figure(histories, title="t").axes[0].texts[0].get_text()
    assert text.replace("\n", " ") == sentence
