"""``histopress train clinical``: one fold of the model that sees covariates alone."""

from dataclasses import field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.config import Seed
from histopress.types import settings

SCHEMA = "clinical/1"


@settings
class TrainClinicalSettings:
    """What decides a fold's model."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)


def train_clinical(job: Job) -> None:
    """Code covariates by training patients, fit, and predict all patients of the division."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cli.train import fold_parts, write_predictions
    from histopress.cohort.covariates import labelled_covariates
    from histopress.learn.clinical_fold import train_clinical_fold
    from histopress.store import write_csv, write_json

    chosen, target = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, target, chosen.target)
    side = fold_parts(job, labels)
    declared = chosen.target.covariates
    found = train_clinical_fold(
        labels,
        side,
        manifest.patients,
        cells=labelled_covariates(manifest, labels.values, declared),
        declared=declared,
    )
    write_predictions(job, found, {slide: side[slide] for slide in found.predictions}, labels)
    history = list(found.fitted.history)
    write_csv(job.output("history"), history, list(history[0]))
    state = {name: array.tolist() for name, array in found.fitted.state.items()}
    write_json(job.output("state"), {"schema": SCHEMA, "coding": found.coding.as_json(), **state})
    job.facts.update(
        columns=list(found.coding.names),
        dropped=list(found.coding.dropped),
        missing=found.coding.missing(found.tested),
        unknown=found.coding.unknown(found.tested),
    )


VERB = Verb(
    name="train clinical",
    environment="learn",
    settings=TrainClinicalSettings,
    inputs=(*COHORT_PORTS, Port(name="split", help="CSV of 'histopress split'")),
    outputs=(
        Port(name="state", help="JSON: coding and weights"),
        Port(name="history", help="CSV: penalties tried"),
        Port(name="predictions", help="CSV: a row a slide, equal for the slides of a patient"),
    ),
    wildcards=("target", "seed", "fold"),
    run=train_clinical,
)
