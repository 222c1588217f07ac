"""``histopress train clinical``: one fold of the model that sees covariates alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.config import Seed
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.coding import Coding
    from histopress.cohort.covariates import Cells
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.learn.clinical import CodedPatients
    from histopress.learn.fold import Part

SCHEMA = "clinical/1"


@settings
class TrainClinicalSettings:
    """What decides a fold's model."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)


@dataclass(frozen=True, kw_only=True)
class Subjects:
    """Who has a label: slides of each, so that a patient's label counts once."""

    slides: dict[str, tuple[str, ...]]

    @classmethod
    def of(
        cls, labels: "Labels", patients: Mapping[str, str], side: Mapping[str, "Part"]
    ) -> "Subjects":
        """Group the slides of each patient where the label is the patient's."""
        own: dict[str, list[str]] = {}
        for slide in labels.values:
            if slide in side:
                name = patients[slide] if labels.level == "patient" else slide
                own.setdefault(name, []).append(slide)
        return cls(slides={name: tuple(slides) for name, slides in own.items()})


def train_clinical(job: Job) -> None:
    """Code covariates by training patients, fit, and predict all patients of the division."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cli.train import fold_parts, goal_of, write_predictions
    from histopress.cohort.coding import fit_coding
    from histopress.learn.clinical import fit_clinical
    from histopress.learn.fold import Predicted
    from histopress.learn.interface import WHOLE
    from histopress.store import write_csv, write_json

    chosen, target = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, target, chosen.target)
    side = fold_parts(job, labels)
    subjects = Subjects.of(labels, manifest.patients, side)
    cells = covariates_of(manifest, labels, chosen.target.covariates)
    of_part: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for name, slides in subjects.slides.items():
        of_part[side[slides[0]]].append(name)
    owners = {name: manifest.patients[slides[0]] for name, slides in subjects.slides.items()}
    coding = fit_coding(
        [cells[owners[name]] for name in of_part["train"]], chosen.target.covariates
    )
    coded = {
        part: _coded(names, labels, subjects, coding=coding, cells=cells, owners=owners)
        for part, names in of_part.items()
    }
    fitted = fit_clinical(coded["train"], coded["validation"], goal=goal_of(labels))
    predictions = {
        slide: row
        for part, names in of_part.items()
        for name, row in zip(names, fitted.predict(coded[part].matrix), strict=True)
        for slide in subjects.slides[name]
    }
    coverage = dict.fromkeys(predictions, WHOLE)
    parts: dict[str, Part] = {slide: side[slide] for slide in predictions}
    write_predictions(job, Predicted(predictions=predictions, coverage=coverage), parts, labels)
    write_csv(job.output("history"), list(fitted.history), list(fitted.history[0]))
    state = {name: array.tolist() for name, array in fitted.state.items()}
    write_json(job.output("state"), {"schema": SCHEMA, "coding": coding.as_json(), **state})
    tested = [cells[owners[name]] for name in of_part["test"]]
    job.facts.update(
        columns=list(coding.names),
        dropped=list(coding.dropped),
        missing=coding.missing(tested),
        unknown=coding.unknown(tested),
    )


def covariates_of(
    manifest: "Manifest", labels: "Labels", declared: Mapping[str, Any]
) -> "dict[str, Cells]":
    """Read the covariates of all patients with a label, by patient."""
    from histopress.cohort.covariates import read_covariates

    columns = {name: manifest.column(name) for name in declared}
    cells = {
        slide: {name: column[slide] for name, column in columns.items()} for slide in labels.values
    }
    owners = {slide: manifest.patients[slide] for slide in cells}
    return read_covariates(cells, owners, declared)


def _coded(
    names: Sequence[str],
    labels: "Labels",
    subjects: Subjects,
    *,
    coding: "Coding",
    cells: "Mapping[str, Cells]",
    owners: Mapping[str, str],
) -> "CodedPatients":
    from histopress.learn.clinical import CodedPatients

    return CodedPatients(
        matrix=coding.transform([cells[owners[name]] for name in names]),
        labels=[labels.values[subjects.slides[name][0]] for name in names],
    )


VERB = Verb(
    name="train clinical",
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
