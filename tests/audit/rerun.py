"""A small real study, made by a copy of the package that has a repository of its own to edit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from histopress.audit.code import SOURCE
from histopress.audit.replay.checkout import Code
from histopress.cli.plan import Plan
from histopress.store import write_json

SLIDE = "phantom-0001-a"
VALUES = {
    "seed": 3,
    "phantom": {
        "slides": {"n_patients": 6, "slides_per_patient": [1, 1], "n_centers": 1, "size_px": 512}
    },
    "grids": {"half-um": {"tile_px": 128, "stride_px": 128, "spacing_um": 0.5}},
    "encoders": {"mean-rgb": {"kind": "mean-rgb", "grid": "half-um"}},
    "targets": {"tumour": {"column": "tumour", "kind": "classification", "level": "patient"}},
    "models": {"mean": {"kind": "mean"}},
    "protocol": {"folds": 3},
}
DRAWN = f"data/phantom/{SLIDE}.tif"
TILES, OVERLAY = f"results/tiles/half-um/{SLIDE}.h5", f"results/tiles/half-um/{SLIDE}.png"
SPLIT = "results/splits/tumour/rotation.csv"
RECORDS = {
    "simulate slide": f"results/records/simulate_slide/{SLIDE}.json",
    "tile": f"results/records/tile/half-um/{SLIDE}.json",
    "split": "results/records/split/tumour/rotation.json",
}


class Package:
    """A copy of the package in a repository."""

    def __init__(self, folder):
        self.folder = folder

    @classmethod
    def make(cls, folder):
        made = cls(folder)
        skip = shutil.ignore_patterns("__pycache__")
        for name in ("src", "envs"):
            shutil.copytree(SOURCE.parent / name, folder / name, ignore=skip)
        (folder / ".gitignore").write_text("__pycache__/\n")
        made.git("init", "--quiet")
        made.commit()
        return made

    @property
    def code(self):
        return Code(source=self.folder / "src", kind="at hand")

    @property
    def head(self):
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments):
        names = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false")
        plain = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-C", self.folder, *names, *arguments],
            capture_output=True, text=True, check=True, env=plain,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=x")

    def worktrees(self):
        lines = self.git("worktree", "list", "--porcelain").splitlines()
        return [line.split(" ", 1)[1] for line in lines if line.startswith("worktree ")]

    def append(self, module, line):
        """Change code without changing what it does, or with, as the line says."""
        path = self.folder / "src/histopress" / module
        path.write_text(path.read_text() + f"\n\n{line}\n")

    def run(self, *arguments, cwd):
        """Run a command line with the copy; gives the finished process."""
        environment = os.environ | {"PYTHONPATH": str(self.folder / "src"), "OMP_NUM_THREADS": "1"}
        return subprocess.run(
            [sys.executable, "-m", "histopress", *arguments],
            cwd=cwd, env=environment, capture_output=True, text=True,
        )  # fmt: skip


class Study:
    """A project folder, run by a package."""

    def __init__(self, folder, package):
        self.folder = folder
        self.package = package

    @classmethod
    def make(cls, folder, package):
        made = cls(folder, package)
        (folder / "config").mkdir(parents=True)
        write_json(folder / "config/config.yaml", VALUES)  # JSON is YAML
        made.histopress(
            "simulate", "phantom", "--manifest=config/slides.csv", "--manifest-only", "--seed=3",
            f"--settings={json.dumps(VALUES['phantom']['slides'])}",
        )  # fmt: skip
        for verb in ("simulate slide", "tile", "split"):
            made.job(verb)
        return made

    def histopress(self, *arguments, check=True):
        done = self.package.run(*arguments, cwd=self.folder)
        assert not check or done.returncode == 0, done.stderr
        return done

    def job(self, verb):
        """Run one job as the workflow would."""
        ports = {
            "simulate slide": {
                "slide-id": SLIDE, "slide": DRAWN, "truth": f"data/phantom/{SLIDE}.truth.json",
            },
            "tile": {"slide-id": SLIDE, "slide": DRAWN, "tiles": TILES, "overlay": OVERLAY},
            "split": {"target": "tumour", "manifest": "config/slides.csv", "split": SPLIT},
        }[verb]  # fmt: skip
        plan = Plan.load(VALUES, self.folder, check_files=False)
        wildcards = SimpleNamespace(slide=SLIDE, grid="half-um", target="tumour")
        self.histopress(
            *verb.split(),
            *(f"--{name}={value}" for name, value in ports.items()),
            f"--settings={plan.settings(verb, wildcards)}",
            f"--record={RECORDS[verb]}",
        )

    def record(self, verb):
        return json.loads((self.folder / RECORDS[verb]).read_text())

    def files(self):
        """Every file but what replays leave."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "replays" not in path.parts
        }


def copy_study(study, folder):
    """Copy a study and its package, to be changed."""
    package = Path(shutil.copytree(study.package.folder, folder / "package"))
    project = Path(shutil.copytree(study.folder, folder / "project"))
    return Study(project, Package(package))
