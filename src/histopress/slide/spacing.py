"""How many micrometres a pixel of level 0 is wide."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from histopress.errors import SpacingFault

PLAUSIBLE_UM = (0.05, 10.0)
"""Spacings of level 0 outside of this, in µm/px, are errors of the file."""
MAX_ANISOTROPY = 1.05
MAX_OBJECTIVE_RATIO = 1.5
_UM_PER_UNIT = {"centimeter": 10_000.0, "inch": 25_400.0}

Source = Literal["manifest", "file", "tiff"]


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """A settled spacing.

    Attributes
    ----------
    spacing_um : float
        µm/px of level 0.
    source : str
        ``manifest``, ``file`` (OpenSlide's mpp) or ``tiff`` (resolution tags).
    """

    spacing_um: float
    source: Source


def settle_spacing(
    properties: Mapping[str, str], *, slide_id: str, declared: float | None = None
) -> Spacing:
    """Settle the spacing of level 0; there is no default.

    The manifest wins. Otherwise OpenSlide's mpp, else the TIFF resolution with its unit. The
    file's value must be plausible, equal in x and y within 5 %, and agree with the objective's
    power (10 / power µm/px, such as 0.5 at 20×) within a factor 1.5. An objective alone is
    not enough: scanners export reduced images that still name it.

    Parameters
    ----------
    properties : mapping
        OpenSlide's properties.
    slide_id : str
        Named in messages.
    declared : float, optional
        The manifest's ``spacing_um`` in µm/px.

    Raises
    ------
    SpacingFault
        Missing, implausible, anisotropic or contradictory; says what to write in the manifest.

    Examples
    --------
    >>> settle_spacing({"openslide.mpp-x": "0.25", "openslide.mpp-y": "0.25"}, slide_id="A")
    Spacing(spacing_um=0.25, source='file')
    >>> settle_spacing({}, slide_id="A", declared=0.5)
    Spacing(spacing_um=0.5, source='manifest')
    """
    if declared is not None:
        if not _plausible(declared):
            raise SpacingFault(
                f"slide '{slide_id}': 'spacing_um' in the manifest is {declared:g}; allowed are "
                f"{_bounds()}; correct it, or leave the slide out if it is an overview image"
            )
        return Spacing(spacing_um=float(declared), source="manifest")
    power = _number(properties.get("openslide.objective-power"))
    x, y, source = _from_file(properties)
    if x is None or y is None:
        raise SpacingFault(_missing(slide_id, power))
    spacing = math.sqrt(x * y)
    if not (_plausible(x) and _plausible(y)):
        raise SpacingFault(_implausible(slide_id, x, y, power))
    if max(x, y) / min(x, y) > MAX_ANISOTROPY:
        raise SpacingFault(
            f"slide '{slide_id}': the file gives {x:g} µm/px across and {y:g} µm/px down, more "
            "than 5 % apart; write the true value as 'spacing_um' in the manifest, or resample "
            "the slide to square pixels"
        )
    if power and not _agree(spacing, 10 / power):
        raise SpacingFault(
            f"slide '{slide_id}': the file gives {spacing:.4g} µm/px, but its objective of "
            f"{power:g}× expects about {10 / power:.4g} µm/px (a factor above 1.5 apart); write "
            "the true value as 'spacing_um' in the manifest"
        )
    return Spacing(spacing_um=spacing, source=source)


def _from_file(properties: Mapping[str, str]) -> tuple[float | None, float | None, Source]:
    x = _number(properties.get("openslide.mpp-x"))
    y = _number(properties.get("openslide.mpp-y"))
    if x is not None and y is not None:
        return x, y, "file"
    unit = _UM_PER_UNIT.get(properties.get("tiff.ResolutionUnit", "").lower())
    x = _number(properties.get("tiff.XResolution"))
    y = _number(properties.get("tiff.YResolution"))
    if unit is None or x is None or y is None:
        return None, None, "file"
    return unit / x, unit / y, "tiff"


def _number(text: str | None) -> float | None:
    """Read a positive, finite number; anything else counts as absent."""
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def _plausible(spacing_um: float) -> bool:
    return PLAUSIBLE_UM[0] <= spacing_um <= PLAUSIBLE_UM[1]


def _agree(spacing_um: float, expected_um: float) -> bool:
    ratio = spacing_um / expected_um
    return max(ratio, 1 / ratio) <= MAX_OBJECTIVE_RATIO


def _bounds() -> str:
    return f"{PLAUSIBLE_UM[0]:g} to {PLAUSIBLE_UM[1]:g} µm/px"


def _missing(slide_id: str, power: float | None) -> str:
    hint = ""
    if power:
        hint = f" (its objective of {power:g}× suggests about {10 / power:.4g}; check it)"
    return f"slide '{slide_id}': no spacing in the file; give 'spacing_um' in the manifest{hint}"


def _implausible(slide_id: str, x: float, y: float, power: float | None) -> str:
    spacing = math.sqrt(x * y)
    hints = []
    if spacing > PLAUSIBLE_UM[1]:
        hints.append(f"{25_400 / spacing:.0f} dots per inch: a program's default, or an overview")
    if power:
        hints.append(f"its objective of {power:g}× expects about {10 / power:.4g}")
    elif spacing < PLAUSIBLE_UM[0] and 0.1 <= spacing * 100 <= 1:
        hints.append(f"perhaps a mistaken unit: 100 times as much is {spacing * 100:.4g}")
    hint = f" ({'; '.join(hints)})" if hints else ""
    return (
        f"slide '{slide_id}': the file gives {spacing:.4g} µm/px; plausible are {_bounds()}{hint}; "
        "write the true value as 'spacing_um' in the manifest, or leave the slide out"
    )
