"""Trained models as explanations see them."""

from histopress.compress.slide import CompressedSlide
from histopress.learn.interface import Fitted
from histopress.learn.reduced import FittedReduced


def unreduced(fitted: Fitted, slide: CompressedSlide) -> tuple[Fitted, CompressedSlide]:
    """Give the model behind a reduction of channels, and the slide as that model sees it."""
    if isinstance(fitted, FittedReduced):
        return fitted.inner, fitted.reduction.apply(slide)
    return fitted, slide


def kind_of(fitted: Fitted) -> str:
    """Name the kind of a trained model, as the configuration does."""
    inner = fitted.inner if isinstance(fitted, FittedReduced) else fitted
    return str(getattr(getattr(inner, "settings", None), "kind", "mean"))
