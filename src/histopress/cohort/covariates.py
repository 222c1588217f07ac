"""Clinical covariates of patients: what is declared, and how cells are read."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from histopress.cohort.labels.cells import is_missing, number_of
from histopress.cohort.manifest import Manifest
from histopress.errors import ManifestError
from histopress.types import settings

SHOWN = 10

Cells = Mapping[str, str | None]
"""Covariates of one patient by column; None where missing."""


@settings
class CovariateSettings:
    """One clinical covariate."""

    kind: Annotated[
        Literal["number", "category", "ordered"],
        Field(
            description="number, as an age; category, levels without order, as a subtype; ordered, "
            "levels that are taken as 0, 1, 2 …, as a stage."
        ),
    ]
    levels: Annotated[
        tuple[str, ...] | None,
        Field(
            min_length=2,
            description="Levels; another is refused. Of a category the first is the reference "
            "(without this key the most frequent in training); needed where levels are ordered.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.kind == "ordered" and self.levels is None:
            raise ValueError("an ordered covariate needs its levels, the lowest first")
        if self.kind == "number" and self.levels is not None:
            raise ValueError("a number has no levels; leave them out, or make it ordered")
        if self.levels is not None and len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels {list(self.levels)} name one twice; name each once")


def read_covariates(
    cells: Mapping[str, Mapping[str, str]],
    patient_of: Mapping[str, str],
    declared: Mapping[str, CovariateSettings],
) -> dict[str, Cells]:
    """Read the covariates of every patient from the rows of their slides.

    A covariate that is missing in some rows of a patient and given in others is taken from the
    others. Numbers agree if they are equal as numbers (``61`` and ``61.0``).

    Parameters
    ----------
    cells : mapping of str to mapping of str to str
        Text by column, by slide id.
    patient_of : mapping of str to str
        Patient of each of these slides.
    declared : mapping of str to CovariateSettings
        By column.

    Returns
    -------
    dict of str to mapping
        By patient, sorted; for use in memory only. A level that is declared counts as given even
        if it reads like a missing word.

    Raises
    ------
    ManifestError
        A column is not there, a cell cannot be read, or slides of a patient contradict each other.

    Examples
    --------
    >>> declared = {"age": CovariateSettings(kind="number")}
    >>> cells = {"s1": {"age": "61"}, "s2": {"age": "NA"}}
    >>> read_covariates(cells, {"s1": "p", "s2": "p"}, declared)
    {'p': {'age': '61'}}
    """
    faults: list[str] = []
    given: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for slide in sorted(cells):
        own = given[patient_of[slide]]
        for column, setting in declared.items():
            cell, fault = _read(cells[slide], column, setting)
            if fault:
                faults.append(f"slide '{slide}': column '{column}' {fault}")
            elif cell is not None:
                own[column].append((slide, cell))
    faults += [
        fault
        for own in given.values()
        for column, setting in declared.items()
        if (fault := _contradiction(own.get(column, []), column, setting))
    ]
    if faults:
        rest = [f"and {len(faults) - SHOWN} more of this kind"] if len(faults) > SHOWN else []
        raise ManifestError(faults[:SHOWN] + rest)
    return {
        patient: {
            column: given[patient][column][0][1] if given[patient][column] else None
            for column in declared
        }
        for patient in sorted(given)
    }


def labelled_covariates(
    manifest: Manifest, labelled: Iterable[str], declared: Mapping[str, CovariateSettings]
) -> dict[str, Cells]:
    """Read the covariates of all patients with a label, by patient.

    Parameters
    ----------
    manifest : Manifest
    labelled : iterable of str
        Slides with a label.
    declared : mapping of str to CovariateSettings
        By column of the manifest.

    Raises
    ------
    ManifestError
        As :func:`read_covariates`.
    """
    columns = {name: manifest.column(name) for name in declared}
    cells = {slide: {name: column[slide] for name, column in columns.items()} for slide in labelled}
    owners = {slide: manifest.patients[slide] for slide in cells}
    return read_covariates(cells, owners, declared)


def _read(
    row: Mapping[str, str], column: str, setting: CovariateSettings
) -> tuple[str | None, str | None]:
    """Cell and fault; both None where the cell is missing."""
    if column not in row:
        return None, "is not in the table; correct the name of the covariate"
    cell = row[column].strip()
    listed = setting.levels or ()
    if cell not in listed and is_missing(cell):
        return None, None
    if setting.kind == "number":
        try:
            number_of(cell)
        except ValueError as error:
            return None, f"'{cell}' {error}"
    elif listed and cell not in listed:
        allowed = ", ".join(f"'{level}'" for level in listed)
        return None, f"'{cell}' is not a level; allowed are {allowed}, or an empty cell"
    return cell, None


def _contradiction(
    found: list[tuple[str, str]], column: str, setting: CovariateSettings
) -> str | None:
    values = {number_of(cell) if setting.kind == "number" else cell for _, cell in found}
    if len(values) < 2:
        return None
    places = ", ".join(f"'{slide}' ('{cell}')" for slide, cell in found[:SHOWN])
    return (
        f"column '{column}': slides of one patient contradict each other: {places}; a covariate "
        "belongs to the patient; correct it, or leave cells empty"
    )
