"""Split tables of other tools, whichever they are."""

import re
from pathlib import Path

from histopress.cohort.labels.faults import listed
from histopress.cohort.splitting.clam import read_clam_split
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.patho_bench import read_patho_bench_split
from histopress.cohort.table import read_table
from histopress.errors import ManifestError

PATHO_BENCH = "k=all.tsv"
_CLAM = re.compile(r"splits_([0-9]+)(_bool)?\.csv")


def split_files(path: Path) -> tuple[Path, ...]:
    """Find the files that hold the divisions: ``path`` itself, or those of a folder.

    A folder holds ``k=all.tsv`` of Patho-Bench, or ``splits_0.csv``, ``splits_1.csv``, ... of
    CLAM (or ``splits_0_bool.csv``, ..., where the others are not there), in this order.

    Raises
    ------
    ManifestError
        There is no such file or folder, nothing in it, or a gap in the numbers.
    """
    if path.is_file():
        return (path,)
    if not path.is_dir():
        raise ManifestError([f"{path}: no such file or folder; name a split table"])
    if (path / PATHO_BENCH).is_file():
        return (path / PATHO_BENCH,)
    found: dict[int, Path] = {}
    for file in sorted(path.glob("splits_*.csv"), key=lambda file: (len(file.name), file.name)):
        if match := _CLAM.fullmatch(file.name):
            found.setdefault(int(match[1]), file)
    if sorted(found) != list(range(len(found))) or not found:
        names = listed(file.name for _, file in sorted(found.items()))
        raise ManifestError(
            [
                (
                    f"{path}: holds {names or 'no split table'}; it needs splits_0.csv, "
                    f"splits_1.csv and so on without a gap (CLAM), or {PATHO_BENCH} (Patho-Bench)"
                )
            ]
        )
    return tuple(found[number] for number in sorted(found))


def read_divisions(path: Path) -> tuple[Parts, ...]:
    """Read the divisions of CLAM's or Patho-Bench's split tables.

    Parameters
    ----------
    path : Path
        A file or a folder; see :func:`split_files`.

    Raises
    ------
    ManifestError
        Nothing can be read as a split table.
    LeakError
        A slide stands in two parts of a division.
    """
    files = split_files(path)
    if "slide_id" in read_table(files[0]).header:
        return read_patho_bench_split(files[0])
    return tuple(read_clam_split(file) for file in files)
