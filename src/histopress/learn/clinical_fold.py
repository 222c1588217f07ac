"""One fold of the clinical model: covariates coded by training patients, fitted, predicted."""

from collections.abc import Mapping
from dataclasses import dataclass

from histopress.cohort.coding import Coding, fit_coding
from histopress.cohort.covariates import Cells, CovariateSettings
from histopress.cohort.targets import Labels
from histopress.learn.clinical import CodedPatients, FittedClinical, fit_clinical
from histopress.learn.fold import Predicted
from histopress.learn.goal import Goal
from histopress.learn.guards import Part
from histopress.learn.interface import WHOLE


@dataclass(frozen=True, kw_only=True)
class ClinicalFold(Predicted):
    """What one fold leaves: predictions of all slides, the coding and the model.

    Attributes
    ----------
    coding : Coding
        By the training patients.
    fitted : FittedClinical
    tested : tuple of mapping
        Covariates of the test patients.
    """

    coding: Coding
    fitted: FittedClinical
    tested: tuple[Cells, ...]


def train_clinical_fold(
    labels: Labels,
    parts: Mapping[str, Part],
    patients: Mapping[str, str],
    *,
    cells: Mapping[str, Cells],
    declared: Mapping[str, CovariateSettings],
) -> ClinicalFold:
    """Train on one part, choose the penalty on the second, predict all three.

    Each patient counts once where the label is the patient's; slides of one have the same
    prediction.

    Parameters
    ----------
    labels : Labels
    parts : mapping of slide_id to "train", "validation" or "test"
        Slides that are in no part are left out.
    patients : mapping of str to str
        Patient of each slide.
    cells : mapping of str to mapping
        Covariates by patient.
    declared : mapping of str to CovariateSettings

    Raises
    ------
    ConfigError, ManifestError
        As :func:`fit_clinical` and :func:`fit_coding`.
    """
    subjects: dict[str, list[str]] = {}
    for slide in labels.values:
        if slide in parts:
            name = patients[slide] if labels.level == "patient" else slide
            subjects.setdefault(name, []).append(slide)
    own: dict[Part, list[list[str]]] = {"train": [], "validation": [], "test": []}
    for slides in subjects.values():
        own[parts[slides[0]]].append(slides)
    known = {
        part: [cells[patients[slides[0]]] for slides in members] for part, members in own.items()
    }
    coding = fit_coding(known["train"], declared)
    coded = {
        part: CodedPatients(
            matrix=coding.transform(known[part]),
            labels=[labels.values[slides[0]] for slides in members],
        )
        for part, members in own.items()
    }
    fitted = fit_clinical(coded["train"], coded["validation"], goal=Goal.of(labels))
    predictions = {
        slide: row
        for part, members in own.items()
        for slides, row in zip(members, fitted.predict(coded[part].matrix), strict=True)
        for slide in slides
    }
    return ClinicalFold(
        predictions=predictions,
        coverage=dict.fromkeys(predictions, WHOLE),
        coding=coding,
        fitted=fitted,
        tested=tuple(known["test"]),
    )
