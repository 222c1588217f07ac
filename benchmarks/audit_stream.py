"""Whether an audit's memory stays bounded: peak memory and time over 1,000 and 10,000 records.

The records are synthetic but well-formed, as the runner writes them: three jobs a slide, chained by
digests, and one that reads all slides' ends. Outputs hold 4 kB each, so what is measured is the
handling of records, not the hashing of images, which takes as long as the disk and sha256 do.
Each verb runs in a process of its own, started by one that holds nothing.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = (1_000, 10_000)
BYTES = 4_096
STAGES = ("tile", "encode", "compress")
SETTINGS = {f"setting_{at:02}": at / 7 for at in range(40)}
RUN = {"start": "2026-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:01+00:00", "wall_s": 1.0}
VERBS = {
    "verify --full": ("verify", "--full"),
    "verify, digests cached": ("verify",),
    "close": ("close",),
    "pack": ("pack", "--to=../pack.zip"),
    "verify --pack": ("verify", "--pack=../pack.zip"),
}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", nargs=2, metavar=("N", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N")
    options = parser.parse_args()
    if options.write:
        write_project(int(options.write[0]), Path(options.write[1]))
        return
    print("| records | verb | wall (s) | CPU (s) | peak memory (MB) |\n|---|---|---|---|---|")
    for number in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / "project"
            call([sys.executable, __file__, "--write", str(number), str(project)], Path(folder))
            for name, (verb, *more) in VERBS.items():
                command = [sys.executable, "-m", "histopress", "audit", verb, *more]
                wall, cpu, peak = call(command, project)
                print(f"| {number:,} | {name} | {wall:.1f} | {cpu:.1f} | {peak:.0f} |", flush=True)


def call(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Run a command to its good end; give wall and CPU seconds and the peak of memory in MB."""
    environment = os.environ | {"HISTOPRESS_CACHE": str(folder.parent / "cache")}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: ended with {process.returncode}")
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def write_project(number: int, project: Path) -> None:
    """Write ``number`` records, with their files, the configuration and the manifest."""
    slides = [f"slide-{at:05}" for at in range((number - 1) // len(STAGES))]
    (project / "config").mkdir(parents=True)
    (project / "config/config.yaml").write_text("manifest: config/slides.csv\n")
    rows = [f"{slide},patient-{slide},data/{slide}.svs" for slide in slides]
    table = "\n".join(["slide_id,patient_id,path", *rows, ""])
    (project / "config/slides.csv").write_text(table)
    ends = []
    for slide in slides:
        put(project / f"data/{slide}.svs")
        made = entry(project, "slide", f"data/{slide}.svs")
        for stage in STAGES:
            made = write_job(project, stage, slide, [made])
        ends.append(made)
    for at in range(number - len(STAGES) * len(slides)):
        write_job(project, "train", f"fold{at}", ends)


def write_job(project: Path, stage: str, name: str, inputs: list[Any]) -> Any:
    """Write one job's output and its record; give the output as an input of the next."""
    from dataclasses import replace

    from histopress.audit.record import build_record
    from histopress.store import write_json

    path = f"results/{stage}/{name}.h5"
    put(project / path)
    output = entry(project, "output", path)
    recipe = {"verb": stage, "wildcards": {"slide": name}, "settings": SETTINGS, "pins": None}
    recipe |= {"code": "c" * 64, "seeds": {}, "numerics": {}}
    ports = {"input": inputs[0].path, "output": path}
    record = build_record(
        recipe=recipe, inputs=inputs, outputs=[output], facts={}, run=RUN, ports=ports
    )
    place = project / f"results/records/{stage}/{name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    write_json(place, record)
    return replace(output, role="input")


def entry(project: Path, role: str, path: str) -> Any:
    """Digest a file as the runner does."""
    from histopress.audit.record import FileEntry
    from histopress.store import file_digest

    full = project / path
    size = full.stat().st_size
    return FileEntry(role=role, path=path, sha256=file_digest(full), bytes=size)


def put(path: Path) -> None:
    """Write a small file that no other file equals."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = hashlib.sha256(path.name.encode() + path.parent.name.encode()).digest()
    path.write_bytes(seed * (BYTES // len(seed)))


if __name__ == "__main__":
    main()
