"""Who was analysed, and who was left out where and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import wrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from histopress.evaluate.figures.canvas import (
    LINE_INCHES,
    count,
    sentence_figure,
    sheet,
    styled,
    write_title,
)
from histopress.evaluate.style import INK

MAIN = (0.1, 2.9)
"""Left edge and width of the boxes of those who go on, inches."""
SIDE = (3.4, 3.5)
"""Of those left out."""
LETTERS = (44, 62)
"""That fit on a line of either."""
GAP = 0.24
"""Between a box and the next thing below, inches."""


@dataclass(frozen=True, kw_only=True)
class FlowStep:
    """A stage that slides and patients reach, and who goes no further.

    Attributes
    ----------
    label : str
    n_slides, n_patients : int
        That reach the stage. A patient counts as long as one slide does.
    left_out : mapping of str to (int, int)
        Slides and patients who do not reach the next stage, by reason; a patient stands under the
        reason that took the last slide.
    """

    label: str
    n_slides: int
    n_patients: int
    left_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@styled
def flow_figure(steps: Sequence[FlowStep], *, title: str, note: str | None = None) -> Figure:
    """Draw the way from manifest to analysed patients (after STARD 2015 and CONSORT 2010).

    Parameters
    ----------
    steps : sequence of FlowStep
        From the first to the last.
    title : str
    note : str, optional

    Raises
    ------
    ValueError
        Slides or patients of a step, less those left out, are not those of the next: a flow whose
        numbers do not add up is wrong somewhere.
    """
    if not steps:
        return sentence_figure("No slide was listed.", title=title)
    _check(steps)
    boxes = [_main_lines(step) for step in steps]
    sides = [_side_lines(step) for step in steps]
    height = GAP + sum(_box_inches(box) for box in boxes)
    height += sum(2 * GAP + _box_inches(side) if side else GAP for side in sides[:-1])
    height += GAP + _box_inches(sides[-1]) if sides[-1] else 0
    width = SIDE[0] + SIDE[1] + 0.1 if any(sides) else MAIN[0] + MAIN[1] + 0.1
    figure = sheet(width, height + 0.35, note or "")
    axes = figure.add_subplot()
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()
    write_title(axes, title, inches=width - 0.2)
    top = GAP / 2
    for place, (box, side) in enumerate(zip(boxes, sides, strict=True)):
        bottom = _draw_box(axes, box, MAIN, top=top)
        last = place == len(steps) - 1
        top = _draw_way(axes, side, bottom=bottom, last=last)
    return figure


def _check(steps: Sequence[FlowStep]) -> None:
    for step, following in pairwise(steps):
        slides = step.n_slides - sum(lost for lost, _ in step.left_out.values())
        patients = step.n_patients - sum(lost for _, lost in step.left_out.values())
        if (slides, patients) != (following.n_slides, following.n_patients):
            raise ValueError(
                f"'{step.label}' leaves {slides} slides of {patients} patients, but "
                f"'{following.label}' has {following.n_slides} of {following.n_patients}"
            )


def _main_lines(step: FlowStep) -> list[str]:
    numbers = f"{count(step.n_slides, 'slide')}, {count(step.n_patients, 'patient')}"
    return [*wrap(step.label, LETTERS[0]), numbers]


def _side_lines(step: FlowStep) -> list[str]:
    reasons = {reason: lost for reason, lost in step.left_out.items() if any(lost)}
    if not reasons:
        return []
    slides, patients = (sum(each) for each in zip(*reasons.values(), strict=True))
    lines = [f"Left out: {count(slides, 'slide')}, {count(patients, 'patient')}"]
    for reason, (lost_slides, lost_patients) in reasons.items():
        text = f"{reason}: {count(lost_slides, 'slide')}, {count(lost_patients, 'patient')}"
        first, *rest = wrap(text, LETTERS[1])
        lines += [f"– {first}", *(f"   {each}" for each in rest)]
    return lines


def _box_inches(lines: Sequence[str]) -> float:
    return LINE_INCHES * len(lines) + 0.16


def _draw_box(axes: Axes, lines: Sequence[str], place: tuple[float, float], *, top: float) -> float:
    """Draw a box with its lines; return its lower edge."""
    left, width = place
    high = _box_inches(lines)
    axes.add_patch(Rectangle((left, top), width, high, facecolor="none", edgecolor=INK, lw=0.8))
    middle = place == MAIN
    for row, text in enumerate(lines):
        axes.text(
            left + (width / 2 if middle else 0.08),
            top + 0.08 + LINE_INCHES * (row + 0.5),
            text,
            ha="center" if middle else "left",
            va="center",
            fontsize=7,
            color=INK,
            fontweight="bold" if middle and row < len(lines) - 1 else "normal",
        )
    return top + high


def _draw_way(axes: Axes, side: Sequence[str], *, bottom: float, last: bool) -> float:
    """Draw who leaves on the way from a box down; return where the next box begins."""
    centre = MAIN[0] + MAIN[1] / 2
    below = bottom + GAP
    if side:
        end = _draw_box(axes, side, SIDE, top=below)
        middle = (below + end) / 2
        _arrow(axes, (centre, middle), (SIDE[0], middle))
        if last:
            axes.plot([centre, centre], [bottom, middle], color=INK, linewidth=0.8)
        below = end + GAP
    if not last:
        _arrow(axes, (centre, bottom), (centre, below))
    return below


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops={**look, "mutation_scale": 7})
