"""Predictions of slides, as a model's fold leaves them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from histopress.errors import StoreError

TOLERANCE = 1e-3
"""How far the probabilities of a slide may be from summing to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model that never saw a slide's patient says of it.

    Attributes
    ----------
    slide_id : str
    fold : int
        In which the slide was tested.
    label : int
        Place of the true class.
    probabilities : tuple of float
        One a class, summing to one.
    """

    slide_id: str
    fold: int
    label: int
    probabilities: tuple[float, ...]


def prediction_columns(target: str, classes: Sequence[str]) -> tuple[str, ...]:
    """Columns of ``predictions.csv`` for one target.

    Examples
    --------
    >>> prediction_columns("tumour", ("no", "yes"))
    ('slide_id', 'fold', 'split', 'tumour', 'pred_tumour', 'tumour_no', 'tumour_yes')
    """
    scores = (f"{target}_{name}" for name in classes)
    return ("slide_id", "fold", "split", target, f"pred_{target}", *scores)


def parse_predictions(
    rows: Iterable[Mapping[str, str]], *, target: str, classes: Sequence[str], name: str
) -> tuple[Prediction, ...]:
    """Read the rows of a ``predictions.csv`` whose split is ``test``.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        As :func:`histopress.store.read_csv` gives them.
    target : str
    classes : sequence of str
        In order.
    name : str
        The file, as messages should call it.

    Raises
    ------
    StoreError
        A column is missing, a value is no number, a label no class, or probabilities do not sum
        to one.
    """
    found = []
    for number, row in enumerate(rows, 2):
        if row.get("split") != "test":
            continue
        try:
            prediction = Prediction(
                slide_id=row["slide_id"],
                fold=int(row["fold"]),
                label=list(classes).index(row[target]),
                probabilities=tuple(float(row[f"{target}_{label}"]) for label in classes),
            )
        except (KeyError, ValueError, TypeError) as error:
            columns = ", ".join(prediction_columns(target, classes))
            raise StoreError(
                f"{name} row {number}: is not a prediction ({error}); columns are {columns}; "
                "remove the file and run again"
            ) from error
        fault = _fault(prediction)
        if fault:
            raise StoreError(f"{name} row {number}, slide '{prediction.slide_id}': {fault}")
        found.append(prediction)
    return tuple(found)


def average_predictions(runs: Sequence[Sequence[Prediction]]) -> tuple[Prediction, ...]:
    """Average the probabilities of repeated trainings, slide by slide.

    Raises
    ------
    StoreError
        The runs do not hold the same slides in the same folds with the same labels.
    """
    if not runs:
        raise StoreError("there are no predictions; train a model first")
    tables = [{prediction.slide_id: prediction for prediction in run} for run in runs]
    facts = [{(p.slide_id, p.fold, p.label) for p in run} for run in runs]
    for number, other in enumerate(facts[1:], 2):
        odd = sorted(slide for slide, _, _ in other ^ facts[0])
        if odd:
            raise StoreError(
                f"slide '{odd[0]}': fold or label differ between training 1 and training "
                f"{number} of one model; remove their predictions and run again"
            )
    if any(len(table) != len(run) for table, run in zip(tables, runs, strict=True)):
        raise StoreError("a slide is predicted twice by one training; remove its predictions")
    return tuple(
        Prediction(
            slide_id=slide,
            fold=first.fold,
            label=first.label,
            probabilities=tuple(
                np.mean([table[slide].probabilities for table in tables], axis=0).tolist()
            ),
        )
        for slide, first in sorted(tables[0].items())
    )


def _fault(prediction: Prediction) -> str | None:
    values = np.asarray(prediction.probabilities)
    if not np.isfinite(values).all() or (values < 0).any():
        return f"probabilities are {values.tolist()}; allowed are finite numbers from 0"
    if abs(values.sum() - 1) > TOLERANCE:
        return f"probabilities sum to {values.sum():.6g}; they must sum to 1"
    return None
