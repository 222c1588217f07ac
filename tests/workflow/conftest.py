"""The real Snakefile on two toy studies: one of two encoders and two models; one of the others.

The first has six drawn slides with two classes. The second goes on in a copy of it with one
encoder, one model and three more patients, and has a number, survival, a covariate and controls.
"""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

TOY = {
    "seed": 3,
    "phantom": {
        "slides": {"n_patients": 6, "slides_per_patient": [1, 1], "n_centers": 1, "size_px": 1024},
        "patches": {"tissue": {"n_patients": 5, "n_per_class": 24}},
    },
    "grids": {"half-um": {"tile_px": 128, "stride_px": 128, "spacing_um": 0.5}},
    "tasks": {"tissue": {"source": {"kind": "table", "path": "data/phantom/tissue.patches.h5"}}},
    "encoders": {
        "mean-rgb": {"kind": "mean-rgb", "grid": "half-um", "views": 8},
        "tiny": {
            "kind": "multitask",
            "grid": "half-um",
            "tasks": ["tissue"],
            "channels": 4,
            "filters": 8,
            "schedule": {"epochs": 1, "steps": 4, "batch": 8},
        },
    },
    "probe": {"tasks": ["tissue"], "settings": {"mlp": {"epochs": 1, "steps": 2, "batch": 8}}},
    "targets": {"tumour": {"column": "tumour", "kind": "classification", "level": "patient"}},
    "models": {
        "cnn": {"kind": "nic-cnn", "crop": 5, "width": 8, "epochs_max": 2, "epoch_crops": 16},
        "mean": {"kind": "mean", "strengths": [0.1, 1.0]},
    },
    "protocol": {"folds": 3},
    "evaluation": {"bootstrap": 200},
}

WITH_CONTROLS = TOY | {
    "phantom": TOY["phantom"] | {"slides": TOY["phantom"]["slides"] | {"n_patients": 9}},
    "encoders": {"mean-rgb": TOY["encoders"]["mean-rgb"]},
    "probe": None,
    "targets": {
        "score": {"column": "score", "kind": "regression", "unit": "points"},
        "os": {
            "kind": "survival",
            "endpoint": "os",
            "table": {"path": "config/survival.csv"},
            "covariates": {"age": {"kind": "number"}},
        },
    },
    "models": {"mean": TOY["models"]["mean"]},
    "controls": {"permutations": {"mean": 5}},
}
LABELS = {
    "score": (0.1, 0.9, 0.2, 0.7, 0.4, 0.6, 0.3, 0.8, 0.5),
    "age": (61, 70, 55, 48, 66, 59, 72, 51, 64),
}
FOLLOW_UP = {
    "survival_months": (5, 12, 30, 18, 26, 40, 9, 22, 15),
    "censorship": (0, 0, 1, 0, 1, 1, 0, 0, 1),
}

SLIDES, ENCODERS, MODELS, FOLDS = 6, 2, 2, 3
TOKEN = "planted-4f1c8a7e2b"  # noqa: S105
"""Stands in the environment of every run, and may stand nowhere else."""


def changed(_config=TOY, /, **keys):
    """A toy configuration with some keys replaced: ``a__b=1`` sets config[a][b]."""
    config = copy.deepcopy(_config)
    for path, value in keys.items():
        *parents, last = path.split("__")
        place = config
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return config


class Project:
    """A folder with a study, and Snakemake to run it."""

    def __init__(self, folder: Path, config: dict) -> None:
        self.folder = folder
        (folder / "config").mkdir(parents=True, exist_ok=True)
        self.configure(config)
        self.write_manifest()

    def write_manifest(self) -> None:
        self.histopress(
            "simulate phantom",
            "--manifest=config/slides.csv",
            "--manifest-only",
            f"--seed={self.config['seed']}",
            f"--settings={json.dumps(self.config['phantom']['slides'])}",
        )

    def configure(self, config: dict) -> None:
        self.config = config
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "src"), "API_TOKEN": TOKEN}

    def histopress(self, verb: str, *options: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "histopress", *verb.split(), *options]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )

    def command(self, *options: str) -> list[str]:
        return [
            sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
            "--directory", str(self.folder), "--cores", "2", *options,
        ]  # fmt: skip

    def snakemake(self, *options: str, check: bool = True) -> str:
        done = subprocess.run(
            self.command(*options),
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert not check or done.returncode == 0, output[-5000:]
        return output

    def planned(self) -> dict[str, int]:
        """How many jobs of each rule Snakemake would run now."""
        output = self.snakemake("--dry-run", "--quiet", "host")
        table = re.search(r"job\s+count\n-+\s+-+\n(.*?)\ntotal", output, re.DOTALL)
        if table is None:
            assert "Nothing to be done" in output, output[-3000:]
            return {}
        rows = (line.split() for line in table[1].splitlines())
        return {rule: int(count) for rule, count in rows if rule != "all"}

    def results(self) -> dict[str, bytes]:
        """Every result but the records, which hold times."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for room in ("results", "data")
            for path in sorted((self.folder / room).rglob("*"))
            if path.is_file() and "records" not in path.parts
        }

    def copy(self, folder: Path) -> "Project":
        """Copy with times and Snakemake's memory, so that nothing is to be done there."""
        shutil.copytree(self.folder, folder, symlinks=True)
        other = object.__new__(Project)
        other.folder, other.config = folder, self.config
        return other


LONG = ("test_audit_adopt.py", "test_audit_replay.py", "test_audit_stale.py")
"""Modules that take minutes in all: only who names them runs them, as ``make test-audit`` does."""


def pytest_collection_modifyitems(config, items):
    if any("test_audit" in argument for argument in config.args):
        return
    for item in items:
        if item.path.name in LONG:
            item.add_marker(pytest.mark.skip(reason="run 'make test-audit'"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """Run the toy study once; tests look but do not touch."""
    project = Project(tmp_path_factory.mktemp("toy") / "study", TOY)
    project.snakemake()
    return project


@pytest.fixture(scope="session")
def controlled(finished, tmp_path_factory) -> Project:
    """Go on with a copy of the toy study: other targets and controls; tests do not touch it."""
    project = finished.copy(tmp_path_factory.mktemp("controlled") / "study")
    project.configure(WITH_CONTROLS)
    project.write_manifest()
    add_columns(project.folder / "config/slides.csv", LABELS)
    table = project.folder / "config/survival.csv"
    rows = [f"P{number:04},phantom-{number:04}-a" for number in range(1, 10)]
    table.write_text("\n".join(["case_id,slide_id", *rows]) + "\n")
    add_columns(table, FOLLOW_UP)
    project.snakemake()
    return project


def add_columns(table: Path, columns: dict[str, tuple]) -> None:
    """Append columns to a CSV file."""
    lines = table.read_text().splitlines()
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    table.write_text(
        "".join(
            f"{line},{','.join(map(str, cells))}\n" for line, cells in zip(lines, rows, strict=True)
        )
    )


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A finished study of one's own."""
    return finished.copy(tmp_path / "study")


@pytest.fixture
def other(controlled, tmp_path) -> Project:
    """The finished study of other targets, of one's own."""
    return controlled.copy(tmp_path / "study")


@pytest.fixture(params=["finished", "controlled"])
def either(request) -> Project:
    """Each of the two studies."""
    return request.getfixturevalue(request.param)
