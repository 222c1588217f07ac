"""A small made-up study as ``evaluate`` and ``compress`` leave it, and claims of it judged."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from histopress.cli.main import main
from histopress.cohort.manifest import read_manifest
from histopress.cohort.settings import TargetSettings
from histopress.cohort.targets import Labels, slide_labels
from histopress.compress.slide import CompressedSlide, write_compressed
from histopress.evaluate.judge import PRIMARY, People, make_units, primary_figure
from histopress.evaluate.predictions import Prediction, prediction_columns, prediction_rows
from histopress.store import write_csv, write_json

FOLDS = 4
TARGETS = {
    "grade": {"kind": "classification", "column": "grade", "level": "patient"},
    "score": {"kind": "regression", "column": "score", "level": "patient"},
    "os": {"kind": "survival", "time": "months", "event": "dead", "level": "patient"},
    "lesion": {"kind": "classification", "column": "lesion", "positive": "1", "level": "slide"},
}
CLAIM = {"letter": "a", "statement": "One is better than the other.", "model": "m"}


class Made:
    """A study of patients with one slide each; whatever is planted is in ``truth``."""

    def __init__(self, folder: Path, count: int = 80) -> None:
        self.folder, self.count = folder, count
        rng = np.random.default_rng(5)
        self.truth = rng.normal(size=count)
        self.slides = [f"s{number:03}" for number in range(count)]
        dead = rng.exponential(20 * np.exp(-1.2 * (self.truth > 0)))
        limit = rng.uniform(5, 60, count)
        self.sizes = np.where(np.arange(count) % 2, rng.uniform(50, 500, count), 0.0)
        lines = ["slide_id,patient_id,path,center,grade,score,months,dead,lesion"]
        for place, slide in enumerate(self.slides):
            cells = [
                slide, f"p{place:03}", f"{slide}.svs", "A", int(self.truth[place] > 0),
                self.truth[place], min(dead[place], limit[place]),
                int(dead[place] <= limit[place]), int(self.sizes[place] > 0),
            ]  # fmt: skip
            lines.append(",".join(map(str, cells)))
        (folder / "slides.csv").write_text("\n".join(lines) + "\n")
        sizes = [f"{slide},{size}" for slide, size in zip(self.slides, self.sizes, strict=True)]
        (folder / "latents.csv").write_text("\n".join(["slide_id,metastasis_um", *sizes, ""]))

    def labels(self, target: str) -> Labels:
        manifest = read_manifest(self.folder / "slides.csv", root=self.folder, check_files=False)
        settings = TypeAdapter(TargetSettings).validate_python(TARGETS[target])
        return slide_labels(manifest, target, settings, seed=1)

    def predict(
        self, target: str, strength: float, *, seed: int = 0, noise: float = 1.0
    ) -> list[Prediction]:
        """Predict with more or less of the truth; arms of one seed share their noise."""
        rng = np.random.default_rng(seed)
        scores = strength * self.truth + noise * rng.normal(size=self.count)
        labels, found = self.labels(target), []
        for fold in range(FOLDS):
            for place, slide in enumerate(self.slides):
                positive = 1 / (1 + np.exp(-scores[place]))
                both = (float(1 - positive), float(positive))
                found.append(
                    Prediction(
                        slide_id=slide,
                        fold=fold,
                        split="test" if place % FOLDS == fold else "train",
                        label=labels.values[slide],
                        scores=both if labels.kind == "classification" else (float(scores[place]),),
                    )
                )
        return found

    def evaluated(self, target: str, encoder: str, rows: Sequence[Prediction]) -> None:
        """Leave what ``evaluate`` leaves of a row, and the folds' own predictions."""
        labels = self.labels(target)
        tested = [row for row in rows if row.split == "test"]
        people = People(patients={row.slide_id: row.slide_id for row in rows})
        units = make_units(tested, labels, people)
        primary = PRIMARY[labels.kind]
        quoted = {
            "estimate": primary_figure(units), "interval": None, "n_patients": len(units),
        }  # fmt: skip
        place = self.folder / f"evaluation/{target}/{encoder}/m"
        place.mkdir(parents=True)
        metrics = {
            "target": target,
            "kind": labels.kind,
            "level": labels.level,
            "classes": list(labels.classes),
            "positive": labels.classes[labels.positive] if labels.classes else None,
            "unit": labels.unit,
            "primary": primary,
            "metrics": {primary: quoted},
        }
        write_json(place / "metrics.json", metrics)
        self._write(place / "predictions.csv", labels, tested)
        for fold in range(FOLDS):
            own = self.folder / f"models/{target}/{encoder}/m/seed0/fold{fold}"
            own.mkdir(parents=True)
            self._write(own / "predictions.csv", labels, [row for row in rows if row.fold == fold])

    def _write(self, path: Path, labels: Labels, rows: Sequence[Prediction]) -> None:
        table = prediction_rows(
            rows, target=labels.target, kind=labels.kind, classes=labels.classes
        )
        write_csv(path, table, prediction_columns(labels.target, labels.classes, labels.kind))

    def row(self, target: str, encoder: str, strength: float, **facts: Any) -> None:
        """Predict and leave it as evaluated."""
        self.evaluated(target, encoder, self.predict(target, strength, **facts))

    def compressed(
        self, encoder: str, signal: np.ndarray, *, noise: float = 1.0, side: int = 3, seed: int = 0
    ) -> None:
        """Write grids whose first channel holds a signal of the slide."""
        rng = np.random.default_rng(seed)
        folder = self.folder / f"compressed/{encoder}"
        folder.mkdir(parents=True)
        for place, slide in enumerate(self.slides):
            grid = noise * rng.normal(size=(1, 3, side, side))
            grid[:, 0] += signal[place]
            write_compressed(
                folder / f"{slide}.h5",
                CompressedSlide(
                    slide_id=slide,
                    grid=grid.astype(np.float16),
                    tissue=np.ones((side, side), np.float32),
                    distance=np.full((side, side), 1 / side**2, np.float32),
                    attributes={"element_ratio": 384.0, "bytes_ratio_raw": 100.0},
                ),
            )

    def claim(self, claim: dict[str, Any], *, rules: dict | None = None, **settings: Any) -> int:
        """Judge a claim by hand."""
        options = [f"--{name}={self.folder / name}" for name in ("evaluation", "models")]
        options.append(f"--compressed={self.folder / 'compressed'}")
        chosen = {
            "claim": CLAIM | claim, "rules": {"resamples": 200} | (rules or {}), **settings,
        }  # fmt: skip
        return main(
            [
                "claim", "--claim=x", f"--manifest={self.folder / 'slides.csv'}", *options,
                f"--latents={self.folder / 'latents.csv'}",
                f"--result={self.folder / 'x.json'}", f"--figure={self.folder / 'x.svg'}",
                f"--record={self.folder / 'record.json'}", f"--settings={json.dumps(chosen)}",
            ]
        )  # fmt: skip

    def judged(self, claim: dict[str, Any], **settings: Any) -> dict[str, Any]:
        """Judge a claim, which must succeed; gives its result."""
        assert self.claim(claim, **settings) == 0
        assert (self.folder / "x.svg").stat().st_size > 1000
        return json.loads((self.folder / "x.json").read_text())

    def read(self) -> set[str]:
        """Files that the record of the last claim names as inputs."""
        record = json.loads((self.folder / "record.json").read_text())
        return {entry["path"] for entry in record["inputs"]}


def verdict(result: dict[str, Any]) -> str:
    return result["finding"]["decision"]["verdict"]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    monkeypatch.chdir(tmp_path)
    return lambda count=80: Made(tmp_path, count)


@pytest.fixture
def made(make: Callable[..., Made]) -> Made:
    return make()
