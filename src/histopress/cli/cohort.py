"""What verbs that work on the whole cohort share."""

from pathlib import Path

from histopress.cli.job import Job
from histopress.cohort.manifest import Manifest, read_manifest
from histopress.compress.slide import CompressedSlide, read_compressed


def load_manifest(job: Job) -> Manifest:
    """Read the job's manifest; slides need not be at hand."""
    return read_manifest(job.input("manifest"), root=Path.cwd(), check_files=False)


def load_compressed(job: Job, slide_id: str) -> CompressedSlide:
    """Read one slide from the folder given as ``compressed``; it enters the record."""
    folder = job.request.paths["compressed"]
    return read_compressed(job.reads("compressed", folder / f"{slide_id}.h5"))
