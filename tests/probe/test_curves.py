from histopress.probe.curves import history_figure

ROW = {
    "epoch": 1,
    "learning_rate": 1e-3,
    "loss": 0.7,
    "loss lymph": 0.7,
    "score": 0.5,
    "balanced accuracy lymph": 0.5,
    "cross-entropy lymph": 0.69,
    "best": 1,
}


def test_each_kind_of_column_has_its_panel():
    rows = [ROW, {**ROW, "epoch": 2, "loss": 0.5}]
    figure = history_figure(rows, title="e", kept=2)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        "Training loss",
        "Tuning part: cross-entropy",
        "Tuning part: balanced accuracy",
        "Step size",
    ]
    curve = figure.axes[0].lines[0]
    assert curve.get_ydata().tolist() == [0.7, 0.5]
    assert [text.get_text() for text in figure.axes[0].texts] == ["kept"]


def test_a_training_of_no_epoch_is_said_to_be_one():
    figure = history_figure([], title="e", kept=0)
    assert figure.axes[0].get_title(loc="left") == "No epoch was trained"


def test_a_task_has_one_colour_in_all_panels_and_the_step_size_plain_numbers():
    figure = history_figure([ROW, {**ROW, "epoch": 2, "learning_rate": 1e-4}], title="e", kept=1)
    colours = {
        line.get_color()
        for axes in figure.axes[:3]
        for line in axes.lines
        if line.get_label() == "lymph"
    }
    assert len(colours) == 1
    figure.canvas.draw()
    labels = {text.get_text() for text in figure.axes[-1].get_yticklabels()}
    assert "0.001" in labels and not any("$" in label for label in labels)


def test_other_columns_have_a_panel_of_their_own():
    figure = history_figure([{"epoch": 1, "error": 0.3, "score": -0.3}], title="e", kept=1)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Further curves"]
