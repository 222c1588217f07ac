"""Labels of slides or patients, read from a joined table: classes, numbers, follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from histopress.cohort.labels.cells import EventCoding, event_of, number_of, time_of
from histopress.cohort.labels.conventions import FollowUp, TimeUnit, coding_of
from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.labels.join import Join
from histopress.cohort.labels.order import order_classes
from histopress.cohort.labels.tables import LabelRow
from histopress.cohort.labels.units import Level, Units, collect
from histopress.errors import ManifestError


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassLabels:
    """One class a unit.

    Attributes
    ----------
    units : Units
    classes : tuple of str
        In order; a class is named by its place.
    codes : int64 ndarray (units,)
    """

    units: Units
    classes: tuple[str, ...]
    codes: Int64[np.ndarray, " units"]


@dataclass(frozen=True, kw_only=True, eq=False)
class NumberLabels:
    """One finite number a unit.

    Attributes
    ----------
    units : Units
    values : float64 ndarray (units,)
        In the table's unit.
    """

    units: Units
    values: Float64[np.ndarray, " units"]


@dataclass(frozen=True, kw_only=True, eq=False)
class SurvivalLabels:
    """Time of follow-up of each unit, and whether it ended in the event.

    Attributes
    ----------
    units : Units
    times : float64 ndarray (units,)
        From the start of follow-up to event or censoring; 0 or more, in ``unit``.
    events : bool ndarray (units,)
        True: the event was seen at that time. False: censored.
    causes : int64 ndarray (units,)
        0 censored, 1 the event, 2 and above a competing event, in the order in which they were
        declared; a competing event is no event here.
    unit : str
        ``days``, ``months`` or ``years``.
    """

    units: Units
    times: Float64[np.ndarray, " units"]
    events: Bool[np.ndarray, " units"]
    causes: Int64[np.ndarray, " units"]
    unit: TimeUnit

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.events.sum())


def class_labels(
    join: Join, column: str, *, level: Level, classes: Sequence[str] | None = None
) -> ClassLabels:
    """Read classes.

    Parameters
    ----------
    join : Join
    column : str
    level : {"slide", "patient"}
    classes : sequence of str, optional
        In their order; a label that is not listed is refused, and a word such as ``unknown``
        that is listed is a label. Without, those found, numbers in numeric order.

    Raises
    ------
    ManifestError
        No such column; labels not listed; contradictions; fewer than two classes; or two
        classes that are one number, such as ``0`` and ``0.0``.
    """
    join.table.require(column)
    listed_classes = tuple(classes or ())

    def parse(row: LabelRow) -> str:
        label = row.cells[column]
        if listed_classes and label not in listed_classes:
            raise ValueError(
                f"{_shown(row, column)} is not a class; allowed are {listed(listed_classes)}, or "
                "an empty cell"
            )
        return label

    units, labels = collect(join, (column,), level=level, parse=parse, words=listed_classes)
    found = listed_classes or order_classes(labels)
    where = f"{join.table.name}, column '{column}'"
    if len(set(labels)) < 2:
        raise ManifestError(
            [f"{where}: every label is '{labels[0]}'; at least two classes are needed"]
        )
    _refuse_equal_numbers(found, where)
    place = {name: code for code, name in enumerate(found)}
    codes = np.array([place[label] for label in labels], dtype=np.int64)
    return ClassLabels(units=units, classes=found, codes=codes)


def number_labels(join: Join, column: str, *, level: Level) -> NumberLabels:
    """Read numbers.

    Raises
    ------
    ManifestError
        No such column; cells that are no finite numbers; contradictions.
    """
    join.table.require(column)

    def parse(row: LabelRow) -> float:
        try:
            return number_of(row.cells[column])
        except ValueError as error:
            raise ValueError(f"{_shown(row, column)} {error}") from None

    units, values = collect(join, (column,), level=level, parse=parse)
    return NumberLabels(units=units, values=np.array(values, dtype=np.float64))


def survival_labels(
    join: Join,
    columns: FollowUp,
    *,
    level: Level = "patient",
    competing: Sequence[str] = (),
) -> SurvivalLabels:
    """Read times and events.

    A row without time or without event is left out. Two slides of one patient are not two
    observations: ``level="slide"`` is for tables whose slides are patients.

    Parameters
    ----------
    join : Join
    columns : FollowUp
        From :func:`histopress.cohort.labels.conventions.find_follow_up`, or written by hand.
    level : {"slide", "patient"}
    competing : sequence of str
        Values of the event's column that mean a competing event.

    Raises
    ------
    ManifestError
        No such column; times that are negative or no numbers; events that are not 0 or 1;
        contradictions; an event column named for censoring read as if 1 were an event; or no
        event at all.
    """
    join.table.require(columns.time, columns.event)
    _refuse_reversed(join, columns.event, columns.coding)

    causes = {name: number for number, name in enumerate(competing, 2)}

    def parse(row: LabelRow) -> tuple[float, int]:
        column = columns.time
        try:
            time = time_of(row.cells[column])
            column = columns.event
            cell = row.cells[column]
            return time, causes.get(cell) or int(event_of(cell, columns.coding))
        except ValueError as error:
            raise ValueError(f"{_shown(row, column)} {error}") from None

    units, pairs = collect(
        join, (columns.time, columns.event), level=level, parse=parse, words=competing
    )
    found = np.array([cause for _, cause in pairs], dtype=np.int64)
    events = found == 1
    if not events.any():
        fault = f"{join.table.name}, column '{columns.event}': no event among {len(units)} {level}s"
        raise ManifestError(
            [f"{fault}; nothing can be learned of survival; is 1 an event or censored?"]
        )
    times = np.array([time for time, _ in pairs], dtype=np.float64)
    return SurvivalLabels(units=units, times=times, events=events, causes=found, unit=columns.unit)


def _shown(row: LabelRow, column: str) -> str:
    return f"column '{column}': {row.cells[column]!r}"


def _refuse_reversed(join: Join, column: str, coding: EventCoding) -> None:
    if coding == "event" and coding_of(column) == "censorship":
        raise ManifestError(
            [
                (
                    f"{join.table.name}: column '{column}' is named for censoring, and 1 declared "
                    "an event; set the coding to 'censorship' (1 = censored), or rename the column"
                )
            ]
        )


def _refuse_equal_numbers(classes: Sequence[str], where: str) -> None:
    first: dict[float, str] = {}
    faults: list[tuple[int, str]] = []
    for name in classes:
        try:
            known = first.setdefault(number_of(name), name)
        except ValueError:
            continue
        if known != name:
            text = f"{where}: classes '{known}' and '{name}' are one number; write them alike"
            faults.append((len(faults), text))
    refuse(faults)
