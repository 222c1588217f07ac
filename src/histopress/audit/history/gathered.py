"""The files of a patch task's source, as the record of the job that gathered them tells."""

from pathlib import Path

from histopress.audit.records import Record
from histopress.errors import HistopressError


def gathered_files(record: Record, project: Path) -> tuple[Path, ...]:
    """List the files that a job of 'patches' would open today.

    The record names a table or a folder; its settings say which files that are.

    Returns
    -------
    tuple of Path
        Empty for other jobs, and where the source cannot be opened any more.
    """
    try:
        return _opened(record, project)
    except (HistopressError, OSError, KeyError, TypeError, ValueError):
        return ()


def _opened(record: Record, project: Path) -> tuple[Path, ...]:
    from pydantic import TypeAdapter

    from histopress.patches.opening import open_source, source_files
    from histopress.patches.settings import TaskSettings

    chosen = record.recipe["settings"]
    task: TaskSettings = TypeAdapter(TaskSettings).validate_python(chosen["task"])
    source = open_source(
        task,
        name=str(record.recipe["wildcards"].get("task")),
        root=project,
        input_px=chosen["input_px"],
        input_spacing_um=chosen["input_spacing_um"],
        seed=chosen["seed"],
    )
    return source_files(task, source, root=project)[1]
