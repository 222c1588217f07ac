"""How pictures are brought to what an encoder sees."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from histopress.errors import ConfigError
from histopress.patches.settings import TaskSettings

TOLERANCE = 0.05
"""Largest relative difference from the wanted spacing that is left as it is."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """A mean pooling or a resampling of the central square, then a central crop; no stretch.

    Attributes
    ----------
    source_px : tuple of int
        Height and width of the pictures.
    pool : int
        Side of the mean pooling in px of the picture; 1 does nothing.
    resampled_px : int
        Side to which the central square is resampled; 0 leaves it as it is.
    input_px, margin_px : int
        Side of what the encoder sees, and px kept on each side of it.
    spacing_um : float
        µm/px of the result; NaN where nobody knows.
    """

    source_px: tuple[int, int]
    pool: int = 1
    resampled_px: int = 0
    input_px: int
    margin_px: int
    spacing_um: float

    @property
    def side_px(self) -> int:
        """Side of the result, with margin."""
        return self.input_px + 2 * self.margin_px


def plan_fitting(
    task: TaskSettings,
    *,
    name: str,
    source_px: tuple[int, int],
    spacing_um: float | None,
    input_px: int,
    input_spacing_um: float,
) -> Fitting:
    """Find what brings a task's pictures to an encoder's input.

    With ``task.reduce``, mean pooling by that factor, whatever the spacing. Without, resampling
    to the encoder's spacing, unless the pictures are within 5 % of it. Where pictures are too
    small for ``task.margin_px``, as much margin is kept as they have.

    Parameters
    ----------
    task : TaskSettings
        ``reduce`` and ``margin_px`` are looked at.
    name : str
        Name of the task, for messages.
    source_px : tuple of int
        Height and width of the pictures.
    spacing_um : float or None
        µm/px of the pictures; None where nobody knows.
    input_px : int
        Side of what the encoder sees.
    input_spacing_um : float
        µm/px that it sees.

    Raises
    ------
    ConfigError
        The spacing is unknown and ``reduce`` is not given, or the pictures cannot fill the
        encoder's input.

    Examples
    --------
    >>> from histopress.patches.settings import FolderSource
    >>> task = TaskSettings(source=FolderSource(kind="folder", path="."), margin_px=16)
    >>> fitting = plan_fitting(task, name="t", source_px=(160, 160), spacing_um=0.5, input_px=64,
    ...                        input_spacing_um=1.0)
    >>> fitting.resampled_px, fitting.side_px, fitting.spacing_um
    (80, 80, 1.0)
    """
    whole = min(source_px)
    pool, resampled = 1, 0
    found = float("nan") if spacing_um is None else spacing_um
    if task.reduce is not None:
        pool = task.reduce
        room = whole // pool
        found *= pool
    elif spacing_um is None:
        raise ConfigError(
            f"task '{name}': nobody knows the spacing of its patches, so they cannot be brought "
            f"to {input_spacing_um:g} µm/px; set 'spacing_um', or set 'reduce' to pool them by a "
            f"whole factor whatever their spacing ({_propose_reduce(whole, input_px)})"
        )
    elif abs(spacing_um / input_spacing_um - 1) > TOLERANCE:
        room = resampled = round(whole * spacing_um / input_spacing_um)
        found = spacing_um * whole / max(resampled, 1)
    else:
        room = whole
    if room < input_px:
        left = f"{room} px" + ("" if np.isnan(found) else f" at {found:.3g} µm/px")
        raise ConfigError(
            f"task '{name}': patches of {source_px[0]} × {source_px[1]} px"
            f"{'' if spacing_um is None else f' at {spacing_um:g} µm/px'} become {left} by "
            f"{'resampling' if task.reduce is None else f'reduce: {task.reduce}'}; the encoder "
            f"sees {input_px} px; {_propose_reduce(whole, input_px)}, or give the encoder an "
            f"'input_px' of at most {room} or a finer 'input_spacing_um'"
        )
    return Fitting(
        source_px=source_px,
        pool=pool,
        resampled_px=resampled,
        input_px=input_px,
        margin_px=min(task.margin_px, (room - input_px) // 2),
        spacing_um=found,
    )


def fit_picture(
    picture: UInt8[np.ndarray, "h w 3"], fitting: Fitting
) -> UInt8[np.ndarray, "side side 3"]:
    """Bring one picture of ``fitting.source_px`` to ``fitting.side_px``.

    Pooling and crops are exact. Resampling takes the area's mean to shrink and cubic
    interpolation to enlarge.
    """
    if fitting.pool > 1:
        picture = _pool(picture, fitting.pool)
    elif fitting.resampled_px:
        side = (fitting.resampled_px,) * 2
        shrinks = fitting.resampled_px < min(picture.shape[:2])
        picture = cv2.resize(
            _central(picture, min(picture.shape[:2])),
            side,
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
        )
    return _central(picture, fitting.side_px)


def _pool(picture: UInt8[np.ndarray, "h w 3"], pool: int) -> UInt8[np.ndarray, "rows cols 3"]:
    """Average blocks, rounding halves up; what is left over is cut on all sides alike."""
    rows, cols = (length // pool for length in picture.shape[:2])
    top, left = (length % pool // 2 for length in picture.shape[:2])
    whole = picture[top : top + rows * pool, left : left + cols * pool]
    sums = whole.reshape(rows, pool, cols, pool, 3).sum(axis=(1, 3), dtype=np.uint32)
    return ((2 * sums + pool**2) // (2 * pool**2)).astype(np.uint8)


def _central(picture: UInt8[np.ndarray, "h w 3"], side: int) -> UInt8[np.ndarray, "side side 3"]:
    """Cut the central square; of an odd rest one px more goes at the bottom and right."""
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    return np.ascontiguousarray(picture[top : top + side, left : left + side])


def _propose_reduce(whole: int, input_px: int) -> str:
    most = min(whole // input_px, 16)
    if not most:
        return f"no 'reduce' makes {whole} px fill {input_px} px"
    return f"'reduce' may be {'1' if most == 1 else f'1 to {most}'} for {input_px} px"
