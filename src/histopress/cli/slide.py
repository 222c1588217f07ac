"""What verbs that read a slide share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from histopress.audit.digest import files_digest
from histopress.cli.job import Job
from histopress.errors import StoreError

SlideDigest = Annotated[
    str | None,
    Field(pattern="^[0-9a-f]{64}$", description="Digest that the slide must have."),
]


def read_slide(job: Job, path: Path, files: Sequence[Path]) -> None:
    """Enter a slide into the record; its bytes must be those that the manifest names.

    Raises
    ------
    StoreError
        The digest differs.
    """
    job.reads("slide", path, files, hold=True)
    wanted = job.settings.sha256
    if wanted is None:
        return
    found = files_digest(files)
    if found != wanted:
        raise StoreError(
            f"slide '{job.wildcard('slide-id')}': the file's sha256 is {found}, the manifest says "
            f"{wanted}; put the right file there or correct the manifest"
        )
