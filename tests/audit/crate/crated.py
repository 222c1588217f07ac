"""A small project with records, for the tests of crates."""

import json
from pathlib import Path
from typing import Any

from histopress.audit.record import build_record, file_entry

PATIENT = "PAT-0007"
METRICS = "results/evaluation/tumour/metrics.json"
CITATION = """
title: A study
license: CC-BY-4.0
authors:
  - {family-names: Doe, given-names: Jane, orcid: "https://orcid.org/0000-0002-1825-0097"}
  - name: The developers
"""


def put(project: Path, path: str, content: str) -> Path:
    place = project / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content)
    return place


def job(
    project: Path,
    verb: str,
    *,
    inputs: dict[str, str],
    outputs: dict[str, str],
    minute: int,
    settings: dict[str, Any] | None = None,
    wildcards: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Record a job over files that exist; inputs and outputs are role to path."""

    def entries(files):
        return [
            file_entry(role, [project / path], project=project, named=Path(path))
            for role, path in files.items()
        ]

    return build_record(
        recipe={
            "verb": verb,
            "wildcards": wildcards or {},
            "settings": settings or {},
            "code": (verb.encode().hex() * 64)[:64],
        },
        inputs=entries(inputs),
        outputs=entries(outputs),
        facts={},
        run={
            "start": f"2026-01-02T03:{minute:02}:00+00:00",
            "end": f"2026-01-02T03:{minute:02}:30+00:00",
            "versions": {"python": "3.11.7", "torch": "2.13.0+cpu"},
        },
    )


def make_project(
    project: Path, *, slide: str = "s1", metrics: str = '{"auc": 0.75}\n'
) -> list[dict[str, Any]]:
    """Write a project of three jobs; the manifest names a patient."""
    put(project, "Snakefile", "rule all:\n")
    put(project, "CITATION.cff", CITATION)
    put(project, "config/slides.csv", f"slide_id,patient_id\n{slide},{PATIENT}\n")
    scan = f"data/{slide}.svs"
    tiles, features = f"results/tiles/{slide}.h5", f"results/features/resnet/{slide}.h5"
    put(project, scan, "pixels")
    put(project, tiles, "tiles")
    put(project, features, "features")
    put(project, METRICS, metrics)
    one = {"slide-id": slide}
    return [
        job(
            project,
            "tile",
            inputs={"slide": scan},
            outputs={"tiles": tiles},
            minute=0,
            settings={"tile_px": 256, "tissue": {"min": 0.5, "mask": None, "range": [0, 1]}},
            wildcards=one,
        ),
        job(
            project,
            "encode",
            inputs={"slide": scan, "tiles": tiles},
            outputs={"features": features},
            minute=1,
            wildcards=one | {"encoder": "resnet"},
        ),
        job(
            project,
            "evaluate",
            inputs={"manifest": "config/slides.csv", "features": features},
            outputs={"metrics": METRICS},
            minute=2,
            settings={"positive": "1", "bootstrap": True},
            wildcards={"target": "tumour"},
        ),
    ]


def graph_of(crate: Path) -> dict[str, Any]:
    """Entities of a crate's folder by their ids."""
    content = json.loads((crate / "ro-crate-metadata.json").read_text())
    return {entity["@id"]: entity for entity in content["@graph"]}


def ids(value: Any) -> set[str]:
    """Ids that a property refers to."""
    values = value if isinstance(value, list) else [value] if value else []
    return {entry["@id"] for entry in values}
