"""What did happen: a run a job, and the run of the workflow that they belong to."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from histopress.audit.crate.jobs import CrateFile, CrateJob
from histopress.audit.crate.terms import COMPLETED, ENGINE, WORKFLOW, Entities
from histopress.audit.crate.tools import add_inputs, add_outputs, add_values, step_of

RUN = "#run"
ENGINE_RUN = "#engine-run"
FORMATS = {
    ".csv": "text/csv",
    ".h5": "application/x-hdf5",
    ".json": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".txt": "text/plain",
}


def encoding_format(path: str) -> str:
    """Media type by the suffix."""
    return FORMATS.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")


def add_file(entities: Entities, file: CrateFile) -> str:
    """Describe a file, in the crate or referenced by its digest."""
    entities.put(
        file.name,
        "File",
        name=file.path,
        contentSize=str(file.bytes),
        encodingFormat=encoding_format(file.path),
        sha256=file.sha256,
    )
    entities.link("./", "hasPart", file.name)
    return file.name


def add_actions(entities: Entities, jobs: Sequence[CrateJob], results: Sequence[CrateFile]) -> None:
    """Describe all runs.

    Parameters
    ----------
    entities : Entities
        Added to.
    jobs : sequence of CrateJob
        At least one.
    results : sequence of CrateFile
        Outputs of jobs for whose sake all was done: what the workflow's run made.
    """
    makers = {(file.path, file.sha256): (job, file.role) for job in jobs for file in job.outputs}
    start, end = min(job.start for job in jobs), max(job.end for job in jobs)
    _add_run(entities, start=start, end=end)
    for job in jobs:
        values = add_values(entities, job)
        _add_job(entities, job, values)
        add_inputs(entities, job, makers)
        add_outputs(entities, job, results)
        sources = [file.name for file in job.inputs if (file.path, file.sha256) not in makers]
        entities.link(RUN, "object", [*values, *sources])
    entities.link(RUN, "result", [file.name for file in results])


def _add_run(entities: Entities, *, start: str, end: str) -> None:
    entities.put(
        RUN,
        "CreateAction",
        name="Run of the workflow",
        description="All jobs that the results depend on, from the first start to the last end",
        startTime=start,
        endTime=end,
        actionStatus=COMPLETED,
    )
    entities.link(RUN, "instrument", WORKFLOW)
    entities.put(
        ENGINE_RUN, "OrganizeAction", name="Run of Snakemake", startTime=start, endTime=end
    )
    entities.link(ENGINE_RUN, "instrument", ENGINE)
    entities.link(ENGINE_RUN, "result", RUN)
    entities.link("./", "mentions", [RUN, ENGINE_RUN])


def _add_job(entities: Entities, job: CrateJob, values: Sequence[str]) -> None:
    entities.put(
        job.action,
        "CreateAction",
        name=f"histopress {job.verb}",
        description=f"One job of '{job.verb}': {job.about}",
        identifier=job.record_id,
        startTime=job.start,
        endTime=job.end,
        actionStatus=COMPLETED,
    )
    inputs = [add_file(entities, file) for file in job.inputs]
    outputs = [add_file(entities, file) for file in job.outputs]
    entities.link(job.action, "instrument", job.tool)
    entities.link(job.action, "object", [*values, *inputs])
    entities.link(job.action, "result", outputs)
    entities.link("./", "mentions", job.action)
    control = f"#control/{job.key}"
    entities.put(control, "ControlAction", name=f"Runs of the step '{job.verb}'")
    entities.link(control, "instrument", step_of(job))
    entities.link(control, "object", job.action)
    entities.link(ENGINE_RUN, "object", control)
