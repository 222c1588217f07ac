"""Patients divided by a predicted risk, and how differently the groups fare."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from histopress.cli.claims.arms import load_arm
from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.result import ClaimResult
    from histopress.cohort.targets import Labels
    from histopress.evaluate.predictions import Prediction


def judge_separation(job: Job) -> "ClaimResult":
    """Split tested patients at their fold's training median, and estimate the hazard ratio."""
    from histopress.claims.separation import separate
    from histopress.cli.claims.finish import finish
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest
    from histopress.evaluate.fusion import fuse_training
    from histopress.evaluate.judge import People, make_units
    from histopress.evaluate.units import SurvivalUnits

    chosen, name = job.settings.claim, job.wildcard("claim")
    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest)
    arm = load_arm(job, chosen.target, chosen.encoder, chosen.model)
    rows = _own_rows(job, arm.labels) if chosen.proxy is None else _proxy_rows(job, arm.rows)
    tested, trained = _parts(job, rows)
    people = People.of(manifest)
    units = make_units(tested, arm.labels, people)
    if not isinstance(units, SurvivalUnits):
        raise TypeError(f"claim '{name}': target '{chosen.target}' is no survival")
    training = fuse_training(trained, people.patients, level=arm.labels.level, tested=tested)
    found = separate(units, training, permutations=chosen.permutations, rng=job.rng("claim", name))
    facts = {
        "patients": len(units),
        "events": units.survival.n_events,
        "score": chosen.proxy or "learned from survival",
        "hazard_ratio": found.hazard_ratio,
        "log_rank": found.log_rank,
        "p_permuted": found.p_permuted,
        "permutations": chosen.permutations,
    }
    return finish(
        job,
        metric="log hazard ratio",
        named="high risk - low risk",
        estimate=found.estimate,
        rows=found.curves,
        facts=facts,
    )


def _parts(job: Job, rows: "Sequence[Prediction]") -> "tuple[Sequence[Prediction], ...]":
    """Take the tested and the training slides of the first cross-validation, as evaluating does."""
    from histopress.evaluate.runs import as_ensemble, in_split, repeats_of

    if job.settings.protocol.kind == "ensemble":
        return as_ensemble(rows, hazards=True)
    first = next(iter(repeats_of(rows)), ())
    return in_split(rows, "test", first), in_split(rows, "train", first)


def _own_rows(job: Job, labels: "Labels") -> "tuple[Prediction, ...]":
    """Predictions of all parts, by the models that learned survival."""
    from histopress.cli.judging import load_rows

    chosen = job.settings.claim
    folder = job.request.paths["models"] / chosen.target / chosen.encoder / chosen.model
    return load_rows(job, folder, labels)


def _proxy_rows(job: Job, survived: "tuple[Prediction, ...]") -> "tuple[Prediction, ...]":
    """Predictions of the class that stands for the risk, with the patients' outcomes."""
    from dataclasses import replace

    import numpy as np

    from histopress.cli.judging import load_rows
    from histopress.errors import ConfigError
    from histopress.evaluate.calibration import logit

    chosen = job.settings.claim
    arm = load_arm(job, chosen.proxy, chosen.encoder, chosen.model)
    if chosen.proxy_class not in arm.labels.classes:
        raise ConfigError(
            f"claim '{job.wildcard('claim')}': proxy_class '{chosen.proxy_class}' is no class of "
            f"target '{chosen.proxy}'; there are {', '.join(arm.labels.classes)}"
        )
    place = arm.labels.classes.index(chosen.proxy_class)
    folder = job.request.paths["models"] / chosen.proxy / chosen.encoder / chosen.model
    outcome = {row.slide_id: row.label for row in survived}
    return tuple(
        replace(
            row,
            label=outcome[row.slide_id],
            scores=(float(logit(np.array([row.scores[place]]))[0]),),
        )
        for row in load_rows(job, folder, arm.labels)
        if row.slide_id in outcome
    )
