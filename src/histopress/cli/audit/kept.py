"""Records that were kept elsewhere, where a person names them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_records(pack: Path | None) -> Iterator[Path | None]:
    """Give the folder that holds the records of a pack, while it is looked at; None without one.

    Raises
    ------
    StoreError
        The file is no whole pack.
    """
    if pack is None:
        yield None
        return
    from histopress.audit.seal.pack import unpacked

    with unpacked(pack) as folder:
        yield folder
