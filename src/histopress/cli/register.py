"""``histopress register``: the digests of all slides, written into the manifest.

A slide with a digest counts by its content: touching it reruns nothing, and a job that finds other
bytes fails. Digests are taken from the records where a slide cannot have changed since; else the
slide is read. A row that has a digest is checked and never changed. Slides that the workflow
draws itself are results, no sources, and are left out.
"""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from histopress.audit.history.registering import Registered
    from histopress.cohort.manifest import Manifest, SlideRow

WORDS = {
    "new": "registered now",
    "agrees": "agree with their digest",
    "differs": "disagree with their digest",
    "absent": "missing",
    "twice": "twice under two names",
    "without": "without a digest",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument(
        "--manifest", type=Path, metavar="PATH", help="another table than the configuration's"
    )
    parser.add_argument("--check", action="store_true", help="check digests and write none")
    parser.add_argument("--full", action="store_true", help="read every slide; trust no cache")
    parser.add_argument(
        "--no-adopt", action="store_true", help="do not tell Snakemake; it runs anew what it reads"
    )


def run(options: argparse.Namespace) -> int:
    """Fill the column, and tell of every slide that disagrees or is missing.

    Returns
    -------
    int
        1 where a slide disagrees, is missing, or is there under two names.
    """
    from histopress.cohort.manifest import read_manifest

    folder = Path.cwd()
    values = _values(options)
    path = options.manifest or _place(values)
    manifest = read_manifest(path, root=folder, check_files=False)
    rows = _given(manifest, values)
    found = _judge(options, folder, rows)
    new = {one.row.number: str(one.sha256) for one in found if one.state == "new"}
    if new:
        _write(path, new)
    for one in found:
        if one.fault:
            print(f"slide '{one.row.slide_id}': {one.fault}", file=sys.stderr)
    print(f"{path}: {_told(found, n_drawn=len(manifest) - len(rows))}")
    if new and options.manifest is None and not options.no_adopt:
        _adopt(options, folder)
    return int(any(one.fault for one in found))


def _values(options: argparse.Namespace) -> Mapping[str, Any]:
    from histopress.study import read_values

    if options.manifest is not None and not options.config.exists():
        return {}
    return read_values(options.config)


def _place(values: Mapping[str, Any]) -> Path:
    from histopress.errors import ConfigError
    from histopress.study import names

    place = values.get("manifest", names.DEFAULT_MANIFEST)
    if place is None:
        raise ConfigError("config: manifest: is empty, so the study has no slides to register")
    return Path(str(place))


def _given(manifest: "Manifest", values: Mapping[str, Any]) -> "list[SlideRow]":
    """Leave out what the workflow draws."""
    from histopress.study import names

    draws = values.get("phantom") is not None
    return [
        row
        for row in manifest
        if not (draws and row.path == names.PHANTOM.format(slide=row.slide_id))
    ]


def _judge(
    options: argparse.Namespace, folder: Path, rows: "Sequence[SlideRow]"
) -> "list[Registered]":
    from histopress.audit.cache import DigestCache, cache_place
    from histopress.audit.history.known_slides import known_slides
    from histopress.audit.history.present import Present
    from histopress.audit.history.registering import Slides
    from histopress.audit.history.registry import Registry
    from histopress.audit.records import read_records
    from histopress.cli.progress import progress_bar

    known = {} if options.full else known_slides(read_records(folder))
    with DigestCache(cache_place(), full=options.full) as digests:
        slides = Slides(folder, Present(folder, Registry(), digests), known)
        return slides.judge(rows, check=options.check, progress=progress_bar("slides"))


def _write(path: Path, digests: Mapping[int, str]) -> None:
    """Replace the table as a whole, under its own rights; a link stays a link."""
    from histopress.cohort.registering import with_digests
    from histopress.store import atomic

    place = path.resolve()
    data = with_digests(place.read_bytes(), place, digests)
    with atomic(place) as temporary:
        temporary.write_bytes(data)
        shutil.copymode(place, temporary)


def _told(found: "Sequence[Registered]", *, n_drawn: int) -> str:
    counts = Counter[str](one.state for one in found)
    told = [f"{counts[state]} {words}" for state, words in WORDS.items() if counts[state]]
    told += [f"{n_drawn} drawn by the workflow and left out"] if n_drawn else []
    by_record = sum(one.sha256 is not None and not one.read for one in found)
    told += [f"{by_record} known from records"] if by_record else []
    return f"{len(found) + n_drawn} slides: {', '.join(told)}" if told else "no slides"


def _adopt(options: argparse.Namespace, folder: Path) -> None:
    """Let Snakemake take the results as they are, so that registering reruns nothing."""
    from histopress.audit.records import FOLDER
    from histopress.errors import HistopressError

    if not (folder / FOLDER).is_dir():
        return
    try:
        from histopress.cli.audit import adopt

        more = {"json": False, "dry_run": False, "snakefile": None}
        adopt.run(argparse.Namespace(**vars(options) | more))
    except HistopressError as error:
        print(
            f"the digests are written, but Snakemake was not told: {error}\n"
            "next: 'histopress audit adopt', else Snakemake tiles and encodes these slides anew",
            file=sys.stderr,
        )
