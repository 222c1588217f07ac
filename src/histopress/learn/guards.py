"""Guards around a fold: nothing of the test part may reach training, under whatever name."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from histopress.compress.slide import CompressedSlide
from histopress.errors import LeakError
from histopress.learn.data import LabelledSlide

Part = Literal["train", "validation", "test"]


def content_digest(slide: CompressedSlide) -> str:
    """Digest the kept cells' features of the upright view, wherever they lie on the grid.

    Of the first stored view where the upright one is not stored.
    """
    entry = slide.views.index(0) if 0 in slide.views else 0
    cells = slide.grid[entry][:, slide.kept]
    return hashlib.blake2b(f"{cells.shape}".encode() + cells.tobytes()).hexdigest()


def check_slides(slides: Sequence[LabelledSlide], parts: Mapping[str, Part]) -> None:
    """Refuse a patient in two parts, and one content under two patients or in two parts.

    Raises
    ------
    LeakError
        Names both slides.
    """
    of_patient: dict[int, LabelledSlide] = {}
    of_content: dict[str, LabelledSlide] = {}
    for each in slides:
        part = parts[each.slide_id]
        first = of_patient.setdefault(each.patient, each)
        if parts[first.slide_id] != part:
            raise LeakError(
                f"slides '{first.slide_id}' ({parts[first.slide_id]}) and '{each.slide_id}' "
                f"({part}) are of one patient; make the split by patient"
            )
        twin = of_content.setdefault(content_digest(each.slide), each)
        if twin.patient != each.patient or parts[twin.slide_id] != part:
            raise LeakError(
                f"slides '{twin.slide_id}' ({parts[twin.slide_id]}) and '{each.slide_id}' ({part}) "
                "hold the same features: one slide under two names; keep one of them in the "
                "manifest, or give both the same patient"
            )


def check_seen(
    fitted_on: Collection[str], chosen_on: Collection[str], parts: Mapping[str, Part]
) -> None:
    """Refuse a model that was fitted on anything but training slides, or chosen outside validation.

    Raises
    ------
    LeakError
        Names the slides.
    """
    for seen, what, allowed in (
        (fitted_on, "fitted", "train"),
        (chosen_on, "chosen", "validation"),
    ):
        if wrong := sorted(name for name in seen if parts.get(name) != allowed):
            raise LeakError(
                f"slides {', '.join(wrong[:10])}: the model was {what} on them, but they are not "
                f"in the {allowed} part; {what} may only be what comes from that part"
            )
