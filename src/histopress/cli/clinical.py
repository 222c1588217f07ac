"""``histopress clinical``: an image score beside clinical covariates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.judging import JudgingSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.targets import Labels

CLINICAL = "clinical"
"""Stands for encoder and model of the model that sees covariates alone."""


@settings
class ClinicalJobSettings(JudgingSettings):
    """What decides the report."""

    clinical_seed: Annotated[
        int, Field(ge=0, description="Seed under which the clinical model's folds stand.")
    ] = 0


def clinical(job: Job) -> None:
    """Ask what the image adds to the covariates."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cli.judging import load_rows
    from histopress.evaluate.clinical.joining import adjust_by, score_patients
    from histopress.evaluate.clinical.report import ClinicalSettings, clinical_report
    from histopress.evaluate.judge import People
    from histopress.store import write_json

    chosen = job.settings
    names = [job.wildcard(name) for name in ("target", "encoder", "model")]
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, names[0], chosen.target)
    _check(labels, chosen.protocol.kind)
    models = job.request.paths["models"]
    image = load_rows(job, models / names[1] / names[2], labels)
    covariates = load_rows(job, models / CLINICAL / CLINICAL, labels, seeds=(chosen.clinical_seed,))
    test, validation, slides = score_patients(image, covariates, labels, People.of(manifest))
    report = clinical_report(
        test,
        validation,
        adjust_by(slides, labels, manifest, chosen.target.covariates),
        settings=ClinicalSettings(
            horizons=tuple(getattr(chosen.target, "horizons", ())),
            n_resamples=chosen.evaluation.bootstrap,
            level=chosen.evaluation.level,
        ),
        rng=job.rng("clinical", *names),
    )
    facts = dict(zip(("target", "encoder", "model"), names, strict=True))
    write_json(job.output("report"), {**facts, "note": chosen.target.note, **report})
    _draw(job, report, labels, title=" · ".join(names))


def _check(labels: "Labels", protocol: str) -> None:
    """Refuse what the report has no figures for."""
    from histopress.errors import ConfigError

    if labels.kind != "survival" and len(labels.classes) != 2:
        found = f"{len(labels.classes)} classes" if labels.classes else "a number"
        raise ConfigError(
            f"target '{labels.target}': is {found}; an image score is held against covariates for "
            "survival and for two classes; rows of covariates alone are judged by 'evaluate'"
        )
    if protocol == "ensemble":
        raise ConfigError(
            f"target '{labels.target}': under protocol 'ensemble' each division tests the same "
            "patients, so that there is no one score of each; choose another protocol"
        )


def _draw(job: Job, report: Mapping[str, Any], labels: "Labels", *, title: str) -> None:
    from histopress.cli.clinical_figures import (
        calibration_drawing,
        decision_drawing,
        ratio_drawing,
    )
    from histopress.evaluate.figures import save_svg

    note, unit = job.settings.target.note, labels.unit or ""
    drawn = {
        "ratios": (ratio_drawing(report, title, note), "Ratios of the image score"),
        "decision": (decision_drawing(report, title, unit, note), "Net benefit"),
        "calibration": (calibration_drawing(report, title, unit, note), "Calibration"),
    }
    for name, (figure, shown) in drawn.items():
        save_svg(figure, job.output(name), description=f"{shown} of {title}.")


VERB = Verb(
    name="clinical",
    environment="slide",
    settings=ClinicalJobSettings,
    inputs=(*COHORT_PORTS, Port(name="models", help="folder of all models of the target")),
    outputs=(
        Port(name="report", help="JSON: what the image adds to the covariates"),
        Port(name="ratios", help="SVG: ratios of the score, plain and adjusted"),
        Port(name="decision", help="SVG: net benefit"),
        Port(name="calibration", help="SVG: calibration at the first horizon"),
    ),
    wildcards=("target", "encoder", "model"),
    run=clinical,
)
