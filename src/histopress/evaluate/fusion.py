"""Late fusion: a patient's prediction is the mean over their slides."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import LeakError, StoreError
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.units import ClassUnits, NumberUnits, SurvivalUnits, TrainingSample

Level = Literal["slide", "patient"]
Members = list[list[Prediction]]


def fuse_classes(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Level,
    classes: tuple[str, ...],
    positive: int,
    centers: Mapping[str, str] | None = None,
) -> ClassUnits:
    """Turn predicted classes of slides into units of the target's level.

    A patient's probabilities are the mean over their slides. Units are ordered by slide id (of a
    patient: the first), so the order of rows does not matter.

    Parameters
    ----------
    predictions : sequence of Prediction
        One a slide: those of test rows.
    patient_of : mapping of str to str
        Patient of each slide, from the manifest.
    level : str
        ``slide`` or ``patient``.
    classes : tuple of str
    positive : int
    centers : mapping of str to str, optional
        Centre of each slide; of a patient with several slides, that of the first counts.

    Raises
    ------
    StoreError
        There is no prediction, a slide is predicted twice or is not in the manifest, or slides
        of one patient differ in label at patient level.
    LeakError
        Slides of one patient were tested in different folds.
    """
    members = _members(predictions, patient_of, level)
    return ClassUnits(
        **_common(members, patient_of, level=level, centers=centers),
        classes=classes,
        positive=positive,
        labels=np.array([own[0].label for own in members], np.int64),
        probabilities=_means(members),
    )


def fuse_numbers(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Level,
    unit: str | None = None,
    centers: Mapping[str, str] | None = None,
) -> NumberUnits:
    """Turn predicted numbers of slides into units; else as :func:`fuse_classes`."""
    members = _members(predictions, patient_of, level)
    return NumberUnits(
        **_common(members, patient_of, level=level, centers=centers),
        unit=unit,
        values=np.array([own[0].label for own in members], np.float64),
        predictions=_means(members)[:, 0],
    )


def fuse_risks(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Level,
    unit: str,
    centers: Mapping[str, str] | None = None,
) -> SurvivalUnits:
    """Turn predicted log hazards of slides into units; else as :func:`fuse_classes`.

    The mean of log hazards is the logarithm of the hazards' geometric mean: proportional hazards
    stay proportional.
    """
    members = _members(predictions, patient_of, level)
    return SurvivalUnits(
        **_common(members, patient_of, level=level, centers=centers),
        unit=unit,
        survival=_survival(members),
        risks=_means(members)[:, 0],
    )


def fuse_training(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Level,
    tested: Sequence[Prediction],
) -> dict[int, TrainingSample]:
    """Gather the training sample of each fold's survival model.

    Parameters
    ----------
    predictions : sequence of Prediction
        Of training rows; ``fold`` is the division whose model predicts.
    patient_of : mapping of str to str
    level : str
    tested : sequence of Prediction
        Of test rows, to see that no fold's training holds a patient whom it tests.

    Raises
    ------
    StoreError
        As :func:`fuse_classes`, within a fold; or a fold that tests has no training rows.
    LeakError
        A patient stands in training and test of one fold.
    """
    return {
        fold: TrainingSample(survival=_survival(members), risks=_means(members)[:, 0])
        for fold, members in _training(predictions, patient_of, level, tested).items()
    }


def training_means(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Level,
    tested: Sequence[Prediction],
) -> dict[int, float]:
    """Mean label of each fold's training sample; parameters as :func:`fuse_training`."""
    return {
        fold: float(np.mean([own[0].label for own in members]))
        for fold, members in _training(predictions, patient_of, level, tested).items()
    }


def _training(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    level: Level,
    tested: Sequence[Prediction],
) -> dict[int, Members]:
    found = {}
    for fold in sorted({row.fold for row in tested}):
        own = [row for row in predictions if row.fold == fold]
        if not own:
            raise StoreError(f"fold {fold}: has test rows and no training rows; train it again")
        members = _members(own, patient_of, level)
        trained = {patient_of[row.slide_id] for row in own}
        for row in tested:
            if row.fold == fold and patient_of.get(row.slide_id) in trained:
                raise LeakError(
                    f"slide '{row.slide_id}': is tested in fold {fold}, and its patient is in that "
                    "fold's training rows; split by patient and train again"
                )
        found[fold] = members
    return found


def _members(
    predictions: Sequence[Prediction], patient_of: Mapping[str, str], level: Level
) -> Members:
    """Slides of each unit."""
    rows = sorted(predictions, key=lambda prediction: prediction.slide_id)
    _check(rows, patient_of)
    if level == "slide":
        return [[row] for row in rows]
    groups: dict[str, list[Prediction]] = defaultdict(list)
    for row in rows:
        groups[patient_of[row.slide_id]].append(row)
    members = list(groups.values())
    _check_agreement(members)
    return members


def _common(
    members: Members,
    patient_of: Mapping[str, str],
    *,
    level: Level,
    centers: Mapping[str, str] | None,
) -> dict[str, Any]:
    firsts = [own[0] for own in members]
    owners = [patient_of[row.slide_id] for row in firsts]
    number = {patient: place for place, patient in enumerate(dict.fromkeys(owners))}
    known = centers or {}
    return {
        "level": level,
        "patients": np.array([number[patient] for patient in owners], np.int64),
        "folds": np.array([row.fold for row in firsts], np.int64),
        "slides": np.array([len(own) for own in members], np.int64),
        "centers": tuple(known.get(row.slide_id, "") for row in firsts),
    }


def _means(members: Members) -> Float64[np.ndarray, "units outputs"]:
    return np.array([np.mean([row.scores for row in own], axis=0) for own in members], np.float64)


def _survival(members: Members) -> Survival:
    outcomes = [own[0].label for own in members]
    if not all(isinstance(outcome, Outcome) for outcome in outcomes):
        raise TypeError("labels are no outcomes; fuse_risks is for targets of survival")
    return Survival(
        times=np.array([outcome[0] for outcome in outcomes], np.float64),  # type: ignore[index]
        events=np.array([outcome[1] for outcome in outcomes], np.bool_),  # type: ignore[index]
    )


def _check(rows: Sequence[Prediction], patient_of: Mapping[str, str]) -> None:
    if not rows:
        raise StoreError("there are no test predictions; train a model first")
    fold_of: dict[str, Prediction] = {}
    for before, row in zip([None, *rows], rows, strict=False):
        slide = row.slide_id
        if before is not None and before.slide_id == slide:
            raise StoreError(
                f"slide '{slide}': is predicted twice; every slide is tested once; remove the "
                "model's predictions and run again"
            )
        if slide not in patient_of:
            raise StoreError(f"slide '{slide}': has a prediction and no row in the manifest")
        first = fold_of.setdefault(patient_of[slide], row)
        if first.fold != row.fold:
            raise LeakError(
                f"slides '{first.slide_id}' (fold {first.fold}) and '{slide}' (fold {row.fold}) "
                "are of one patient; the model of one fold was trained on the patient it is "
                "tested on in the other; split by patient and train again"
            )


def _check_agreement(members: Members) -> None:
    for own in members:
        for row in own[1:]:
            if row.label != own[0].label:
                raise StoreError(
                    f"slides '{own[0].slide_id}' and '{row.slide_id}' are of one patient and "
                    "differ in label; set the target's level to slide"
                )
