"""A project's records held against today, for all verbs that must know what is stale."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from histopress.audit.recipes.acceptance import read_acceptances
from histopress.audit.recipes.stale import Accepted, find_stale
from histopress.audit.recipes.verdicts import Staleness
from histopress.audit.records import Record, read_records
from histopress.cli.audit.expected.expectation import Expectation
from histopress.cli.audit.expected.sources import Sources
from histopress.cli.audit.opening import Project


def judge(
    project: Project,
    *,
    exists: Callable[[str], bool] | None = None,
    accepted: Accepted | None = None,
) -> Staleness:
    """Hold every record of a project against what its job would be given today.

    Parameters
    ----------
    project : Project
    exists : callable, optional
        Whether an output is there, by its path as records write it; None looks.
    accepted : callable, optional
        See :func:`histopress.audit.recipes.stale.find_stale`; None asks the project's acceptances.

    Raises
    ------
    StoreError
        Records that each claim to come from the other.
    """
    records, faults = {}, {}
    for record in read_records(project.folder):
        if record.fault is not None:
            faults[record.place] = record.fault
        # One that cannot be read at all names no job; its job counts as one without a record.
        if record.recipe:
            records[record.place] = _parsed(record)
    wanted = project.wanted
    sources = Sources(wanted.plan, project.present, full=project.digests.full)
    expectation = Expectation(wanted, sources, records)
    found = find_stale(
        records,
        expected=expectation.of,
        exists=exists or (lambda path: (project.folder / path).exists()),
        accepted=accepted or read_acceptances(project.folder).covers,
        faults=faults,
    )
    return replace(found, unmade=expectation.unmade())


def _parsed(record: Record) -> Mapping[str, Any]:
    """Give a record as it stands in its file, as far as it is judged."""
    return {
        "recipe": record.recipe,
        "inputs": [dict(vars(entry)) for entry in record.inputs],
        "outputs": [dict(vars(entry)) for entry in record.outputs],
        "run": record.run,
        "record_id": record.record_id,
    }
