"""What every source of labelled patches offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import UInt8


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What is known of one patch before it is read.

    Attributes
    ----------
    name : str
        File or place, for messages and for a stable order.
    label : str
        As the source spells it.
    slide_id, patient_id, center : str
        Empty where unknown.
    part : str
        The side that the source itself puts it on; empty where it does not say.
    neighbour : int
        Place, among the source's origins, of a patch beside this one; −1 where none is known.
    """

    name: str
    label: str
    slide_id: str = ""
    patient_id: str = ""
    center: str = ""
    part: Literal["", "training", "validation"] = ""
    neighbour: int = -1


class Source(Protocol):
    """A list of origins, and the pixels of each."""

    @property
    def origins(self) -> Sequence[Origin]:
        """All patches, in an order that depends on the source's content alone."""
        ...

    @property
    def spacing_um(self) -> float | None:
        """µm/px of what :meth:`read` gives, if the source itself knows."""
        ...

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        ...
