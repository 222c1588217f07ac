"""What records cost: the share of a job's CPU time that goes into its record.

A slide is tiled, encoded and compressed, each verb in a process of its own as the workflow runs
it. Within the process the parts that only auditing needs are timed: digests of inputs, outputs,
values and code, pins, the state of the repository (git's own time counts), versions, and writing
the record. ``encode`` is the job that the limit is meant for; the others are short. Tiles
are 64 px at 1 µm/px, as the released encoders see them.

    python benchmarks/audit_overhead.py --slide SLIDE --spacing 1.0 --weights ENCODER
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PARTS = (
    "code_digest",
    "read_source",
    "run_facts",
    "imported_libraries",
    "_record",
    "_keep_patch",
)
"""Functions of the runner that only auditing needs; they do not call each other."""
WEIGHTS = {"weights": "weights.safetensors", "card": "card.json"}
TILES = {"tiles": "t.h5"}
GRID = {"tile_px": 64, "stride_px": 64, "spacing_um": 1.0}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slide", type=Path, required=True)
    parser.add_argument("--spacing", type=float, required=True, metavar="UM")
    parser.add_argument("--weights", type=Path, required=True, help="released Keras encoder")
    parser.add_argument("--views", type=int, default=8, choices=(1, 8), help="as recipes: 8")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    rounds = [measure(options) for _ in range(options.rounds)]
    size = options.slide.stat().st_size / 1e6
    print(f"{options.slide.name}, {size:.0f} MB, {options.views} views")
    print(f"least of {options.rounds} rounds, CPU s")
    print(f"  {'job':10} {'whole':>8} {'record':>8} {'share':>7}")
    for verb in rounds[0]:
        whole, spent = min(each[verb] for each in rounds)
        print(f"  {verb:10} {whole:8.2f} {spent:8.3f} {spent / whole:7.1%}")


def measure(options: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """CPU seconds of each job, whole and for the record alone."""
    encoder = {"kind": "keras", "grid": "g", "file": "x"}
    slide = {"slide_id": "s", "slide": options.slide.resolve()}
    named = {"slide_id": "s", "encoder": "e"}
    with tempfile.TemporaryDirectory() as folder:
        run = Project(Path(folder)).run
        weights = options.weights.resolve()
        run("encoder import", encoder="e", file=weights, settings={"encoder": encoder}, **WEIGHTS)
        return {
            "tile": run(
                "tile",
                **slide | TILES,
                overlay="t.png",
                settings={"spacing_um": options.spacing, "grid": GRID},
            ),
            "encode": run(
                "encode",
                **slide | named | WEIGHTS | TILES,
                features="f.h5",
                settings={"views": options.views},
            ),
            "compress": run("compress", **named, **TILES, features="f.h5", compressed="c.h5"),
        }


class Project:
    """A folder in which jobs run, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, verb: str, **given: Any) -> tuple[float, float]:
        """Run one job; gives its CPU seconds, and those of its record."""
        given["settings"] = json.dumps(given.get("settings", {}))
        given["record"] = f"results/records/{verb.replace(' ', '_')}.json"
        words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
        done = subprocess.run(
            [sys.executable, Path(__file__).resolve(), "--child", *verb.split(), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        whole, spent = json.loads(done.stdout.splitlines()[-1])
        return whole, spent


def child(arguments: list[str]) -> None:
    """Run one command line and print its CPU seconds, and those of its record."""
    # What a job needs without records, too, is loaded before the clock starts.
    import histopress.cli.main
    import histopress.cli.progress
    import histopress.cli.settings
    import histopress.store

    spent = [0.0]
    start = cpu()
    from histopress.cli import runner

    spent[0] += cpu() - start
    for name in PARTS:
        setattr(runner, name, timed(getattr(runner, name), spent))
    code = histopress.cli.main.main(arguments)
    print(json.dumps([cpu(), spent[0]]))
    raise SystemExit(code)


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """Add the CPU time of each call to ``spent``."""

    def call(*arguments: Any, **more: Any) -> Any:
        start = cpu()
        try:
            return function(*arguments, **more)
        finally:
            spent[0] += cpu() - start

    return call


def cpu() -> float:
    """CPU seconds of this process, its threads and the programs that it ran."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
    main()
