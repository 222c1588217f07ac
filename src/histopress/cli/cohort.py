"""What verbs that work on the whole cohort share."""

from pathlib import Path
from typing import Any

from histopress.cli.job import Job, Port
from histopress.cohort.content import dividing_columns, divisions_digest, labels_digest
from histopress.cohort.labels.sources import read_source
from histopress.cohort.manifest import Manifest, read_manifest
from histopress.cohort.splitting.files import read_divisions, split_files
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.targets import Labels, slide_labels
from histopress.compress.slide import CompressedSlide, read_compressed
from histopress.errors import StoreError

COHORT_PORTS = (
    Port(name="manifest", help="table of the slides"),
    Port(name="labels", help="table of the labels, where the target names one", optional=True),
    Port(name="links", help="table of each patient's slides beside it", optional=True),
)
"""Inputs of every verb that reads a target's labels."""


def load_manifest(job: Job) -> Manifest:
    """Read the job's manifest; slides need not be at hand."""
    return read_manifest(job.input("manifest"), root=Path.cwd(), check_files=False)


def load_labels(
    job: Job, manifest: Manifest, target: str, settings: Any, *, left_out: bool = False
) -> Labels:
    """Read a target's labels from the manifest, or from the table given as ``labels``.

    What counts of these tables enters the record; with ``left_out`` also why slides have no label.

    Raises
    ------
    StoreError
        The target names a table and none is given.
    """
    table, roles = None, ["manifest"]
    if settings.table is not None:
        if not job.has("labels"):
            raise StoreError(
                f"target '{target}': its labels stand in '{settings.table.path}'; give --labels"
            )
        links = job.input("links") if job.has("links") else None
        table = read_source(settings.table, path=job.input("labels"), links=links)
        roles += ["labels", *(["links"] if links else [])]
    labels = slide_labels(manifest, target, settings, seed=job.settings.seed, table=table)
    columns = dividing_columns(job.settings.protocol)
    columns += [*settings.covariates, *settings.subgroups]
    digest = labels_digest(manifest, labels, columns, left_out=left_out)
    job.content.update(dict.fromkeys(roles, digest))
    return labels


def load_table(job: Job) -> tuple[Parts, ...]:
    """Read the divisions of protocol ``table``; they enter the record. Other protocols have none.

    From the path given as ``table``, or else from where the protocol says.
    """
    chosen = job.settings.protocol
    if chosen.kind != "table":
        return ()
    path = job.request.paths.get("table", Path(chosen.path))
    job.reads("table", path, split_files(path))
    found = read_divisions(path)
    job.content["table"] = divisions_digest(found)
    return found


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
