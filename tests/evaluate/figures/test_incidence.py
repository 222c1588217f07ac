import numpy as np
import pytest

from histopress.evaluate.figures import cumulative_incidence_figure
from histopress.evaluate.survival.competing import cumulative_incidence

TIMES, CAUSES = np.array([1.0, 2, 3, 4]), np.array([1, 2, 1, 0])


def test_curves_begin_at_nought_and_count_who_is_at_risk() -> None:
    curves = {
        name: cumulative_incidence(TIMES, CAUSES, cause=cause)
        for name, cause in (("event", 1), ("other", 2))
    }
    figure = cumulative_incidence_figure(curves, title="t", unit="years", note="They compete.")
    event = figure.axes[0].lines[0]
    assert event.get_xdata().tolist() == [0, 1, 2, 3, 4]
    assert event.get_ydata() == pytest.approx([0, 0.25, 0.25, 0.5, 0.5])
    assert figure.axes[0].lines[1].get_xdata().tolist() == [4]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[0] == "event (n = 4; events 2, competing 1)"
    assert figure.axes[1].texts[1].get_text() == "4"
    assert figure.get_supxlabel().endswith("They compete.")


def test_no_curve_gives_a_sentence() -> None:
    figure = cumulative_incidence_figure({}, title="t", unit="years")
    assert figure.axes[0].texts[0].get_text() == "There are no patients with follow-up."
