"""The real Snakefile on a toy study: six drawn slides, two encoders, two models, three folds."""

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


class Project:
    """A folder with a study, and Snakemake to run it."""

    def __init__(self, folder: Path, config: dict) -> None:
        self.folder = folder
        (folder / "config").mkdir(parents=True, exist_ok=True)
        self.configure(config)
        self.histopress(
            "simulate phantom",
            "--manifest=config/slides.csv",
            "--manifest-only",
            f"--seed={config['seed']}",
            f"--settings={json.dumps(config['phantom']['slides'])}",
        )

    def configure(self, config: dict) -> None:
        self.config = config
        (self.folder / "config" / "config.yaml").write_text(yaml.safe_dump(config))

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "src")}

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


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """Run the toy study once; tests look but do not touch."""
    project = Project(tmp_path_factory.mktemp("toy") / "study", TOY)
    project.snakemake()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A finished study of one's own."""
    return finished.copy(tmp_path / "study")
