"""Sizes of lesions, from the table of what a cohort's slides were drawn from."""

import hashlib
import math
from collections.abc import Mapping, Sequence

from histopress.errors import StoreError
from histopress.store import canonical_json


def lesion_sizes(rows: Sequence[Mapping[str, str]], column: str, name: str) -> dict[str, float]:
    """Read the size of each slide's lesion from the rows of a table of latents; 0 without one.

    Parameters
    ----------
    rows : sequence of mapping
    column : str
        That of the sizes; an empty cell is no lesion.
    name : str
        The file, as messages should call it.

    Raises
    ------
    StoreError
        A column is missing, or a size is no finite number from 0.

    Examples
    --------
    >>> lesion_sizes([{"slide_id": "a", "um": "60"}, {"slide_id": "b", "um": ""}], "um", "t.csv")
    {'a': 60.0, 'b': 0.0}
    """
    if not rows or not {"slide_id", column} <= rows[0].keys():
        raise StoreError(
            f"{name}: has no rows with columns 'slide_id' and '{column}'; write it with "
            "'histopress simulate phantom --latents', or name another column as 'sizes'"
        )
    found = {}
    for number, row in enumerate(rows, 2):
        try:
            size = float(row[column] or 0)
        except (TypeError, ValueError):
            size = math.nan
        if not 0 <= size < math.inf:
            raise StoreError(
                f"{name} row {number}, column '{column}': is '{row[column]}'; a size is a number "
                "from 0, an empty cell is no lesion"
            )
        found[row["slide_id"]] = size
    return found


def sizes_digest(sizes: Mapping[str, float]) -> str:
    """Digest whose lesions are of which size."""
    return hashlib.sha256(canonical_json(sorted(sizes.items())).encode()).hexdigest()
