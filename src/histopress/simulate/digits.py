"""Scattered digits with two rectangles of one class each: local and global signs in one image.

The label is the class of the tilted rectangle's digits. To tell it, a network must read digits of
a few pixels and see, over the whole image, which of two uniform regions stands aslant. Neither
alone is enough, which is what makes the set a test of learning from compressed images.

The set is that of Tellez et al., *Neural Image Compression for Gigapixel Histopathology Image
Analysis*, IEEE TPAMI 43(2), 2021 (arXiv 1811.02840). Its figures are read so: 3600 px are
400 × 400 places of 9 px, and 25,920 = 0.2 % of 3600² is the number of digits for each pixel of
the image, not the area that they cover: with 81 px each they cover 16.2 % of the image.
As there, the rectangles are no denser than the rest; only classes set them apart.

Where the publication leaves it open, or we differ:

- digits never overlap, and lie anywhere rather than near the places of a lattice;
- a digit belongs to a rectangle if its centre lies inside, so that it may reach over the border;
- digits outside are even over the ten classes, then over the pictures of a class;
- the class of the upright rectangle is drawn for itself, so that it tells nothing about the
  label: in one image of ten both are the same, where the authors' program takes another;
- rectangles lie anywhere inside the image, see
  :func:`histopress.simulate.digits_layout.draw_rectangles`; the smallest, of 36 × 18 px, hold
  1.3 digits on average. In one image of 40 the tilted one holds five or fewer, in one of 1,000
  none, so that no method can be right always.

What can be had without seeing the rectangles, of 1,000 images with MNIST's digits: the most
frequent of all digits is the label in 55 % (half of the images, and those where both rectangles
are of one class); a 1 has half of the ink of other digits, so that the mean grey level alone,
cut into 30 bins, reaches 13 %, where chance is 10 %.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.lib.stride_tricks import sliding_window_view

from histopress.errors import ConfigError
from histopress.seeds import generator
from histopress.simulate.digits_bank import CLASSES, DigitBank, Part
from histopress.simulate.digits_layout import Rectangle, draw_rectangles, scatter_squares
from histopress.simulate.digits_settings import DigitsSettings

PURPOSE = "digits"


@dataclass(frozen=True, kw_only=True, eq=False)
class DigitsImage:
    """One image and the truth of it.

    Attributes
    ----------
    image : uint8 ndarray (H, W)
        White digits on black.
    label : int
        Class of the digits in the tilted rectangle, 0 to 9.
    upright_label : int
        Class of the digits in the upright rectangle, 0 to 9.
    tilted, upright : Rectangle
    positions : int64 ndarray (N, 2)
        Top-left corner (x, y) of each digit in pixels.
    classes, pictures : int64 ndarray (N,)
        Class and number in the bank of each digit.
    digit_px : int
        Side of a digit in pixels.
    """

    image: UInt8[np.ndarray, "H W"]
    label: int
    upright_label: int
    tilted: Rectangle
    upright: Rectangle
    positions: Int64[np.ndarray, "N 2"]
    classes: Int64[np.ndarray, "N"]
    pictures: Int64[np.ndarray, "N"]
    digit_px: int

    def count_inside(self, rectangle: Rectangle) -> int:
        """Count the digits whose centre lies inside a rectangle."""
        x, y = self.positions.T + self.digit_px / 2
        return int(rectangle.contains(x, y).sum())


def draw_digits(
    rng: np.random.Generator, digits: DigitBank, settings: DigitsSettings
) -> DigitsImage:
    """Draw one image.

    Parameters
    ----------
    rng : numpy Generator
        Of this image alone, see :func:`image_generator`.
    digits : DigitBank
        Its pictures have the settings' ``digit_px``.
    settings : DigitsSettings

    Raises
    ------
    ConfigError
        The bank's pictures have another size.

    Notes
    -----
    Some 25 ms for an image of the default size.
    """
    side = digits.pictures.shape[-1]
    if side != settings.digit_px:
        raise ConfigError(
            f"the bank's digits are {side} px wide, 'digit_px' is {settings.digit_px}; load the "
            "bank with the settings' own"
        )
    label, upright_label = (int(drawn) for drawn in rng.integers(CLASSES, size=2))
    tilted, upright = draw_rectangles(rng, settings)
    positions = scatter_squares(
        rng, count=settings.n_digits, square_px=side, image_px=settings.image_px
    )
    classes = rng.integers(CLASSES, size=len(positions))
    x, y = positions.T + side / 2
    classes[tilted.contains(x, y)] = label
    classes[upright.contains(x, y)] = upright_label
    pictures = digits.pick(rng, classes)
    image = np.zeros((settings.image_px, settings.image_px), np.uint8)
    windows = sliding_window_view(image, (side, side), writeable=True)
    windows[positions[:, 1], positions[:, 0]] = digits.pictures[pictures]
    return DigitsImage(
        image=image,
        label=label,
        upright_label=upright_label,
        tilted=tilted,
        upright=upright,
        positions=positions,
        classes=classes,
        pictures=pictures,
        digit_px=side,
    )


def image_generator(seed: int, part: Part, index: int) -> np.random.Generator:
    """Make the generator of one image; how many images are drawn changes none of them."""
    return generator(seed, PURPOSE, part, index)


def truth_mask(drawn: DigitsImage) -> UInt8[np.ndarray, "H W"]:
    """Draw where the rectangles are: 1 in the tilted, 2 in the upright one, 0 elsewhere.

    A pixel belongs to a rectangle if its centre does.
    """
    mask = np.zeros(drawn.image.shape, np.uint8)
    for value, rectangle in ((1, drawn.tilted), (2, drawn.upright)):
        left, top = np.maximum(rectangle.corners.min(axis=0), 0).astype(int)
        right, bottom = np.ceil(rectangle.corners.max(axis=0)).astype(int)
        part = mask[top:bottom, left:right]
        rows, columns = np.arange(top, bottom)[:, None], np.arange(left, right)
        part[rectangle.contains(columns + 0.5, rows + 0.5)] = value
    return mask
