"""Predictions of a probe on the validation part, as files hold them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from histopress.errors import StoreError
from histopress.patches.table import PatchTable
from histopress.store import canonical_json, read_csv, read_json, write_csv

SCHEMA = "probe/1"
"""Of the metrics beside the predictions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PatchPredictions:
    """Class probabilities of the validation part by one classifier.

    Attributes
    ----------
    name : str
        Whose they are, for messages.
    patches : int64 ndarray (N,)
        Index into the patch table.
    labels : int64 ndarray (N,)
        Index into ``classes``.
    groups : tuple of str (N)
    classes : tuple of str (K)
    probabilities : float64 ndarray (N, K)
    digest : str
        Of the validation part (:func:`validation_digest`).
    """

    name: str
    patches: Int64[np.ndarray, "N"]
    labels: Int64[np.ndarray, "N"]
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: Float64[np.ndarray, "N K"]
    digest: str


def validation_digest(table: PatchTable) -> str:
    """Digest which patches are scored: places, labels, groups, centres and class names.

    Pixels are left out on purpose: encoders see the same patches at sizes and spacings of their
    own, from a table each.
    """
    chosen = table.indices("validation")
    rows = [
        [int(index), int(table.labels[index]), table.groups[index], table.centers[index]]
        for index in chosen
    ]
    text = canonical_json({"classes": list(table.classes), "patches": rows})
    return hashlib.sha256(text.encode()).hexdigest()


def write_predictions(path: Path, found: Mapping[str, PatchPredictions]) -> None:
    """Write the predictions of several classifiers to one CSV, every digit kept."""
    rows = []
    classes = next(iter(found.values())).classes
    columns = ["classifier", "patch", "group", "label", *(f"p_{name}" for name in classes)]
    for classifier, each in found.items():
        for place, patch in enumerate(each.patches.tolist()):
            head = (classifier, patch, each.groups[place], classes[each.labels[place]])
            values = map(repr, each.probabilities[place].tolist())
            rows.append(dict(zip(columns, (*head, *values), strict=True)))
    write_csv(path, rows, columns)


def read_predictions(
    path: Path, *, classifier: str, classes: tuple[str, ...], name: str, digest: str
) -> PatchPredictions:
    """Read one classifier's predictions.

    Raises
    ------
    StoreError
        The file lacks the classifier or a column, or holds a label that is no class.
    """
    rows = [row for row in read_csv(path) if row.get("classifier") == classifier]
    if not rows:
        raise StoreError(f"{path}: holds no predictions of '{classifier}'; run the probe again")
    places = {each: code for code, each in enumerate(classes)}
    try:
        return PatchPredictions(
            name=name,
            patches=np.array([int(row["patch"]) for row in rows], np.int64),
            labels=np.array([places[row["label"]] for row in rows], np.int64),
            groups=tuple(row["group"] for row in rows),
            classes=classes,
            probabilities=np.array([[float(row[f"p_{each}"]) for each in classes] for row in rows]),
            digest=digest,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise StoreError(
            f"{path}: does not hold the predictions its metrics tell of ({error}); "
            "run the probe again"
        ) from error


def read_metrics(path: Path) -> dict[str, Any]:
    """Read the metrics of one probe.

    Raises
    ------
    StoreError
        The file is missing, damaged or of another schema.
    """
    metrics = read_json(path)
    found = metrics.get("schema") if isinstance(metrics, dict) else None
    if found != SCHEMA:
        raise StoreError(
            f"{path}: is of schema '{found}', this version reads '{SCHEMA}'; run the probe again"
        )
    return dict(metrics)
