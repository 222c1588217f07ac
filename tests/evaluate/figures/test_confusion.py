import numpy as np

from histopress.evaluate.figures import confusion_figure


def test_cells_show_counts_and_shares_of_the_true_class() -> None:
    figure = confusion_figure(np.array([[6, 2], [0, 4]]), ["no", "yes"], title="t", level="slide")
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["6\n75%", "2\n25%", "0\n0%", "4\n100%", "8", "4"]
    assert figure.axes[0].images[0].get_array().tolist() == [[0.75, 0.25], [0, 1]]
    assert "number of slides" in figure.get_supxlabel().replace("\n", " ")


def test_a_class_nobody_has_gives_no_share() -> None:
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), ["no", "yes"], title="t")
    assert [text.get_text() for text in figure.axes[0].texts][2:4] == ["0", "0"]


def test_nobody_gives_a_sentence() -> None:
    figure = confusion_figure(np.zeros((2, 2), int), ["no", "yes"], title="t")
    assert figure.axes[0].texts[0].get_text() == "There are no patients to classify."
