"""All encoders on all tasks, and what may be concluded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from histopress.errors import ConfigError
from histopress.probe.pairs import paired_differences
from histopress.probe.predictions import PatchPredictions
from histopress.probe.settings import METRICS, Classifier

Known = Literal["labels", "patches", "no", "unknown", "no encoder"]

UNLABELLED = ("vae", "contrastive", "bigan")
"""Kinds of encoder that learn from patches alone."""

COLUMNS = (
    "task",
    "encoder",
    "classifier",
    "trained_on_task",
    "channels",
    "fitted_on",
    "patches",
    "groups",
    *(f"{name}{end}" for name in METRICS for end in ("", "_low", "_high")),
    "reference",
    *(f"{name}_difference{end}" for name in METRICS for end in ("", "_low", "_high")),
)


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """One encoder on one task by one classifier.

    Attributes
    ----------
    task, encoder, reference : str
    classifier : str
    trained : str
        Whether the encoder was trained on this task: on its labels, on its patches alone.
    probe : mapping
        The probe's metrics as its file holds them.
    differences : mapping or None
        To the reference, by metric; None for the reference itself.
    """

    task: str
    encoder: str
    reference: str
    classifier: Classifier
    trained: Known
    probe: Mapping[str, Any]
    differences: Mapping[str, Mapping[str, Any]] | None

    @property
    def scores(self) -> Mapping[str, Any]:
        """Metrics of the row's classifier."""
        return self.probe["classifiers"][self.classifier]

    def as_csv(self) -> dict[str, Any]:
        """Values by :data:`COLUMNS`."""
        patches = self.probe["patches"]
        row: dict[str, Any] = {
            "task": self.task,
            "encoder": self.encoder,
            "classifier": self.classifier,
            "trained_on_task": self.trained,
            "channels": self.probe["channels"],
            "fitted_on": patches["training"] + patches["tuning"],
            "patches": patches["validation"],
            "groups": self.scores["groups"],
            "reference": self.reference,
        }
        for name in METRICS:
            row |= _bounds(name, self.scores[name])
            row |= _bounds(f"{name}_difference", (self.differences or {}).get(name, {}))
        return row


def trained_on(probe: Mapping[str, Any], task: str) -> Known:
    """Say whether the probed encoder was trained on ``task``: on labels, or on patches alone."""
    if probe["features"] != "encoder":
        return "no encoder"
    tasks = probe["encoder_facts"]["tasks"]
    if tasks is None:
        return "unknown"
    if task not in tasks:
        return "no"
    return "patches" if probe["encoder_facts"]["kind"] in UNLABELLED else "labels"


def compare_encoders(
    probes: Mapping[str, Mapping[str, Any]],
    predictions: Mapping[str, PatchPredictions],
    *,
    classifier: Classifier,
    reference: str,
    seed: int,
    replicates: int,
    level: float,
) -> list[ComparisonRow]:
    """Compare all encoders on one task with the reference.

    Parameters
    ----------
    probes : mapping of str to mapping
        Metrics by encoder, in the order of the rows.
    predictions : mapping of str to PatchPredictions
        By encoder, of ``classifier``.
    reference : str
        One of the encoders.
    classifier, seed, replicates, level
        As in :func:`histopress.probe.pairs.paired_differences`.

    Raises
    ------
    ConfigError
        The reference is not among the encoders, or two probes were scored on different patches.
    """
    if reference not in probes:
        raise ConfigError(
            f"reference '{reference}': is not among the compared encoders {', '.join(probes)}"
        )
    rows = []
    for encoder, probe in probes.items():
        differences = None
        if encoder != reference:
            differences = paired_differences(
                predictions[encoder],
                predictions[reference],
                seed=seed,
                replicates=replicates,
                level=level,
            )
        rows.append(
            ComparisonRow(
                task=probe["task"],
                encoder=encoder,
                reference=reference,
                classifier=classifier,
                trained=trained_on(probe, probe["task"]),
                probe=probe,
                differences=differences,
            )
        )
    return rows


def _bounds(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"value": "", "low": "_low", "high": "_high"}
    values = {f"{name}{end}": entry.get(key) for key, end in keys.items()}
    return {column: "" if value is None else value for column, value in values.items()}
