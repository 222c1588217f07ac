"""``histopress split export``: a split as tables that other tools read."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from histopress.cli.split_study import TargetSplit, add_study_options, find_split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from histopress.cohort.splitting.parts import Parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_study_options(parser)
    parser.add_argument("--folder", type=Path, required=True, metavar="PATH", help="to write to")
    parser.add_argument("--form", choices=("clam", "patho-bench"), default="clam")
    parser.add_argument(
        "--cases",
        choices=("pseudonyms", "patients"),
        default="pseudonyms",
        help="what Patho-Bench's case_id holds; CLAM's tables name no patients",
    )


def run(options: argparse.Namespace) -> int:
    """Write one file a division (CLAM), or one for all (Patho-Bench)."""
    from histopress.cohort.splitting.divisions import divisions

    split = find_split(options)
    rows = split.rows()
    found = divisions(rows, split.study.config.protocol, split.labels.strata.keys())
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.form == "clam":
        files = _write_clam(options.folder, found)
    else:
        files = [_write_patho_bench(options.folder, found, split, options.cases)]
    print(f"{options.folder}: {len(found)} divisions in {len(files)} files")
    if options.cases == "patients" and options.form == "patho-bench":
        print("the file holds patient ids; keep it where they may be")
    return 0


def _write_clam(folder: Path, found: "Sequence[Parts]") -> list[Path]:
    from histopress.cohort.splitting.clam import write_clam_split
    from histopress.store import atomic

    files = []
    for number, parts in enumerate(found):
        for boolean, ending in ((False, ""), (True, "_bool")):
            files.append(folder / f"splits_{number}{ending}.csv")
            with atomic(files[-1]) as temporary:
                write_clam_split(temporary, parts, boolean=boolean)
    return files


def _write_patho_bench(
    folder: Path, found: "Sequence[Parts]", split: TargetSplit, cases: str
) -> Path:
    from histopress.cohort.splitting.files import PATHO_BENCH
    from histopress.cohort.splitting.patho_bench import write_patho_bench_split
    from histopress.store import atomic

    patients = split.study.manifest.patients
    names = patients if cases == "patients" else pseudonyms(patients)
    path = folder / PATHO_BENCH
    with atomic(path) as temporary:
        write_patho_bench_split(
            temporary, found, cases=names, labels=split.labels.strata, task=split.target
        )
    return path


def pseudonyms(patients: "Mapping[str, str]") -> dict[str, str]:
    """Give patients numbers in the order of their first slide, which tell nothing else.

    Examples
    --------
    >>> pseudonyms({"s2": "Eve", "s1": "Bob", "s3": "Bob"})
    {'s1': 'case-1', 's2': 'case-2', 's3': 'case-1'}
    """
    numbers: dict[str, int] = {}
    for slide in sorted(patients):
        numbers.setdefault(patients[slide], len(numbers) + 1)
    width = len(str(len(numbers)))
    return {slide: f"case-{numbers[patients[slide]]:0{width}}" for slide in sorted(patients)}
