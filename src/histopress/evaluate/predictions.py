"""Predictions of slides, as a model's fold leaves them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from histopress.cohort.labels.outcome import Kind, Label, Outcome
from histopress.errors import StoreError

TOLERANCE = 1e-3
"""How far the probabilities of a slide may be from summing to one."""

KEYS = ("slide_id", "fold", "split")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the model of one fold says of a slide.

    Attributes
    ----------
    slide_id : str
    fold : int
        Division of the protocol whose model predicts.
    split : str
        What the slide was in that division: ``train``, ``validation`` or ``test``.
    label : int, float or Outcome
        Place of the true class, true number, or follow-up.
    scores : tuple of float
        Probabilities, one a class, summing to one; or one number; or one log hazard.
    """

    slide_id: str
    fold: int
    split: str = "test"
    label: Label
    scores: tuple[float, ...]


def prediction_columns(
    target: str, classes: Sequence[str] = (), kind: Kind = "classification"
) -> tuple[str, ...]:
    """Columns of ``predictions.csv`` for one target.

    Examples
    --------
    >>> prediction_columns("tumour", ("no", "yes"))
    ('slide_id', 'fold', 'split', 'tumour', 'pred_tumour', 'tumour_no', 'tumour_yes')
    >>> prediction_columns("os", kind="survival")
    ('slide_id', 'fold', 'split', 'os_time', 'os_event', 'risk')
    """
    if kind == "survival":
        return (*KEYS, f"{target}_time", f"{target}_event", "risk")
    scores = (f"{target}_{name}" for name in classes) if kind == "classification" else ()
    return (*KEYS, target, f"pred_{target}", *scores)


def prediction_rows(
    predictions: Iterable[Prediction],
    *,
    target: str,
    kind: Kind = "classification",
    classes: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Rows of ``predictions.csv``, ordered by fold and slide id; floats lose no digit.

    The written class is the most probable one, the first of equals.
    """
    columns = prediction_columns(target, classes, kind)
    rows = []
    for each in sorted(predictions, key=lambda each: (each.fold, each.slide_id)):
        values = (*_label_cells(each, kind, classes), *map(repr, each.scores))
        cells = (each.slide_id, each.fold, each.split, *values)
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows


def parse_predictions(
    rows: Iterable[Mapping[str, str]],
    *,
    target: str,
    kind: Kind = "classification",
    classes: Sequence[str] = (),
    name: str,
    splits: Sequence[str] = ("test",),
) -> tuple[Prediction, ...]:
    """Read the rows of a ``predictions.csv`` that belong to one of the splits.

    Parameters
    ----------
    rows : iterable of mapping of str to str
        As :func:`histopress.store.read_csv` gives them.
    target : str
    kind : str
    classes : sequence of str
        In order; of a classification.
    name : str
        The file, as messages should call it.
    splits : sequence of str

    Raises
    ------
    StoreError
        A column is missing, a value is no finite number, a label no class, a time negative, an
        event neither 0 nor 1, or probabilities do not sum to one.
    """
    found = []
    for number, row in enumerate(rows, 2):
        if row.get("split") not in splits:
            continue
        try:
            prediction = Prediction(
                slide_id=row["slide_id"],
                fold=int(row["fold"]),
                split=row["split"],
                label=_label(row, target, kind, classes),
                scores=_scores(row, target, kind, classes),
            )
        except (KeyError, ValueError, TypeError) as error:
            columns = ", ".join(prediction_columns(target, classes, kind))
            raise StoreError(
                f"{name} row {number}: is not a prediction ({error}); columns are {columns}; "
                "remove the file and run again"
            ) from error
        fault = _fault(prediction, kind)
        if fault:
            raise StoreError(f"{name} row {number}, slide '{prediction.slide_id}': {fault}")
        found.append(prediction)
    return tuple(found)


def average_predictions(runs: Sequence[Sequence[Prediction]]) -> tuple[Prediction, ...]:
    """Average the scores of repeated trainings, slide by slide within each fold.

    Log hazards are averaged as they are. Cox's likelihood leaves each training an offset of its
    own, the same for all slides of a fold, training rows included: it moves a fold's averages
    alike, so it changes neither the order within the fold nor what a baseline hazard fitted to the
    averaged training rows foretells. The spread is not free: it says how far hazards differ, and
    dividing by it would make the average no log hazard. (A training of larger spread thereby
    counts for more.)

    Raises
    ------
    StoreError
        The runs do not hold the same slides in the same folds with the same labels.
    """
    if not runs:
        raise StoreError("there are no predictions; train a model first")
    tables = [{(row.slide_id, row.fold): row for row in run} for run in runs]
    facts = [{(row.slide_id, row.fold, row.split, row.label) for row in run} for run in runs]
    for number, other in enumerate(facts[1:], 2):
        odd = sorted(fact[0] for fact in other ^ facts[0])
        if odd:
            raise StoreError(
                f"slide '{odd[0]}': fold or label differ between training 1 and training "
                f"{number} of one model; remove their predictions and run again"
            )
    if any(len(table) != len(run) for table, run in zip(tables, runs, strict=True)):
        raise StoreError("a slide is predicted twice by one training; remove its predictions")
    return tuple(
        replace(first, scores=tuple(np.mean([t[key].scores for t in tables], axis=0).tolist()))
        for key, first in sorted(tables[0].items())
    )


def _label_cells(each: Prediction, kind: Kind, classes: Sequence[str]) -> tuple[str, ...]:
    if isinstance(each.label, Outcome):
        return repr(float(each.label.time)), str(int(each.label.event))
    if kind == "regression":
        return (repr(float(each.label)),)
    best = max(range(len(each.scores)), key=each.scores.__getitem__)
    return classes[int(each.label)], classes[best]


def _label(row: Mapping[str, str], target: str, kind: Kind, classes: Sequence[str]) -> Label:
    if kind == "classification":
        return list(classes).index(row[target])
    if kind == "regression":
        return float(row[target])
    event = {"0": False, "1": True}.get(row[f"{target}_event"])
    if event is None:
        raise ValueError(f"event '{row[f'{target}_event']}' is neither 0 nor 1")
    return Outcome(float(row[f"{target}_time"]), event, int(event))


def _scores(
    row: Mapping[str, str], target: str, kind: Kind, classes: Sequence[str]
) -> tuple[float, ...]:
    if kind == "classification":
        return tuple(float(row[f"{target}_{label}"]) for label in classes)
    return (float(row["risk" if kind == "survival" else f"pred_{target}"]),)


def _fault(prediction: Prediction, kind: Kind) -> str | None:
    values, label = np.asarray(prediction.scores), prediction.label
    if kind == "classification":
        if not np.isfinite(values).all() or (values < 0).any():
            return f"probabilities are {values.tolist()}; allowed are finite numbers from 0"
        if abs(values.sum() - 1) > TOLERANCE:
            return f"probabilities sum to {values.sum():.6g}; they must sum to 1"
        return None
    if not np.isfinite(values).all():
        return f"the prediction is {values[0]}; it must be a finite number"
    if isinstance(label, Outcome):
        wrong = not (np.isfinite(label.time) and label.time >= 0)
        return f"the time is {label.time}; allowed are finite numbers from 0" if wrong else None
    return None if np.isfinite(label) else f"the label is {label}; it must be a finite number"
