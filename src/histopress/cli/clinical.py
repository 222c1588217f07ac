"""``histopress clinical``: an image score beside clinical covariates."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.judging import JudgingSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.evaluate.clinical.adjustment import Adjustment
    from histopress.evaluate.clinical.patients import ScoredPatients
    from histopress.evaluate.predictions import Prediction

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
    from histopress.evaluate.clinical.report import ClinicalSettings, clinical_report
    from histopress.store import write_json

    chosen = job.settings
    names = [job.wildcard(name) for name in ("target", "encoder", "model")]
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, names[0], chosen.target)
    _check(labels, chosen.protocol.kind)
    models = job.request.paths["models"]
    image = load_rows(job, models / names[1] / names[2], labels)
    covariates = load_rows(job, models / CLINICAL / CLINICAL, labels, seeds=(chosen.clinical_seed,))
    test, validation, slides = scored(image, covariates, labels, manifest)
    report = clinical_report(
        test,
        validation,
        adjustment(slides, labels, manifest, chosen.target.covariates),
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


def scored(
    image: "Sequence[Prediction]",
    covariates: "Sequence[Prediction]",
    labels: "Labels",
    manifest: "Manifest",
) -> "tuple[ScoredPatients, ScoredPatients, list[str]]":
    """Join both models' scores of test and validation patients, fold by fold.

    The image score is standardised by the fold's training patients. Patients whom the image model
    cannot see (no usable slide) are left out of both.

    Returns
    -------
    test, validation : ScoredPatients
    slides : list of str
        The first slide of each test patient, in order.
    """
    from histopress.cli.judging import first_slides
    from histopress.evaluate.runs import in_split, repeats_of

    folds = repeats_of(image)[0]
    seen = {(row.slide_id, row.fold) for row in image}
    known = [row for row in covariates if (row.slide_id, row.fold) in seen]
    found: dict[str, list[Any]] = {"test": [], "validation": []}
    slides: list[str] = []
    for fold in folds:
        train = _scores(in_split(image, "train", (fold,)), labels, manifest)
        mean = sum(train.values()) / len(train)
        spread = (sum((value - mean) ** 2 for value in train.values()) / (len(train) - 1)) ** 0.5
        for part, gathered in found.items():
            rows = in_split(image, part, (fold,))
            if not rows:
                continue
            own = _scores(rows, labels, manifest)
            beside = _scores(in_split(known, part, (fold,)), labels, manifest)
            units = _units(rows, labels, manifest)
            gathered.append(
                [
                    (fold, (own[first] - mean) / (spread or 1.0), beside[first], first)
                    for first in first_slides(rows, labels, manifest.patients)
                ]
                + [units]
            )
            slides += first_slides(rows, labels, manifest.patients) if part == "test" else []
    return _joined(found["test"]), _joined(found["validation"]), slides


def _units(rows: "Sequence[Prediction]", labels: "Labels", manifest: "Manifest") -> Any:
    from histopress.cli.judging import people_of
    from histopress.evaluate.judge import make_units

    return make_units(rows, labels, people_of(manifest))


def _scores(
    rows: "Sequence[Prediction]", labels: "Labels", manifest: "Manifest"
) -> dict[str, float]:
    """Log hazard, or log odds of the positive class, of each unit by its first slide."""
    import numpy as np

    from histopress.cli.judging import first_slides

    units = _units(rows, labels, manifest)
    if labels.kind == "survival":
        values = units.risks
    else:
        values = np.log(np.maximum(units.scores, 1e-12)) - np.log(
            np.maximum(1 - units.scores, 1e-12)
        )
    return dict(zip(first_slides(rows, labels, manifest.patients), values.tolist(), strict=True))


def _joined(gathered: "Sequence[list[Any]]") -> "ScoredPatients":
    import numpy as np

    from histopress.evaluate.clinical.patients import ScoredPatients
    from histopress.evaluate.survival.times import Survival

    rows = [row for own in gathered for row in own[:-1]]
    units = [own[-1] for own in gathered]
    if hasattr(units[0], "survival"):
        outcome: Survival | np.ndarray = Survival(
            times=np.concatenate([each.survival.times for each in units]),
            events=np.concatenate([each.survival.events for each in units]),
        )
    else:
        outcome = np.concatenate([each.positives for each in units])
    return ScoredPatients(
        image=np.array([row[1] for row in rows], np.float64),
        clinical=np.array([row[2] for row in rows], np.float64),
        folds=np.array([row[0] for row in rows], np.int64),
        outcome=outcome,
        slides=np.concatenate([each.slides for each in units]),
    )


def adjustment(
    slides: Sequence[str],
    labels: "Labels",
    manifest: "Manifest",
    declared: Mapping[str, Any],
) -> "Adjustment":
    """Code the covariates of the analysed patients, for the adjusted ratio.

    By rules of the analysed patients: a ratio is estimated in them and predicts nothing. (The
    clinical model's own coding is of each fold's training patients.)
    """
    from histopress.cli.train_clinical import covariates_of
    from histopress.cohort.coding import fit_coding
    from histopress.evaluate.clinical.adjustment import Adjustment

    cells = covariates_of(manifest, labels, declared)
    own = [cells[manifest.patients[slide]] for slide in slides]
    coding = fit_coding(own, declared)
    return Adjustment(
        names=coding.names,
        matrix=coding.transform(own),
        centers=tuple(manifest[slide].center or "" for slide in slides),
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
