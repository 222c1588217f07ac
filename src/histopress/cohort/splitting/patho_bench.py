"""Split tables of Patho-Bench (github.com/mahmoodlab/Patho-Bench).

One file holds all divisions (``k=all.tsv``): columns ``case_id, slide_id``, one named for the task
that holds the label, and ``fold_0, fold_1, …`` that hold ``train``, ``val`` or ``test``. The
published splits have no ``val``. So its ``DataSplit`` and ``SplitFactory`` read it; a file
``config.yaml`` beside it says which column is the label.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from histopress.cohort.labels.faults import listed, refuse
from histopress.cohort.splitting.clam import PART, refuse_ragged
from histopress.cohort.splitting.parts import NAMES, Parts, make_parts
from histopress.cohort.table import read_table
from histopress.errors import ManifestError

_FOLD = re.compile(r"fold_([0-9]+)")


def read_patho_bench_split(path: Path) -> tuple[Parts, ...]:
    """Read Patho-Bench's split table (.tsv or .csv): one division a column ``fold_…``.

    An empty cell leaves the slide out of that division.

    Raises
    ------
    ManifestError
        The file cannot be read, has no ``slide_id`` or no ``fold_…``, a gap in their numbers,
        another word than train, val and test, or a slide twice in a division.
    LeakError
        A slide stands in two parts of a division.
    """
    table = read_table(path)
    found = {
        int(fold[1]): place
        for place, name in enumerate(table.header)
        if (fold := _FOLD.fullmatch(name))
    }
    if "slide_id" not in table.header or sorted(found) != list(range(max(found, default=0) + 1)):
        raise ManifestError(
            [
                (
                    f"{path}: is no split table of Patho-Bench; it has columns 'slide_id' and "
                    f"'fold_0', 'fold_1' and so on without a gap; found: {listed(table.header)}"
                )
            ]
        )
    refuse_ragged(table, path)
    refuse(
        (
            number,
            (
                f"{path} row {number}, column 'fold_{fold}': {row[place]!r} is no part; allowed: "
                "train, val, test, or an empty cell"
            ),
        )
        for number, row in table.rows
        for fold, place in found.items()
        if row[place] and row[place] not in PART
    )
    slide = table.header.index("slide_id")
    return tuple(
        make_parts(
            ((row[slide], PART[row[found[fold]]]) for _, row in table.rows if row[found[fold]]),
            f"{path}, fold_{fold}",
        )
        for fold in sorted(found)
    )


def write_patho_bench_split(
    path: Path,
    divisions: Sequence[Parts],
    *,
    cases: Mapping[str, str],
    labels: Mapping[str, str],
    task: str,
) -> None:
    """Write divisions as one table of Patho-Bench, a row a slide, ordered by slide id.

    Parameters
    ----------
    path : Path
        A .tsv (as Patho-Bench has it) or a .csv file, written in place.
    divisions : sequence of Parts
    cases : mapping of str to str
        What stands as ``case_id`` of each slide. It leaves the cohort with the file: give
        pseudonyms where patient ids may not.
    labels : mapping of str to str
        Label of each slide; Patho-Bench wants one label a case.
    task : str
        Name of the label's column.

    Raises
    ------
    ManifestError
        A slide has no case or no label, or the task has the name of another column.
    """
    columns = ("case_id", "slide_id", task, *(f"fold_{k}" for k in range(len(divisions))))
    slides = sorted({slide for parts in divisions for slide in parts.slides})
    lacking = [slide for slide in slides if slide not in cases or slide not in labels]
    if lacking or len(set(columns)) < len(columns):
        fault = (
            f"slide {listed(lacking)} lacks case or label" if lacking else f"task is named '{task}'"
        )
        raise ManifestError([f"{path}: {fault}; each slide needs both, and the task its own name"])
    written = {name: short for short, name in PART.items()}
    part_of = [
        {slide: written[name] for name in NAMES for slide in getattr(parts, name)}
        for parts in divisions
    ]
    rows = [
        {
            "case_id": cases[slide],
            "slide_id": slide,
            task: labels[slide],
            **{f"fold_{k}": own.get(slide, "") for k, own in enumerate(part_of)},
        }
        for slide in slides
    ]
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, delimiter=delimiter, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(row.values() for row in rows)
