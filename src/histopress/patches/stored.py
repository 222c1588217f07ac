"""Patches of a table that histopress wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from histopress.patches.settings import TableSource
from histopress.patches.source import Origin
from histopress.patches.table import PARTS, read_patches


class StoredPatches:
    """A patch table as a source: its groups are patients, its validation part stays one.

    Images keep their margin. What the table tells of itself (grouping, licence, warnings) stands
    in :attr:`facts`.

    Parameters
    ----------
    source : TableSource
        The file.
    root : Path
        Folder that a relative path starts from.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """

    def __init__(self, source: TableSource, *, root: Path) -> None:
        path = root / source.path
        self.files: tuple[Path, ...] = (path,)
        self._table = table = read_patches(path)
        self.facts: Mapping[str, Any] = table.facts
        self.warnings: tuple[str, ...] = tuple(table.facts.get("warnings", ()))
        validation = PARTS.index("validation")
        named = bool((table.parts == validation).any())
        self.origins: Sequence[Origin] = tuple(
            Origin(
                name=f"{path.name}[{index}]",
                label=table.classes[table.labels[index]],
                patient_id=table.groups[index],
                center=table.centers[index],
                part="validation"
                if table.parts[index] == validation
                else ("training" if named else ""),
                neighbour=int(table.neighbours[index]),
            )
            for index in range(len(table))
        )

    @property
    def spacing_um(self) -> float | None:
        """µm/px of the table; None where it is unknown."""
        spacing = float(self._table.spacing_um)
        return None if np.isnan(spacing) else spacing

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        return np.asarray(self._table.images[index])
