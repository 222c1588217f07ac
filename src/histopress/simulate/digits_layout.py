"""Where the digits and the two rectangles of an image lie.

Positions are (x, y) in pixels, y downwards; the pixel of column i covers x from i to i + 1.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Bool, Float64, Int64

from histopress.simulate.digits_settings import DigitsSettings

_NEIGHBOURS = tuple(step for step in product((-1, 0, 1), repeat=2) if step != (0, 0))


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """A rectangle twice as long as wide.

    Attributes
    ----------
    x, y : float
        Centre in pixels.
    long_px : int
        Long side in pixels; the short one is half of it.
    angle_deg : int
        Of the long side against the x axis, 0 to 179, towards growing y.
    """

    x: float
    y: float
    long_px: int
    angle_deg: int

    @property
    def sides(self) -> Float64[np.ndarray, "2 2"]:
        """Half the long and half the short side, as vectors (x, y)."""
        angle = np.deg2rad(self.angle_deg)
        half = self.long_px / 2 * np.array([np.cos(angle), np.sin(angle)])
        return np.stack([half, np.array([-half[1], half[0]]) / 2])

    @property
    def corners(self) -> Float64[np.ndarray, "4 2"]:
        """Corners (x, y) in pixels, one after the other round the rectangle.

        Examples
        --------
        >>> Rectangle(x=4.0, y=3.0, long_px=4, angle_deg=0).corners.tolist()
        [[6.0, 4.0], [2.0, 4.0], [2.0, 2.0], [6.0, 2.0]]
        """
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
        return np.array([self.x, self.y]) + signs @ self.sides

    def contains(
        self, x: Float64[np.ndarray, "*shape"], y: Float64[np.ndarray, "*shape"]
    ) -> Bool[np.ndarray, "*shape"]:
        """Tell which points lie inside or on the border; ``x`` and ``y`` are broadcast."""
        long, short = (
            np.abs((x - self.x) * right + (y - self.y) * down) <= right**2 + down**2
            for right, down in self.sides
        )
        return long & short

    def overlaps(self, other: "Rectangle") -> bool:
        """Tell whether two rectangles share more than a border.

        Convex shapes are apart if and only if the normal of some side parts them.
        """
        for axis in (*self.sides, *other.sides):
            own, their = self.corners @ axis, other.corners @ axis
            if own.max() <= their.min() or their.max() <= own.min():
                return False
        return True


def draw_rectangles(
    rng: np.random.Generator, settings: DigitsSettings
) -> tuple[Rectangle, Rectangle]:
    """Draw the tilted and the upright rectangle.

    Long sides are even over the whole pixels of their range, angles over the tilts and over 0
    and 90; all are independent. Centres are even over the places where the rectangle lies wholly
    inside the image. If the two overlap, both centres (nothing else) are drawn again, so that
    rejection leaves sizes and angles as they are and the pair even over all pairs that fit. As
    no side is longer than half of the image, there always are some.
    """
    low, high = settings.long_px
    sizes = rng.integers(low, high + 1, size=2)
    angles = (rng.choice(settings.tilts_deg), rng.choice((0, 90)))
    while True:
        tilted, upright = (
            _place(rng, long_px=int(long), angle_deg=int(angle), image_px=settings.image_px)
            for long, angle in zip(sizes, angles, strict=True)
        )
        if not tilted.overlaps(upright):
            return tilted, upright


def _place(rng: np.random.Generator, *, long_px: int, angle_deg: int, image_px: int) -> Rectangle:
    """Lay a rectangle anywhere inside the image."""
    central = Rectangle(x=0.0, y=0.0, long_px=long_px, angle_deg=angle_deg)
    reach = central.corners.max(axis=0)
    x, y = rng.uniform(reach, image_px - reach)
    return Rectangle(x=float(x), y=float(y), long_px=long_px, angle_deg=angle_deg)


def scatter_squares(
    rng: np.random.Generator, *, count: int, square_px: int, image_px: int
) -> Int64[np.ndarray, "count 2"]:
    """Scatter upright squares over an image so that none overlaps another.

    Random sequential placing, many at a time: candidates are even over the image, and one that
    overlaps a square that lies already, or an earlier candidate, is drawn again.

    Parameters
    ----------
    rng : numpy Generator
    count : int
        Squares; they should cover less than half of the image, else the loop does not end.
    square_px, image_px : int
        Sides in pixels.

    Returns
    -------
    int64 ndarray (count, 2)
        Top-left corners (x, y) in pixels.

    Notes
    -----
    A cell of a lattice as wide as a square holds the corner of one square at most, so only the
    eight cells around it have to be looked at. 25,920 squares of 9 px on 3600 px take some 20 ms.
    """
    span = image_px - square_px + 1
    # A margin of one empty cell all round; an empty cell's corner is too far off to overlap.
    lattice = np.full((2, *[-(-span // square_px) + 2] * 2), -square_px)
    rank = np.full(lattice.shape[1:], count)
    while missing := count - int((rank < 0).sum()):
        corners = rng.integers(0, span, size=(missing, 2))
        cells = corners // square_px + 1
        _, first = np.unique(cells @ (1, len(rank)), return_index=True)
        first = first[rank[tuple(cells[first].T)] == count]
        corners, (columns, rows) = corners[first], cells[first].T
        lattice[:, columns, rows], rank[columns, rows] = corners.T, first
        beaten = np.zeros(len(first), bool)
        for right, down in _NEIGHBOURS:
            place = (columns + right, rows + down)
            near = (np.abs(lattice[:, *place] - corners.T) < square_px).all(axis=0)
            beaten |= near & (rank[place] < first)
        lattice[:, columns[beaten], rows[beaten]] = -square_px
        rank[columns, rows] = np.where(beaten, count, -1)
    return lattice[:, rank < 0].T
