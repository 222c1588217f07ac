"""What can be wrong with the rows of a manifest."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from math import isfinite
from typing import NamedTuple
from unicodedata import normalize

from histopress.cohort.names import check_name
from histopress.cohort.paths import Places, unsafe_characters

SPACING_RANGE_UM = (0.05, 10.0)
"""Plausible micrometres per level-0 pixel."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class Record(NamedTuple):
    """One row: its number in the file, and its cells by our column names."""

    number: int
    values: dict[str, str]


Fault = tuple[int, str]
"""Row number and message."""


def check_records(
    records: Sequence[Record], *, columns: Collection[str], places: Places, name: str
) -> list[Fault]:
    """Find every fault of the rows, alone and against each other.

    Parameters
    ----------
    records : sequence of Record
    columns : collection of str
        Present; a missing column is reported elsewhere, and no row is blamed for it.
    places : Places
        Judges the paths.
    name : str
        The manifest, as messages should call it.
    """
    found: list[tuple[Record, str]] = []
    for record in records:
        texts = [*_check_ids(record), *_check_paths(record, places), *_check_numbers(record)]
        found += [(record, text) for text in texts]
    found += _repeated_ids(records)
    found += _repeated_patients(records)
    if "path" in columns:
        found += _repeated_files(records, places)
    found += _repeated_content(records)
    return [(record.number, f"{_where(record, name)}: {text}") for record, text in found]


def _where(record: Record, name: str) -> str:
    slide = record.values.get("slide_id")
    shown = slide if slide is None or len(slide) <= 40 else f"{slide[:39]}…"
    return f"{name} row {record.number}" + (f", slide {shown!r}" if shown else "")


def _check_ids(record: Record) -> Iterable[str]:
    slide = record.values.get("slide_id")
    if slide == "":
        yield "slide_id is empty; give each slide its own id"
    elif slide is not None:
        fault = check_name(slide)
        if fault:
            yield f"slide_id {fault}"
    if record.values.get("patient_id") == "":
        yield (
            "patient_id is empty; without it no split can be trusted; repeat slide_id if each "
            "slide is a patient of its own"
        )


def _check_paths(record: Record, places: Places) -> Iterable[str]:
    for column in ("path", "mask_path"):
        path = record.values.get(column)
        if path == "" and column == "path":
            yield "path is empty; give the slide's file"
        if not path:
            continue
        unsafe = unsafe_characters(path)
        if unsafe:
            yield (
                f"{column} {path!r} holds {unsafe!r}; control characters and braces are not "
                "allowed; rename the file or link to it"
            )
            continue
        fault = places.fault(path, column)
        if fault:
            yield fault


def _check_numbers(record: Record) -> Iterable[str]:
    spacing = record.values.get("spacing_um")
    if spacing:
        fault = _spacing_fault(spacing)
        if fault:
            yield fault
    digest = record.values.get("sha256")
    if digest and not _SHA256.fullmatch(digest):
        yield (
            f"sha256 {digest[:70]!r} has {len(digest)} characters; allowed are 64 hexadecimal "
            "digits; correct it or leave it empty"
        )


def _spacing_fault(text: str) -> str | None:
    low, high = SPACING_RANGE_UM
    try:
        value = float(text)
    except ValueError:
        comma = "; write a decimal point" if "," in text else ""
        return f"spacing_um {text!r} is not a number{comma}; give µm per pixel, {low} to {high:g}"
    if isfinite(value) and low <= value <= high:
        return None
    return f"spacing_um {text!r} is outside {low} to {high:g} µm per pixel; correct it"


def _repeats(
    records: Sequence[Record], key: Callable[[Record], str | None]
) -> Iterable[tuple[Record, Record]]:
    """Pair each record whose key was seen before with the first that had it."""
    first: dict[str, Record] = {}
    for record in records:
        value = key(record)
        if value:
            known = first.setdefault(value, record)
            if known is not record:
                yield record, known


def _repeated_ids(records: Sequence[Record]) -> Iterable[tuple[Record, str]]:
    for record, known in _repeats(records, lambda r: r.values.get("slide_id", "").casefold()):
        slide, before = record.values["slide_id"], known.values["slide_id"]
        if slide == before:
            text = f"the id stands in row {known.number} too; give each slide its own id"
        else:
            text = (
                f"the id differs only in case from {before!r} in row {known.number}; not every "
                "file system tells them apart; rename one"
            )
        yield record, text


def _repeated_patients(records: Sequence[Record]) -> Iterable[tuple[Record, str]]:
    """Find one patient spelt in two ways; such a patient would stand on both sides of a split.

    Messages name slides, because patient ids stay in the manifest.
    """
    spelt: dict[str, Record] = {}
    for record in records:
        patient = record.values.get("patient_id")
        if not patient:
            continue
        folded = patient if patient.isascii() else normalize("NFKC", patient)
        known = spelt.setdefault(folded.casefold(), record)
        if known.values["patient_id"] != patient:
            yield (
                record,
                (
                    f"its patient_id is that of row {known.number} but for case or the form of a "
                    "letter; write it alike, or make the ids differ"
                ),
            )


def _repeated_files(records: Sequence[Record], places: Places) -> Iterable[tuple[Record, str]]:
    def place(record: Record) -> str | None:
        path = record.values["path"]
        return places.resolve(path) if path and not unsafe_characters(path) else None

    for record, known in _repeats(records, place):
        yield (
            record,
            (f"path {record.values['path']!r} is the file of {_other(known)} too; remove one row"),
        )


def _repeated_content(records: Sequence[Record]) -> Iterable[tuple[Record, str]]:
    for record, known in _repeats(records, lambda r: r.values.get("sha256", "").lower()):
        yield record, f"sha256 is that of {_other(known)}: one content, two names; remove one row"


def _other(record: Record) -> str:
    slide = record.values.get("slide_id")
    return f"row {record.number}" + (f" (slide {slide!r})" if slide else "")
