"""Slides or patients that have a label, and slides left out with the reason."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from histopress.cohort.labels.cells import is_missing
from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.labels.join import Join
from histopress.cohort.labels.tables import LabelRow
from histopress.errors import ManifestError

Level = Literal["slide", "patient"]
Value = TypeVar("Value", bound=Hashable)

NOT_IN_TABLE = "not in the label table"
LABEL_MISSING = "label missing"


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Who has a label.

    Attributes
    ----------
    level : str
        ``slide`` or ``patient``: what one label belongs to.
    ids : tuple of str
        Slide ids or patient ids with a label, sorted; patient ids are for use in memory only.
    of_slide : mapping of str to int
        Place in ``ids`` of each labelled slide, by slide id.
    left_out : mapping of str to str
        Reason of each other slide of the manifest, by slide id.
    """

    level: Level
    ids: tuple[str, ...]
    of_slide: Mapping[str, int]
    left_out: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def counts(self) -> dict[str, int]:
        """Slides that are labelled, and slides left out by reason; they add up to the manifest."""
        return {"labelled": len(self.of_slide), **Counter(sorted(self.left_out.values()))}


def collect(
    join: Join,
    columns: tuple[str, ...],
    *,
    level: Level,
    parse: Callable[[LabelRow], Value],
    words: Collection[str] = (),
) -> tuple[Units, list[Value]]:
    """Read one label a unit.

    A row in which one of ``columns`` says that there is no label is left out. The rows that are
    left must agree within a unit. At patient level a slide whose own rows say nothing is left
    out even where another slide of the patient has a label.

    Parameters
    ----------
    join : Join
    columns : tuple of str
        That hold the label.
    level : {"slide", "patient"}
        What the label belongs to.
    parse : callable
        Reads the label of a row; raises :class:`ValueError` whose message begins behind the name
        of the row: a column, its value, what is wrong.
    words : collection of str
        Labels that would count as missing and are not, such as a class ``unknown``.

    Returns
    -------
    units : Units
    values : list
        One a unit, in the order of ``units.ids``.

    Raises
    ------
    ManifestError
        Labels that cannot be read, with row numbers; units whose rows disagree; nobody is left.
    """

    def given(row: LabelRow) -> bool:
        cells = [row.cells[column] for column in columns]
        return all(cell in words or not is_missing(cell) for cell in cells)

    rows = {slide: [row for row in own if given(row)] for slide, own in join.rows.items()}
    values = _parse({row.number: row for own in rows.values() for row in own}, join, parse)
    labels: dict[str, dict[Value, tuple[str, int]]] = defaultdict(dict)
    for slide in sorted(rows):
        unit = join.patients[slide] if level == "patient" else slide
        for row in rows[slide]:
            labels[unit].setdefault(values[row.number], (slide, row.number))
    _refuse_contradictions(labels, join, columns, level)
    ids = tuple(sorted(labels))
    if not ids:
        raise ManifestError(
            [f"{join.table.name}: {listed(columns)} holds no label of a slide of the manifest"]
        )
    place = {unit: number for number, unit in enumerate(ids)}
    of_slide = {
        slide: place[join.patients[slide] if level == "patient" else slide]
        for slide in sorted(rows)
        if rows[slide]
    }
    left_out = dict.fromkeys(join.unmatched_slides, NOT_IN_TABLE)
    left_out |= {slide: LABEL_MISSING for slide in rows if not rows[slide]}
    units = Units(level=level, ids=ids, of_slide=of_slide, left_out=dict(sorted(left_out.items())))
    return units, [next(iter(labels[unit])) for unit in ids]


def _parse(
    rows: Mapping[int, LabelRow], join: Join, parse: Callable[[LabelRow], Value]
) -> dict[int, Value]:
    values, faults = {}, []
    for number, row in sorted(rows.items()):
        try:
            values[number] = parse(row)
        except ValueError as error:
            faults.append((number, f"{join.table.name} row {number}: {error}"))
    refuse(faults)
    return values


def _refuse_contradictions(
    labels: Mapping[str, Mapping[Value, tuple[str, int]]],
    join: Join,
    columns: tuple[str, ...],
    level: Level,
) -> None:
    """Messages name slides and rows, because patient ids stay in the manifest."""
    faults = []
    for found in labels.values():
        if len(found) > 1:
            places = ", ".join(
                f"'{slide}' (row {number})"
                for slide, number in sorted(found.values(), key=lambda place: place[1])
            )
            faults.append((min(number for _, number in found.values()), places))
    who = "slides of one patient" if level == "patient" else "rows of one slide"
    advice = ", or read them at slide level" if level == "patient" else ""
    refuse(
        (
            number,
            (
                f"{join.table.name}, column {listed(columns)}: {who} disagree: {places}; correct "
                f"the labels{advice}"
            ),
        )
        for number, places in faults
    )
