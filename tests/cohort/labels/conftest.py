"""Label tables in memory and on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from histopress.cohort.labels.tables import LabelRow, LabelTable


def make_table(columns: str, rows: Sequence[str]) -> LabelTable:
    """Build a table from cells between spaces; a dash is an empty cell; the header is row 1."""
    names = tuple(columns.split())
    return LabelTable(
        name="labels.csv",
        columns=names,
        rows=tuple(
            LabelRow(
                number,
                dict(zip(names, ["" if c == "-" else c for c in row.split()], strict=True)),
            )
            for number, row in enumerate(rows, 2)
        ),
    )


@pytest.fixture
def table() -> Callable[[str, Sequence[str]], LabelTable]:
    return make_table


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write_table(text: str, name: str = "labels.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_table
