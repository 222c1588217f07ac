"""What verbs that work on the whole cohort share."""

from pathlib import Path

from histopress.cli.job import Job
from histopress.cohort.manifest import Manifest, read_manifest
from histopress.compress.slide import CompressedSlide, read_compressed
from histopress.errors import StoreError


def load_manifest(job: Job) -> Manifest:
    """Read the job's manifest; slides need not be at hand."""
    return read_manifest(job.input("manifest"), root=Path.cwd(), check_files=False)


def load_compressed(job: Job, slide_id: str) -> CompressedSlide:
    """Read one slide from the folder given as ``compressed``; it enters the record.

    Raises
    ------
    StoreError
        The file is missing, damaged, or holds another slide.
    """
    path = job.request.paths["compressed"] / f"{slide_id}.h5"
    slide = read_compressed(job.reads("compressed", path))
    if slide.slide_id != slide_id:
        raise StoreError(f"{path}: holds slide '{slide.slide_id}'; compress '{slide_id}' again")
    return slide
