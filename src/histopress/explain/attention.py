"""Attention as a map."""

import numpy as np
from jaxtyping import Float32

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.explain.models import kind_of, unreduced
from histopress.learn.abmil import FittedAbmil
from histopress.learn.data import check_usable
from histopress.learn.interface import Fitted


def attention_map(fitted: Fitted, slide: CompressedSlide) -> Float32[np.ndarray, "H W"]:
    """Map how much each cell counts in the average that an attention model predicts from.

    Weights tell where the model looks, not whether a cell speaks for or against an output
    (Ilse et al., ICML 2018).

    Parameters
    ----------
    fitted : Fitted
        A trained ``abmil``, also behind a reduction of channels. One that was trained on whole
        patients is shown this slide alone.
    slide : CompressedSlide
        Compressed by the model's encoder.

    Returns
    -------
    float32 ndarray (H, W)
        Mean over views; sums to 1, exactly 0 on background.

    Raises
    ------
    ConfigError
        The model has no attention.
    SlideError, EncoderError
        The slide is excluded, or has another number of channels.
    """
    check_usable([slide])
    fitted, slide = unreduced(fitted, slide)
    if not isinstance(fitted, FittedAbmil):
        raise ConfigError(
            f"a model of kind '{kind_of(fitted)}' has no attention; attention maps are for 'abmil'"
        )
    return fitted.attention(slide)
