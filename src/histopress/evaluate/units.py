"""What a metric counts: slides, or patients whose slides are fused."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int

from histopress.errors import LeakError, StoreError
from histopress.evaluate.predictions import Prediction


@dataclass(frozen=True, kw_only=True)
class Units:
    """Slides or patients with their class, fold and probabilities.

    Attributes
    ----------
    level : str
        ``slide`` or ``patient``.
    classes : tuple of str
    positive : int
        Of two classes the one whose probability is the score.
    patients : int64 ndarray (units,)
        Number of the patient of each unit, from 0; carries no id.
    folds, labels : int64 ndarray (units,)
    probabilities : float64 ndarray (units, classes)
    slides : int64 ndarray (units,)
        Slides that each unit is made of.
    """

    level: Literal["slide", "patient"]
    classes: tuple[str, ...]
    positive: int
    patients: Int[np.ndarray, " units"]
    folds: Int[np.ndarray, " units"]
    labels: Int[np.ndarray, " units"]
    probabilities: Float64[np.ndarray, "units classes"]
    slides: Int[np.ndarray, " units"]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(np.unique(self.patients))

    @property
    def n_slides(self) -> int:
        """Number of slides."""
        return int(self.slides.sum())

    @property
    def scores(self) -> Float64[np.ndarray, " units"]:
        """Probability of the positive class."""
        return self.probabilities[:, self.positive]

    @property
    def positives(self) -> Bool[np.ndarray, " units"]:
        """Which units are of the positive class."""
        return self.labels == self.positive


def fuse(
    predictions: Sequence[Prediction],
    patient_of: Mapping[str, str],
    *,
    level: Literal["slide", "patient"],
    classes: tuple[str, ...],
    positive: int,
) -> Units:
    """Turn predictions of slides into units of the target's level.

    Late fusion: a patient's probabilities are the mean over their slides. Units are ordered by
    slide id (of a patient: the first), so the order of rows does not matter.

    Parameters
    ----------
    predictions : sequence of Prediction
        One a slide.
    patient_of : mapping of str to str
        Patient of each slide, from the manifest.
    level : str
        ``slide`` or ``patient``.
    classes : tuple of str
    positive : int

    Raises
    ------
    StoreError
        There is no prediction, a slide is predicted twice or is not in the manifest, or slides
        of one patient differ in label at patient level.
    LeakError
        Slides of one patient were tested in different folds.
    """
    rows = sorted(predictions, key=lambda prediction: prediction.slide_id)
    _check(rows, patient_of)
    groups: dict[str, list[Prediction]] = defaultdict(list)
    for row in rows:
        groups[patient_of[row.slide_id]].append(row)
    number = {patient: place for place, patient in enumerate(groups)}
    members = [[row] for row in rows] if level == "slide" else list(groups.values())
    _check_agreement(members)
    return Units(
        level=level,
        classes=classes,
        positive=positive,
        patients=np.array([number[patient_of[own[0].slide_id]] for own in members], np.int64),
        folds=np.array([own[0].fold for own in members], np.int64),
        labels=np.array([own[0].label for own in members], np.int64),
        probabilities=np.array(
            [np.mean([row.probabilities for row in own], axis=0) for own in members], np.float64
        ),
        slides=np.array([len(own) for own in members], np.int64),
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


def _check_agreement(members: Sequence[Sequence[Prediction]]) -> None:
    for own in members:
        for row in own[1:]:
            if row.label != own[0].label:
                raise StoreError(
                    f"slides '{own[0].slide_id}' and '{row.slide_id}' are of one patient and "
                    "differ in label; set the target's level to slide"
                )
