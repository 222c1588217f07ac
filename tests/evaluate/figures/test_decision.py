import numpy as np

from histopress.evaluate.figures import decision_figure
from histopress.evaluate.survival.net_benefit import DecisionCurve, class_decisions

THRESHOLDS = np.array([0.2, 0.5, 0.8])
CURVE = class_decisions(
    np.array([True, False, True, False]), np.array([0.9, 0.4, 0.6, 0.1]), thresholds=THRESHOLDS
)


def test_models_all_and_none_are_drawn() -> None:
    bands = {"image": (CURVE.model[0] - 0.1, CURVE.model[0] + 0.2)}
    figure = decision_figure({"image": CURVE}, title="t", event="cancer", bands=bands)
    none, everyone, model = figure.axes[0].lines
    assert set(none.get_ydata()) == {0}
    assert everyone.get_ydata().tolist() == CURVE.treat_all[0].tolist()
    assert model.get_ydata().tolist() == CURVE.model[0].tolist()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["treat none", "treat all", "image"]
    assert figure.axes[0].get_ylim()[1] > CURVE.model[0].max() + 0.2
    assert len(figure.axes[0].collections) == 1


def test_unknown_net_benefit_is_a_gap_or_a_sentence() -> None:
    def without(known: list[float]) -> DecisionCurve:
        model = np.array([known])
        return DecisionCurve(
            thresholds=THRESHOLDS, model=model, treat_all=CURVE.treat_all, treated=model
        )

    gap = decision_figure({"image": without([0.4, np.nan, np.nan])}, title="t", event="death")
    gap.draw_without_rendering()
    assert gap.axes[0].lines[2].get_marker() == "."
    nothing = decision_figure({"image": without([np.nan] * 3)}, title="t", event="death")
    text = nothing.axes[0].texts[0].get_text()
    assert text == "Net benefit is unknown at every threshold."
