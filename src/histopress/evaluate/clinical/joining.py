"""Image scores and covariates of the same patients, brought together fold by fold."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from histopress.cohort.coding import fit_coding
from histopress.cohort.covariates import CovariateSettings, labelled_covariates
from histopress.cohort.manifest import Manifest
from histopress.cohort.targets import Labels
from histopress.evaluate.clinical.adjustment import Adjustment
from histopress.evaluate.clinical.patients import ScoredPatients
from histopress.evaluate.judge import People, make_units
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.runs import first_slides, in_split, repeats_of
from histopress.evaluate.survival.times import Survival


def score_patients(
    image: Sequence[Prediction],
    covariates: Sequence[Prediction],
    labels: Labels,
    people: People,
) -> tuple[ScoredPatients, ScoredPatients, list[str]]:
    """Join both models' scores of test and validation patients, fold by fold.

    The image score is standardised by the fold's training patients. Patients whom the image model
    cannot see (no usable slide) are left out of both.

    Returns
    -------
    test, validation : ScoredPatients
    slides : list of str
        The first slide of each test patient, in order.
    """
    folds = repeats_of(image)[0]
    seen = {(row.slide_id, row.fold) for row in image}
    known = [row for row in covariates if (row.slide_id, row.fold) in seen]
    found: dict[str, list[Any]] = {"test": [], "validation": []}
    slides: list[str] = []
    for fold in folds:
        train = _scores(in_split(image, "train", (fold,)), labels, people)
        mean = sum(train.values()) / len(train)
        spread = (sum((value - mean) ** 2 for value in train.values()) / (len(train) - 1)) ** 0.5
        for part, gathered in found.items():
            rows = in_split(image, part, (fold,))
            if not rows:
                continue
            own = _scores(rows, labels, people)
            beside = _scores(in_split(known, part, (fold,)), labels, people)
            units = make_units(rows, labels, people)
            firsts = first_slides(rows, people.patients, level=labels.level)
            gathered.append(
                [
                    (fold, (own[first] - mean) / (spread or 1.0), beside[first], first)
                    for first in firsts
                ]
                + [units]
            )
            slides += firsts if part == "test" else []
    return _joined(found["test"]), _joined(found["validation"]), slides


def _scores(rows: Sequence[Prediction], labels: Labels, people: People) -> dict[str, float]:
    """Log hazard, or log odds of the positive class, of each unit by its first slide."""
    units: Any = make_units(rows, labels, people)
    if labels.kind == "survival":
        values = units.risks
    else:
        values = np.log(np.maximum(units.scores, 1e-12)) - np.log(
            np.maximum(1 - units.scores, 1e-12)
        )
    firsts = first_slides(rows, people.patients, level=labels.level)
    return dict(zip(firsts, values.tolist(), strict=True))


def _joined(gathered: Sequence[list[Any]]) -> ScoredPatients:

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


def adjust_by(
    slides: Sequence[str],
    labels: Labels,
    manifest: Manifest,
    declared: Mapping[str, CovariateSettings],
) -> Adjustment:
    """Code the covariates of the analysed patients, for the adjusted ratio.

    By rules of the analysed patients: a ratio is estimated in them and predicts nothing. (The
    clinical model's own coding is of each fold's training patients.)
    """
    cells = labelled_covariates(manifest, labels.values, declared)
    own = [cells[manifest.patients[slide]] for slide in slides]
    coding = fit_coding(own, declared)
    return Adjustment(
        names=coding.names,
        matrix=coding.transform(own),
        centers=tuple(manifest[slide].center or "" for slide in slides),
    )
