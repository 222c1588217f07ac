"""All slides of a patient as one: upright grids side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from histopress.compress.slide import CompressedSlide
from histopress.errors import SlideError

GAP = 1
"""Empty columns between two slides, so that no two slides' tissue touches."""


@dataclass(frozen=True, kw_only=True)
class Bag:
    """Slides of one patient, packed.

    Attributes
    ----------
    slide : CompressedSlide
        What models see; its id joins those of the slides.
    columns : dict of slide_id to slice
        Columns of the bag's grid that belong to each slide, whose rows begin at 0.
    shapes : dict of slide_id to (H, W)
        Shape of each slide's own grid.
    """

    slide: CompressedSlide
    columns: dict[str, slice]
    shapes: dict[str, tuple[int, int]]

    def unpack(self, cells: np.ndarray) -> dict[str, np.ndarray]:
        """Divide a map (..., H, W) on the bag's grid, such as attention, among its slides."""
        return {
            name: cells[..., : self.shapes[name][0], columns]
            for name, columns in self.columns.items()
        }


def pack(slides: Sequence[CompressedSlide]) -> Bag:
    """Lay slides side by side, in the order of their ids, with an empty column between.

    The views that all slides hold are kept. The distance map of each slide is scaled so that
    each keeps its share 1/n of the bag: a large slide draws no more crops than a small one. A
    single slide stays as it is.

    Raises
    ------
    SlideError
        Slides have no stored view in common, or different channels.
    """
    ordered = sorted(slides, key=lambda each: each.slide_id)
    shapes = {each.slide_id: each.kept.shape for each in ordered}
    starts = np.cumsum([0, *(columns + GAP for _, columns in shapes.values())])
    places = {
        name: slice(int(start), int(start) + shape[1])
        for (name, shape), start in zip(shapes.items(), starts, strict=False)
    }
    if len(ordered) == 1:
        return Bag(slide=ordered[0], columns=places, shapes=shapes)
    views = [view for view in ordered[0].views if all(view in each.views for each in ordered)]
    channels = {each.grid.shape[1] for each in ordered}
    if not views or len(channels) > 1:
        raise SlideError(
            f"slides {', '.join(places)} of one patient: stored views "
            f"{[list(each.views) for each in ordered]}, channels {sorted(channels)}; to be one "
            "bag they need a view in common and the same encoder, so compress them anew alike"
        )
    shape = (max(rows for rows, _ in shapes.values()), int(starts[-1]) - GAP)
    grid = np.zeros((len(views), channels.pop(), *shape), np.float16)
    tissue, distance = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for each in ordered:
        window = (slice(0, shapes[each.slide_id][0]), places[each.slide_id])
        entries = [each.views.index(view) for view in views]
        grid[:, :, window[0], window[1]] = each.grid[entries]
        tissue[window] = each.tissue
        distance[window] = each.distance / (each.distance.sum() * len(ordered))
    return Bag(
        slide=replace(
            ordered[0],
            slide_id="+".join(places),
            grid=grid,
            tissue=tissue,
            distance=distance,
            views=tuple(views),
        ),
        columns=places,
        shapes=shapes,
    )


def pack_patients(
    slides: Sequence[CompressedSlide], patients: Sequence[int], *, fusion: Literal["late", "bag"]
) -> list[Bag]:
    """Pack the slides of each patient, or with ``late`` fusion each slide alone.

    Parameters
    ----------
    slides : sequence of CompressedSlide
        Slides.
    patients : sequence of int
        Number of the patient of each slide.
    fusion : "late" or "bag"
        As in the settings.
    """
    if fusion == "late":
        return [pack([each]) for each in slides]
    own: dict[int, list[CompressedSlide]] = {}
    for slide, patient in zip(slides, patients, strict=True):
        own.setdefault(patient, []).append(slide)
    return [pack(each) for each in own.values()]
