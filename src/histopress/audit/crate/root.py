"""The crate itself: its title, people, main workflow, records and README."""

from collections.abc import Collection, Mapping

from histopress.audit.crate.jobs import CrateJob
from histopress.audit.crate.people import Citation, add_author, add_licence
from histopress.audit.crate.terms import (
    COMPUTATIONAL_WORKFLOW,
    METADATA,
    PROFILES,
    README,
    SPECIFICATION,
    WORKFLOW,
    WORKFLOW_CRATE,
    Entities,
    relative_uri,
)

TEXT = """# Provenance of {named}

This folder is an RO-Crate (https://w3id.org/ro/crate/1.1) of the profile Provenance Run Crate
0.5. `{metadata}` describes {jobs} jobs: what each read, with which settings and code, what it
wrote and when. `records/` holds the record that each job left, as far as it may be shown.

Files whose names start with `ni:///sha-256;` are not in the crate: slides, tables and
intermediate results are named by the sha256 of their bytes (RFC 6920), in base64.

A crate alone does not show that nothing was changed since: compare the digests with files that
you hold, and ask for the signed root of the project's records.
"""


def name_results(results: Collection[str]) -> str:
    """Name the first of ``results`` and count the others.

    Examples
    --------
    >>> name_results(["b", "a"])
    'a and 1 more'
    """
    return f"{min(results)} and {len(results) - 1} more" if len(results) > 1 else min(results)


def readme(results: Collection[str], jobs: int) -> bytes:
    """Tell a person what the crate is."""
    return TEXT.format(named=name_results(results), metadata=METADATA, jobs=jobs).encode()


def add_readme(entities: Entities) -> None:
    """Describe the README."""
    entities.put(README, "File", name=README, encodingFormat="text/markdown")
    entities.link(README, "about", "./")
    entities.link("./", "hasPart", README)


def add_root(
    entities: Entities, citation: Citation, *, published: str, results: Collection[str]
) -> None:
    """Describe the crate itself; ``published`` is when its last job ended."""
    entities.put(METADATA, "CreativeWork")
    entities.link(METADATA, "about", "./")
    entities.link(METADATA, "conformsTo", [SPECIFICATION, WORKFLOW_CRATE])
    named = name_results(results)
    entities.put(
        "./",
        "Dataset",
        name=f"Provenance of {named}",
        description=f"How {named} came from slides by {citation.title}: "
        "all jobs with their inputs, settings, code and outputs",
        datePublished=published,
    )
    for profile, (name, version) in PROFILES.items():
        entities.put(profile, "CreativeWork", name=name, version=version)
        entities.link("./", "conformsTo", profile)
    authors = [add_author(entities, author) for author in citation.authors]
    entities.link("./", "author", authors)
    entities.link("./", "publisher", authors[0])
    entities.link("./", "license", add_licence(entities, citation.licence))
    entities.link("./", "mainEntity", WORKFLOW)
    entities.link("./", "hasPart", WORKFLOW)


def add_workflow(entities: Entities, citation: Citation, *, files: Mapping[str, str]) -> None:
    """Describe the Snakefile, the crate's main entity, and the files that belong to it.

    Parameters
    ----------
    entities : Entities
        Added to.
    citation : Citation
    files : mapping of str to str
        Sha256 by path in the crate; the Snakefile's is its version.
    """
    sha256 = files[WORKFLOW]
    entities.put(
        WORKFLOW,
        ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        name=f"{citation.title}: {WORKFLOW}",
        description="The workflow whose rules each run one verb of histopress, as it stood when "
        "the crate was written; each job names the digest of its own code",
        encodingFormat="text/plain",
        version=f"sha256:{sha256}",
        sha256=sha256,
    )
    for path in sorted(set(files) - {WORKFLOW}):
        name = entities.put(
            relative_uri(path),
            "File",
            name=path,
            encodingFormat="text/plain",
            sha256=files[path],
        )
        entities.link("./", "hasPart", name)
    entities.put(
        COMPUTATIONAL_WORKFLOW, "CreativeWork", name="ComputationalWorkflow", version="1.0-RELEASE"
    )
    entities.link(WORKFLOW, "conformsTo", COMPUTATIONAL_WORKFLOW)
    entities.link(WORKFLOW, "license", add_licence(entities, citation.licence))
    authors = [add_author(entities, author) for author in citation.authors]
    entities.link(WORKFLOW, "creator", authors)


def add_record(entities: Entities, job: CrateJob, place: str, *, size: int) -> None:
    """Describe the file of a job's record."""
    entities.put(
        place,
        "File",
        name=f"Record of a job of '{job.verb}'",
        encodingFormat="application/json",
        contentSize=str(size),
    )
    entities.link(place, "about", job.action)
    entities.link(job.action, "subjectOf", place)
    entities.link("./", "hasPart", place)
