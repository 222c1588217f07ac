from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from histopress.evaluate.figures import FlowStep, flow_figure

STEPS = (
    FlowStep(
        label="Manifest",
        n_slides=1000,
        n_patients=900,
        left_out={"no label": (60, 50), "frozen": (0, 0)},
    ),
    FlowStep(label="With label", n_slides=940, n_patients=850, left_out={"unreadable": (1, 0)}),
    FlowStep(label="Analysed", n_slides=939, n_patients=850),
)


def test_boxes_hold_counts_and_reasons(words: Callable[[Figure], str]) -> None:
    figure = flow_figure(STEPS, title="t", note="Locked test patients are not in it.")
    text = words(figure)
    assert "Manifest 1,000 slides, 900 patients" in text
    assert "Left out: 60 slides, 50 patients – no label: 60 slides, 50 patients" in text
    assert "– unreadable: 1 slide, 0 patients" in text
    assert "frozen" not in text
    assert "Analysed 939 slides, 850 patients" in text
    assert text.endswith("Locked test patients are not in it.")
    assert len(figure.axes[0].patches) == 3 + 2


def test_texts_stay_within_their_boxes() -> None:
    long = FlowStep(
        label="word " * 30,
        n_slides=123456,
        n_patients=123456,
        left_out={"reason " * 30: (123456, 123456)},
    )
    figure = flow_figure([long], title="t")
    figure.draw_without_rendering()
    boxes = [patch.get_window_extent() for patch in figure.axes[0].patches]
    lines = [text for text in figure.axes[0].texts if text.get_text()]
    assert len(lines) > 6
    for text in lines:
        extent = text.get_window_extent()
        assert any(
            box.x0 <= extent.x0 and extent.x1 <= box.x1 and box.y0 <= extent.y0 + 1 for box in boxes
        ), text.get_text()


@pytest.mark.parametrize(("slides", "patients"), [(938, 850), (939, 851)])
def test_numbers_that_do_not_add_up_are_refused(slides: int, patients: int) -> None:
    wrong = FlowStep(label="Analysed", n_slides=slides, n_patients=patients)
    with pytest.raises(ValueError, match="'With label' leaves 939 slides of 850 patients, but"):
        flow_figure([*STEPS[:2], wrong], title="t")


def test_no_step_gives_a_sentence() -> None:
    assert flow_figure([], title="t").axes[0].texts[0].get_text() == "No slide was listed."
