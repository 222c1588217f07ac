"""Labels of slides for one target."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from histopress.cohort.labels.conventions import FollowUp, coding_of, find_follow_up
from histopress.cohort.labels.join import Join, join_table
from histopress.cohort.labels.outcome import Kind, Label, Outcome
from histopress.cohort.labels.tables import LabelRow, LabelTable
from histopress.cohort.labels.units import Units
from histopress.cohort.labels.values import class_labels, number_labels, survival_labels
from histopress.cohort.manifest import Manifest
from histopress.cohort.permutation import permute_labels
from histopress.cohort.settings import (
    ClassificationTarget,
    RegressionTarget,
    SurvivalTarget,
    TargetSettings,
)
from histopress.errors import ConfigError, ManifestError
from histopress.seeds import generator

QUARTERS = 4
"""Strata that numbers are divided into, so that folds are balanced."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Labels of the slides that have one.

    Attributes
    ----------
    target : str
        Name of the target.
    kind : str
        ``classification``, ``regression`` or ``survival``.
    level : str
        ``slide`` or ``patient``: what one label belongs to.
    values : mapping of str to Label
        By slide id, in the order of ids: place of the class, number, or outcome.
    left_out : mapping of str to str
        Why each other slide has no label, by slide id.
    strata : mapping of str to str
        What folds are balanced by, for each labelled slide: the class, the quarter of the
        numbers, or whether the event was seen.
    classes : tuple of str
        In order; a class is named by its place. Empty unless classification.
    positive : int
        Of two classes the one whose probability is the score, of more the last.
    unit : str or None
        Of times or numbers.
    permuted : bool
        Whether the labels were shuffled, as a control.
    """

    target: str
    kind: Kind
    level: Literal["slide", "patient"]
    values: Mapping[str, Label]
    left_out: Mapping[str, str]
    strata: Mapping[str, str]
    classes: tuple[str, ...] = ()
    positive: int = 0
    unit: str | None = None
    permuted: bool = False


def slide_labels(
    manifest: Manifest,
    target_name: str,
    settings: TargetSettings,
    *,
    seed: int,
    table: LabelTable | None = None,
) -> Labels:
    """Read the labels of one target.

    A slide without a label (an empty cell, or a word such as ``NA``) takes no part in this target
    and in no other is it missed.

    Parameters
    ----------
    manifest : Manifest
    target_name : str
        Named in messages.
    settings : TargetSettings
    seed : int
        The run's seed; only a permuted target uses it.
    table : LabelTable, optional
        That of ``settings.table``, see :func:`histopress.cohort.labels.sources.read_source`; the
        manifest's own columns without.

    Raises
    ------
    ManifestError
        No such column; labels that cannot be read; fewer than two classes, no event, or one
        number only; slides of one patient that disagree at patient level.
    ConfigError
        Declared classes, the positive class or the columns of a follow-up do not fit.
    """
    where = f"target '{target_name}'"
    try:
        rows = table or manifest_table(manifest)
        join = join_table(rows, manifest.patients, by=settings.table.by if settings.table else None)
        labels = _read(join, target_name, settings)
    except ManifestError as error:
        raise ManifestError([f"{where}: {fault}" for fault in error.faults]) from error
    if settings.permute is None:
        return labels
    rng = generator(seed, "permute", target_name, settings.permute)
    return permute_target(labels, manifest, rng=rng)


def permute_target(labels: Labels, manifest: Manifest, *, rng: np.random.Generator) -> Labels:
    """Shuffle labels among patients of one centre; see :func:`permute_labels`.

    Where the slides of each patient agree, labels move as those of patients do, whatever the
    level: with patients of any number of slides.
    """
    centers = {row.slide_id: row.center or "" for row in manifest}
    own = {(manifest.patients[slide], label) for slide, label in labels.values.items()}
    agree = len(own) == len({patient for patient, _ in own})
    source = permute_labels(
        tuple(labels.values),
        manifest.patients,
        centers,
        level="patient" if agree else "slide",
        rng=rng,
    )
    return replace(
        labels,
        values={slide: labels.values[source[slide]] for slide in labels.values},
        strata={slide: labels.strata[source[slide]] for slide in labels.strata},
        permuted=True,
    )


def manifest_table(manifest: Manifest) -> LabelTable:
    """Give the manifest's label columns as a table that joins by slide."""
    rows = tuple(
        LabelRow(
            row.number or place,
            {**row.labels, "slide_id": row.slide_id, "center": row.center or ""},
        )
        for place, row in enumerate(manifest, 2)
    )
    columns = tuple(dict.fromkeys((*(name for row in rows[:1] for name in row.cells),)))
    return LabelTable(name="manifest", columns=columns, rows=rows)


