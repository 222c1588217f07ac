"""Labelled slides, and the checks that training and prediction rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from histopress.cohort.labels.outcome import Label
from histopress.cohort.targets import Labels
from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError, EncoderError, SlideError


@dataclass(frozen=True, kw_only=True)
class LabelledSlide:
    """A compressed slide with its label.

    The grid stays in memory as float16: V·C·H·W·2 bytes a slide.

    Attributes
    ----------
    slide : CompressedSlide
        Not excluded.
    label : int, float or Outcome
        Class counted from 0, number, or outcome of a follow-up.
    patient : int
        Number of the patient among the slides given; it tells who is who and nothing else.
    """

    slide: CompressedSlide
    label: Label
    patient: int

    @property
    def slide_id(self) -> str:
        """The slide's id."""
        return self.slide.slide_id


def label_slides(
    slides: Sequence[CompressedSlide], labels: Labels, patients: Mapping[str, str]
) -> list[LabelledSlide]:
    """Join usable slides with labels; patients become numbers.

    Parameters
    ----------
    slides : sequence of CompressedSlide
        Excluded ones are left out.
    labels : Labels
    patients : mapping of str to str
        Patient of each slide.
    """
    usable = [slide for slide in slides if not slide.excluded]
    names = sorted({patients[slide.slide_id] for slide in usable})
    number = {name: place for place, name in enumerate(names)}
    return [
        LabelledSlide(
            slide=slide,
            label=labels.values[slide.slide_id],
            patient=number[patients[slide.slide_id]],
        )
        for slide in usable
    ]


def ids_of(slides: Sequence[LabelledSlide]) -> frozenset[str]:
    """Give the slides' ids, for the record of what a fit has seen."""
    return frozenset(each.slide_id for each in slides)


def check_usable(slides: Sequence[CompressedSlide], channels: int | None = None) -> int:
    """Refuse excluded slides and mixed encoders; return the number of channels.

    Raises
    ------
    SlideError
        A slide is excluded or has no cell.
    ConfigError
        No slide is given.
    EncoderError
        A slide has another number of channels than ``channels`` or than the first slide.
    """
    if not slides:
        raise ConfigError("no slide is given; a model needs at least one")
    expected = slides[0].grid.shape[1] if channels is None else channels
    for slide in slides:
        if slide.excluded or not slide.kept.any():
            reason = slide.reason or "it has no cell with tissue"
            raise SlideError(
                f"slide '{slide.slide_id}': excluded ({reason}); leave it out of training and "
                "prediction"
            )
        found = slide.grid.shape[1]
        if found != expected:
            raise EncoderError(
                f"slide '{slide.slide_id}': its grid has {found} channels, {expected} are "
                "expected; compress the whole cohort with one encoder"
            )
    return expected
