"""A small study, every file of it written and recorded by the real runner."""

import json
from pathlib import Path
from unittest.mock import patch

from histopress.audit.source import Source
from histopress.cli.job import Port, Request, Verb
from histopress.cli.runner import execute
from histopress.types import settings

SLIDES = ("a", "b", "c")
VALUES = {"manifest": "config/slides.csv", "phantom": {}, "table": "config/labels.csv"}
CODE = Source(commit="0" * 40, patch=b"not committed\n")
"""State of the repository that the study's records name, whatever it is."""
METRICS = "results/evaluation/metrics.json"


@settings
class Settings:
    seed: int = 1
    note: str | None = None


def _work(job):
    """Write to every output what was read, so that bytes follow bytes."""
    read = b"".join(
        job.input(port.name).read_bytes() for port in job.request.verb.inputs if job.has(port.name)
    )
    names = " ".join(job.request.wildcards.values())
    for port in job.request.verb.outputs:
        former = job.former(port.name) if job.request.verb.name == "split" else None
        kept = former.read_bytes() if former else b""
        head = f"{job.request.verb.name} {port.name} {names} {job.settings.note}\n"
        more = str(job.settings.note or "").encode()
        job.output(port.name).write_bytes(kept + more if kept else head.encode() + read)
    job.facts["bytes"] = len(read)


def run(project, verb, place, *, inputs, outputs, note=None, **wildcards):
    """Run one job of a made-up verb in ``project``, which must be the current folder."""
    made = Verb(
        name=verb,
        environment="slide",
        settings=Settings,
        inputs=tuple(Port(name=name, help="") for name in inputs),
        outputs=tuple(Port(name=name, help="") for name in outputs),
        wildcards=tuple(wildcards),
        run=_work,
    )
    with patch("histopress.cli.runner.read_source", lambda: CODE):
        execute(
            Request(
                verb=made,
                settings=Settings(note=note),
                paths={name: Path(path) for name, path in {**inputs, **outputs}.items()},
                wildcards=wildcards,
                record=Path("results/records") / f"{place}.json",
                code="frozen",
            )
        )


def slide_path(slide):
    """Slide ``c`` is no phantom: it was given."""
    return f"data/given/{slide}.svs" if slide == "c" else f"data/phantom/{slide}.tif"


def make_study(project):
    """Make a study of three slides with 11 jobs in ``project``, the current folder."""
    for name in ("config", "data/given"):
        (project / name).mkdir(parents=True)
    rows = [f"{slide},p{slide},{slide_path(slide)}" for slide in SLIDES]
    (project / "config/slides.csv").write_text("\n".join(["slide_id,patient_id,path", *rows, ""]))
    (project / "config/labels.csv").write_text("slide,grade\na,1\n")
    (project / "data/given/c.svs").write_bytes(bytes(range(256)))
    for slide in SLIDES:
        make_slide(project, slide)
    make_split(project)
    features = {f"slide_{slide}": f"results/features/{slide}.h5" for slide in SLIDES}
    run(
        project,
        "train",
        "train/fold0",
        inputs={**features, "split": "results/splits/s.csv", "labels": "config/labels.csv"},
        outputs={"weights": "results/models/model.safetensors", "history": "results/models/h.csv"},
        fold="0",
    )
    run(
        project,
        "evaluate",
        "evaluate/model",
        inputs={"model": "results/models/model.safetensors", "manifest": "config/slides.csv"},
        outputs={"metrics": METRICS, "figure": "results/evaluation/roc.svg"},
    )


def make_slide(project, slide, note=None):
    """Draw, tile and encode one slide."""
    path, tiles = slide_path(slide), f"results/tiles/{slide}.h5"
    if slide != "c":
        run(
            project, "simulate", f"simulate/{slide}", inputs={}, outputs={"slide": path},
            slide=slide, note=note,
        )  # fmt: skip
    run(
        project,
        "tile",
        f"tile/{slide}",
        inputs={"slide": path},
        outputs={"tiles": tiles, "overlay": f"results/tiles/{slide}.png"},
        slide=slide,
    )
    run(
        project,
        "encode",
        f"encode/{slide}",
        inputs={"slide": path, "tiles": tiles},
        outputs={"features": f"results/features/{slide}.h5"},
        slide=slide,
    )


def make_split(project, note=None):
    """Make the split, or add to it."""
    run(
        project,
        "split",
        "split/s",
        inputs={"manifest": "config/slides.csv"},
        outputs={"split": "results/splits/s.csv"},
        note=note,
    )


def rewrite(path, change, *, honest=False):
    """Change a record's values; an honest writer computes its ids anew."""
    from histopress.audit.record import identifier, input_digests
    from histopress.store import write_json

    value = json.loads(path.read_text())
    change(value)
    if honest:
        value["recipe"]["inputs"] = input_digests(value["recipe"], value["inputs"])
        value["recipe_id"] = identifier(value["recipe"])
        value.pop("record_id")
        value["record_id"] = identifier(value)
    write_json(path, value)


def rewrite_both(project):
    """Rewrite a result, and its record to fit, so that nothing in the project contradicts it."""
    from histopress.store import file_digest

    (project / METRICS).write_text('{"auc": 1}')
    digest, size = file_digest(project / METRICS), (project / METRICS).stat().st_size

    def forge(value):
        (entry,) = (each for each in value["outputs"] if each["path"] == METRICS)
        entry.update(sha256=digest, bytes=size)

    rewrite(project / "results/records/evaluate/model.json", forge, honest=True)