def _read(join: Join, target: str, settings: TargetSettings) -> Labels:
    if isinstance(settings, ClassificationTarget):
        return _classes(join, target, settings)
    if isinstance(settings, RegressionTarget):
        return _numbers(join, target, settings)
    return _survival(join, target, settings)


def _classes(join: Join, target: str, settings: ClassificationTarget) -> Labels:
    declared = settings.classes
    if declared and len(set(declared)) < len(declared):
        raise ConfigError(f"target '{target}': a class is listed twice in {list(declared)}")
    found = class_labels(join, settings.column, level=settings.level, classes=declared)
    codes = found.codes.tolist()
    return Labels(
        target=target,
        kind="classification",
        level=settings.level,
        values={slide: codes[unit] for slide, unit in _places(found.units)},
        left_out=found.units.left_out,
        strata={slide: found.classes[codes[unit]] for slide, unit in _places(found.units)},
        classes=found.classes,
        positive=_positive(found.classes, target, settings),
    )


def _numbers(join: Join, target: str, settings: RegressionTarget) -> Labels:
    found = number_labels(join, settings.column, level=settings.level)
    if len(set(found.values.tolist())) < 2:
        raise ManifestError(
            [
                (
                    f"{join.table.name}, column '{settings.column}': every number is "
                    f"{found.values[0]:g}; there is nothing to learn"
                )
            ]
        )
    ranks = np.argsort(np.argsort(found.values, kind="stable"), kind="stable")
    quarters = 1 + ranks * QUARTERS // len(ranks)
    return Labels(
        target=target,
        kind="regression",
        level=settings.level,
        values={slide: float(found.values[unit]) for slide, unit in _places(found.units)},
        left_out=found.units.left_out,
        strata={slide: f"quarter {quarters[unit]}" for slide, unit in _places(found.units)},
        unit=settings.unit,
    )


def _survival(join: Join, target: str, settings: SurvivalTarget) -> Labels:
    columns = _follow_up(join.table, target, settings)
    found = survival_labels(join, columns, level=settings.level, competing=settings.competing)
    outcomes = [
        Outcome(float(time), bool(event), int(cause))
        for time, event, cause in zip(found.times, found.events, found.causes, strict=True)
    ]
    words = {True: "event", False: "censored"}
    return Labels(
        target=target,
        kind="survival",
        level=settings.level,
        values={slide: outcomes[unit] for slide, unit in _places(found.units)},
        left_out=found.units.left_out,
        strata={slide: words[outcomes[unit].event] for slide, unit in _places(found.units)},
        unit=found.unit,
    )


def _follow_up(table: LabelTable, target: str, settings: SurvivalTarget) -> FollowUp:
    if settings.time and settings.event and not settings.endpoint:
        coding = settings.coding or coding_of(settings.event)
        return FollowUp(time=settings.time, event=settings.event, unit=settings.unit, coding=coding)
    if settings.time or settings.event or not settings.endpoint:
        raise ConfigError(
            f"target '{target}': give the columns 'time' and 'event', or 'endpoint' alone (such as "
            "os) where the columns have the names of another tool"
        )
    return find_follow_up(table, settings.endpoint)


def _places(units: Units) -> list[tuple[str, int]]:
    return sorted(units.of_slide.items())


def _positive(classes: tuple[str, ...], target: str, settings: ClassificationTarget) -> int:
    if settings.positive is None:
        return len(classes) - 1
    if settings.positive not in classes:
        allowed = ", ".join(f"'{name}'" for name in classes)
        raise ConfigError(
            f"target '{target}': positive is {settings.positive!r}; allowed are {allowed}"
        )
    if len(classes) > 2:
        raise ConfigError(
            f"target '{target}': positive is given with {len(classes)} classes; "
            "it is for two, order 'classes' instead"
        )
    return classes.index(settings.positive)
