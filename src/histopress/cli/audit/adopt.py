"""``histopress audit adopt``: let Snakemake take results that were pulled, checked out or copied.

Results whose record and bytes hold and whose recipe is today's are taken; all others Snakemake
makes anew on its next run. Of the auditor's verbs this one writes times and needs Snakemake.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.audit.recipes.adoption import (
    UNSEEN,
    Claims,
    Row,
    is_settled,
    taken_records,
    unanswered,
)
from histopress.audit.records import FOLDER, read_record, read_records
from histopress.cli.audit.opening import (
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    print_json,
)
from histopress.cli.audit.workflow import Workflow
from histopress.store import atomic
from histopress.study import names

if TYPE_CHECKING:
    from histopress.audit.recipes.adopted import Adoption

ASIDE = "results.aside"
"""Folder of the project to which files are moved that a run would replace and that nobody could
make again."""
SPLITS = names.SPLIT.partition("{")[0]
"""What stands here is never made from nothing: it is gone on from."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--dry-run", action="store_true", help="tell, but change nothing")
    parser.add_argument(
        "--snakefile",
        type=Path,
        metavar="PATH",
        help="the workflow; else the project's Snakefile, or that beside this package",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Adopt, and print what Snakemake will do."""
    from histopress.audit.recipes.adopted import Adoption, adoption_lines, adoption_values
    from histopress.audit.recipes.verdicts import Staleness

    if not (Path.cwd() / FOLDER).is_dir():
        # A study that was never run is no fault: whoever calls this runs it next.
        if options.json:
            nothing = Adoption(taken=0, settled=True, pending={}, found=Staleness(verdicts=()))
            print_json(adoption_values(nothing))
        else:
            print(f"nothing to adopt: there is no {FOLDER} yet")
        return FINE
    workflow = Workflow.find(Path.cwd(), options.config, options.snakefile)
    if workflow.has_other_package:
        return workflow.hand_over(options)
    with open_project(options) as project:
        adoption = adopt(project, workflow, dry_run=options.dry_run)
    if options.json:
        print_json(adoption_values(adoption))
    else:
        print("\n".join(adoption_lines(adoption, colour=colour())))
    return FINE


def adopt(project: Project, workflow: Workflow, *, dry_run: bool = False) -> "Adoption":
    """Let Snakemake take what is as today's study would make it, and make the rest anew.

    Files for whose bytes no record answers and that Snakemake would replace are moved aside.
    Stale results stay where they are until their jobs run.

    Parameters
    ----------
    project : Project
    workflow : Workflow
    dry_run : bool
        Change nothing.

    Raises
    ------
    HistopressError
        The study has faults, or Snakemake cannot plan it.
    """
    from histopress.audit.recipes.adopted import Adoption
    from histopress.cli.audit.judging import judge

    # What was not pulled is not missing: Snakemake makes it as soon as a job needs it.
    found = judge(project, exists=lambda _: True)
    taken = taken_records(found, unseen=_unseen(project))
    rows = workflow.rows()
    if is_settled(rows, taken):
        return Adoption(
            taken=_count(rows, taken, settled=True),
            settled=True,
            pending=_pending(rows),
            found=found,
        )
    claims = Claims(read_records(project.folder), taken)
    aside, kept = _sort_out(project, rows, claims)
    # Their jobs run again; what builds on these follows by itself.
    taken -= {claims.maker(path) for path in (*aside, *kept)}
    adoption = Adoption(
        taken=_count(rows, taken),
        settled=False,
        aside=aside,
        kept=kept,
        folder=f"{ASIDE}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}" if aside else "",
        pending=None,
        found=found,
    )
    if dry_run:
        return adoption
    for path in aside:
        _move(project.folder / path, project.folder / adoption.folder / path)
    for row in rows:
        if row.path.startswith(SPLITS):
            _own(project.folder / row.path)
    workflow.touch(_keys(project, taken))
    rows = workflow.rows()
    return replace(adoption, taken=_count(rows, taken, settled=True), pending=_pending(rows))


def _unseen(project: Project) -> frozenset[str]:
    """Reasons for which the study's Snakemake reruns nothing."""
    counts = project.wanted.plan.study.config.provenance.rerun_on_code
    return UNSEEN if counts else UNSEEN | {"code"}


def _sort_out(
    project: Project, rows: Sequence[Row], claims: Claims
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find files for which no record answers: those to move aside, and those to keep in place."""
    found = sorted(
        unanswered(rows, claims, lambda path: project.present.digest(project.folder / path))
    )
    aside = tuple(path for path in found if not path.startswith(SPLITS))
    return aside, tuple(path for path in found if path.startswith(SPLITS))


def _keys(project: Project, taken: set[str]) -> list[tuple[str, ...]]:
    """Name the jobs behind records as the workflow's rules do."""
    keys = []
    for place in sorted(taken):
        outputs = read_record(project.folder / place, project.folder).outputs
        jobs = (project.wanted.maker(entry.path) for entry in outputs)
        job = next((job for job in jobs if job is not None), None)
        if job is not None:
            keys.append(job.key)
    return keys


def _own(path: Path) -> None:
    """Turn a link into a file: what a failed job updates Snakemake puts back by writing into it."""
    if path.exists() and (path.is_symlink() or path.stat().st_nlink > 1):
        with atomic(path) as temporary:
            temporary.write_bytes(path.read_bytes())


def _move(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    path.rename(place)


def _count(rows: Sequence[Row], taken: set[str], *, settled: bool = False) -> int:
    """Count the jobs that are taken and, once this is settled, not run for another's sake."""
    return sum(row.path in taken and not (settled and row.pending) for row in rows)


def _pending(rows: Sequence[Row]) -> dict[str, int]:
    return dict(Counter(row.rule for row in rows if row.is_record and row.pending))
