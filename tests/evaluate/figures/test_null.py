import numpy as np
import pytest

from histopress.evaluate.figures import null_figure, p_values_figure

PERMUTED = np.array([0.4, 0.5, 0.55, 0.45, np.nan])


def test_permuted_figures_chance_and_the_observed_one_are_drawn() -> None:
    figure = null_figure(PERMUTED, observed=0.8, chance=0.5, metric="AUC", title="t", p=1 / 6)
    axes = figure.axes[0]
    assert sum(patch.get_height() for patch in axes.patches) == 4
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx([0.5, 0.475, 0.8])
    error = np.std([0.4, 0.5, 0.55, 0.45], ddof=1) / 2
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"mean of permutations: 0.475 ± {error:.3f} (Monte-Carlo error)" in labels
    assert "true labels: 0.800" in labels
    assert figure.get_supxlabel() == "5 permutations, 1 undefined; p = 0.167"
    assert axes.get_xlim()[1] > 0.8


@pytest.mark.parametrize("count", [1, 2])
def test_equal_or_single_figures_are_drawn(count: int) -> None:
    figure = null_figure(np.full(count, 0.5), observed=None, chance=0.5, metric="AUC", title="t")
    figure.draw_without_rendering()
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == count


def test_p_values_are_a_distribution_function_in_its_band() -> None:
    figure = p_values_figure(np.array([0.5, 0.25, np.nan, 0.25]), title="t")
    line = figure.axes[0].lines[-1]
    assert line.get_xdata().tolist() == [0, 0.25, 0.25, 0.5, 1]
    assert line.get_ydata() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])
    assert "3 p-values" in figure.get_supxlabel()
    assert "1 undefined" in figure.get_supxlabel().replace("\n", " ")
    many = p_values_figure(np.linspace(0, 1, 200), title="t")
    band = many.axes[0].collections[0].get_paths()[0].get_extents()
    # 0.0960: sqrt(ln(2 / 0.05) / 400), the half width at 200 values.
    assert band.y1 == pytest.approx(1)
    heights = many.axes[0].collections[0].get_paths()[0].vertices
    middle = heights[np.isclose(heights[:, 0], 0.5), 1]
    assert np.ptp(middle) == pytest.approx(2 * 0.0960, abs=1e-3)


def test_only_undefined_values_give_a_sentence() -> None:
    nothing = np.array([np.nan])
    null = null_figure(nothing, observed=0.5, chance=0.5, metric="AUC", title="t")
    said = null.axes[0].texts[0].get_text().replace("\n", " ")
    assert said == "The metric is undefined in every permutation."
    p_values = p_values_figure(nothing, title="t")
    assert p_values.axes[0].texts[0].get_text() == "Every p-value is undefined."
