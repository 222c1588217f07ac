"""Results as a Workflow Run RO-Crate that other people's tools can read.

The crate follows the profile Provenance Run Crate 0.5 (Leo et al., PLOS ONE 19(9), 2024,
doi:10.1371/journal.pone.0309210). It holds the results, the workflow's files and the records
of all jobs; slides, tables and whatever lies outside ``results/`` are named by their digests
(RFC 6920). A crate says how a result was made. It does not protect its own bytes: a reader who
must know that nothing was changed afterwards checks digests and a signature.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from histopress.audit.crate.actions import add_actions
from histopress.audit.crate.jobs import CrateJob, read_jobs
from histopress.audit.crate.payload import (
    Content,
    record_files,
    record_path,
    recorded_digests,
    select_files,
    write_crate,
)
from histopress.audit.crate.people import CITATION, Citation, read_citation
from histopress.audit.crate.root import add_readme, add_record, add_root, add_workflow, readme
from histopress.audit.crate.terms import CONTEXT, METADATA, README, WORKFLOW, Entities
from histopress.audit.crate.tools import add_engine, add_tools
from histopress.audit.crate.veil import Veil
from histopress.errors import StoreError
from histopress.store import file_digest

PARTS = ("workflow/rules/*.smk", "workflow/report/*.rst", "envs/*.yaml")
"""Files beside the Snakefile that it includes or names."""


@dataclass(frozen=True, kw_only=True)
class CrateAccount:
    """What went into a crate.

    Attributes
    ----------
    jobs : int
        Jobs described.
    copied : tuple of str
        Recorded files that lie in the crate, by their paths in it; records are not among them.
    referenced : int
        Contents that are named by their digests only.
    withheld : tuple of str
        Results left out because they name a patient.
    records_withheld : tuple of str
        Ids of records left out for the same reason; their jobs are described without names.
    """

    jobs: int
    copied: tuple[str, ...]
    referenced: int
    withheld: tuple[str, ...]
    records_withheld: tuple[str, ...]


def export_crate(
    records: Sequence[Mapping[str, Any]],
    *,
    project: Path,
    results: Collection[str],
    to: Path,
    home: Path | None = None,
    private: Collection[str] = (),
    everything: bool = False,
    engine_version: str | None = None,
) -> CrateAccount:
    """Write the crate of ``results``.

    Parameters
    ----------
    records : sequence of mapping
        Parsed records of the jobs that made the results and of all before them.
    project : Path
        Folder that recorded paths are relative to.
    results : collection of str
        Recorded paths for whose sake the crate is made; they are copied.
    to : Path
        A new folder, or a new file with the suffix ``.zip``.
    home : Path, optional
        Folder of the workflow. Snakefile and CITATION.cff are looked for in the project, then
        there.
    private : collection of str
        Patient identifiers. In paths and names they are numbered; a file or record that holds
        one is referenced by its digest or left out.
    everything : bool
        Copy all recorded outputs below ``results/``, not only ``results``.
    engine_version : str or None
        Version of Snakemake, if known.

    Returns
    -------
    CrateAccount
        Equal inputs give equal bytes, so a crate may itself be digested.

    Raises
    ------
    StoreError
        A result has no record among ``records``; a file is not what was recorded; ``to`` exists;
        there is no Snakefile or no CITATION.cff.
    """
    veil = Veil(private)
    wanted = recorded_digests(records, results, everything=everything)
    copied, withheld = select_files(wanted, project=project, veil=veil)
    evidence, silent = record_files(records, veil)
    jobs = read_jobs(records, veil, copied)
    named = {veil.name(path) for path in results}
    folder = _place(WORKFLOW, project, home)
    parts = {path.relative_to(folder).as_posix(): path for path in _parts(folder)}
    entities = describe(
        jobs,
        results=named,
        evidence=evidence,
        workflow={name: file_digest(path) for name, path in parts.items()},
        citation=read_citation(_place(CITATION, project, home)),
        engine_version=engine_version,
    )
    contents: dict[str, Content] = {
        METADATA: metadata(entities),
        README: readme(named, len(jobs)),
        **parts,
    }
    contents |= evidence
    contents |= {veil.name(path): file for (path, _), file in copied.items()}
    write_crate(contents, to)
    referenced = {
        file.sha256 for job in jobs for file in (*job.inputs, *job.outputs) if not file.copied
    }
    return CrateAccount(
        jobs=len(jobs),
        copied=tuple(sorted(veil.name(path) for path, _ in copied)),
        referenced=len(referenced),
        withheld=tuple(withheld),
        records_withheld=tuple(silent),
    )


def describe(
    jobs: Sequence[CrateJob],
    *,
    results: Collection[str],
    evidence: Mapping[str, bytes],
    workflow: Mapping[str, str],
    citation: Citation,
    engine_version: str | None = None,
) -> Entities:
    """Describe jobs, results and the crate itself.

    Parameters
    ----------
    jobs : sequence of CrateJob
        Earliest first.
    results : collection of str
        Paths of results, as the jobs name them.
    evidence : mapping
        Path in the crate to the bytes of the records that lie in it.
    workflow : mapping of str to str
        Sha256 of the Snakefile and of the files that belong to it, by their paths in the crate.
    citation : Citation
        Authors and licence.
    engine_version : str or None
        Version of Snakemake, if known.
    """
    entities = Entities()
    chosen = [file for job in jobs for file in job.outputs if file.path in results]
    add_root(entities, citation, published=max(job.end for job in jobs), results=results)
    add_readme(entities)
    add_workflow(entities, citation, files=workflow)
    add_engine(entities, engine_version)
    add_tools(entities, jobs)
    add_actions(entities, jobs, chosen)
    for job in jobs:
        place = record_path(job.record_id)
        if place in evidence:
            add_record(entities, job, place, size=len(evidence[place]))
    return entities


def metadata(entities: Entities) -> bytes:
    """Serialise the crate's metadata file."""
    content = {"@context": list(CONTEXT), "@graph": entities.graph()}
    return f"{json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)}\n".encode()


def _parts(folder: Path) -> Iterator[Path]:
    """List the Snakefile and the files that it includes or names."""
    yield folder / WORKFLOW
    for pattern in PARTS:
        yield from sorted(folder.glob(pattern))


def _place(name: str, project: Path, home: Path | None) -> Path:
    """Find the folder that holds a file of the workflow."""
    for folder in (project, home):
        if folder is not None and (folder / name).is_file():
            return folder
    raise StoreError(
        f"{project / name}: no such file; a crate needs the workflow that it is a run of, and who "
        "answers for it: put the file there"
    )
