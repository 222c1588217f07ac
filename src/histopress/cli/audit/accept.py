"""``histopress audit accept``: declare results of two recipes equal, after rebuilding a sample.

Stale for another code, other pins or other settings, results may still be the same. A random
sample of them is made as it would be made today, in folders apart; only if every byte comes out
again are the changes accepted, and 'audit stale' counts them no more. Exit code 0: accepted, or
nothing to accept. 1: something came out otherwise, and nothing was written. 2: a fault.
"""

import argparse
import secrets
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.audit.paint import printable
from histopress.cli.audit.opening import (
    FINDINGS,
    FINE,
    Project,
    add_common,
    colour,
    open_project,
    print_json,
)
from histopress.cli.audit.workshop import open_workshop
from histopress.errors import ConfigError

if TYPE_CHECKING:
    from histopress.audit.recipes.acceptance import Acceptances
    from histopress.audit.recipes.verdicts import Verdict
    from histopress.audit.replay.trial import Trial

NEXT = "next: 'histopress audit adopt' tells Snakemake to take these results as they are"
RUN = ("machine", "cpu", "capability", "gpu", "versions")
"""What is kept of the circumstances in which the sample was rebuilt."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why nothing changes")
    parser.add_argument(
        "--sample", type=int, default=20, metavar="N", help="jobs to rebuild (default 20)"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="which ones; told if left out")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Try a sample of what is stale, and accept or say what differs."""
    from histopress.audit.recipes.acceptance import read_acceptances

    if not options.reason.strip() or options.sample < 1:
        raise ConfigError("accept: give a --reason in words, and a --sample of 1 or more")
    seed = secrets.randbelow(1 << 31) if options.seed is None else options.seed
    with open_project(options) as project:
        known = read_acceptances(project.folder)
        stale = _candidates(project, known)
        trials = list(_trials(project, stale, size=options.sample, seed=seed)) if stale else []
        differ = any(trial.differing for trial in trials)
        told = {
            "accepted": None,
            "reason": options.reason.strip(),
            "sample": _sample(trials, stale=stale, seed=seed),
            "faults": dict(known.faults),
        }
        if trials and not differ:
            told["accepted"] = _write(project, told, trials)
    if options.json:
        print_json(told)
    else:
        print("\n".join(_lines(told, trials)))
    return FINDINGS if differ else FINE


def _candidates(project: Project, known: "Acceptances") -> "list[Verdict]":
    """List what is stale for reasons that could be accepted."""
    from histopress.audit.replay.trial import acceptable
    from histopress.cli.audit.judging import judge

    found = judge(project, accepted=known.covers)
    return [verdict for verdict in found.of("stale") if acceptable(verdict)]


def _trials(
    project: Project, stale: "Sequence[Verdict]", *, size: int, seed: int
) -> "Iterator[Trial]":
    from histopress.audit.records import read_record
    from histopress.audit.replay.checkout import AT_HAND
    from histopress.audit.replay.trial import acceptable, draw_sample, try_today
    from histopress.cli.progress import progress_bar
    from histopress.seeds import generator

    sample = draw_sample(stale, size, rng=generator(seed, "accept"))
    progress = progress_bar("rebuild")
    with open_workshop(project) as workshop:
        for number, verdict in enumerate(sample):
            progress(number, len(sample))
            folder = workshop.folder / f"{number:04}"
            yield try_today(
                read_record(project.folder / verdict.place, project.folder),
                acceptable(verdict),
                code=AT_HAND,
                supplies=workshop.supplies,
                folder=folder,
            )
            shutil.rmtree(folder, ignore_errors=True)
        progress(len(sample), len(sample))


def _sample(trials: "Sequence[Trial]", *, stale: "Sequence[Verdict]", seed: int) -> dict[str, Any]:
    from histopress.audit.replay.trial_lines import trial_values

    return {"seed": seed, "of": len(stale), "jobs": [trial_values(trial) for trial in trials]}


def _write(project: Project, told: dict[str, Any], trials: "Sequence[Trial]") -> str:
    from histopress.audit.recipes.acceptance import write_acceptance
    from histopress.audit.replay.trial_lines import tried_changes
    from histopress.audit.source import read_source

    source = read_source()
    place: Path = write_acceptance(
        project.folder,
        reason=told["reason"],
        changes=tried_changes(trials),
        sample=told["sample"],
        circumstances={
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": source.commit if source else None,
            "patch": source.patch_digest if source else None,
            "run": {name: trials[0].run.get(name) for name in RUN},
        },
    )
    return place.relative_to(project.folder).as_posix()


def _lines(told: dict[str, Any], trials: "Sequence[Trial]") -> Iterator[str]:
    from histopress.audit.replay.trial_lines import accepted_lines, differing_lines

    for path, fault in told["faults"].items():
        yield printable(f"not believed: {path}: {fault}")
    if not trials:
        yield "nothing to accept: nothing is stale for its code, pins, settings or seeds alone"
        return
    sample = told["sample"]
    tried = f"{len(trials)} of {sample['of']} stale jobs were made anew (seed {sample['seed']})"
    if told["accepted"] is None:
        count = sum(bool(trial.differing) for trial in trials)
        yield f"{tried}: {count} came out otherwise, so nothing is accepted"
        yield from differing_lines(trials, colour=colour())
        yield "run the workflow to have the results of today's code, settings and environment"
        return
    yield f"{tried}: every byte came out again"
    yield from accepted_lines(trials)
    yield f"written to {told['accepted']}"
    yield NEXT
