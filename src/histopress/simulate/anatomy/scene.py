"""What a phantom slide is to show, before it is laid out."""

from dataclasses import dataclass
from typing import Literal

from histopress.simulate.phantom_settings import Pattern

Organ = Literal["bowel", "liver", "node"]


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Shares of the tissue area to aim for, 0 to 1."""

    tumour: float = 0.0
    gland: float = 0.0
    lymphocytes: float = 0.0
    muscle: float = 0.0
    fat: float = 0.0
    mucus: float = 0.0
    blood: float = 0.0
    necrosis: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A slide to lay out.

    Attributes
    ----------
    organ : "bowel", "liver" or "node"
        What the section is of.
    composition : Composition
        How much of what.
    pattern : str or None
        Growth pattern at the border of a liver's metastasis; None without tumour.
    metastasis_um : float
        Diameter of a node's metastasis in µm; 0 without one.
    holes : bool
        Whether the tissue has holes and tears.
    """

    organ: Organ = "bowel"
    composition: Composition
    pattern: Pattern | None = None
    metastasis_um: float = 0.0
    holes: bool = False
