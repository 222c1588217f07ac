"""A small copy of this repository as a project of git and DVC, run once."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "Snakefile", "workflow", "src", "envs", "profiles", "dvc.yaml", ".dvcignore", ".gitignore",
    "results/README.md",
)  # fmt: skip
CONFIG = """\
# This comment outlives experiments.
seed: 3
manifest: config/slides.csv
phantom:
  slides: {n_patients: 6, slides_per_patient: [1, 1], n_centers: 1, size_px: 1024}
  patches:
    tissue: {n_patients: 5, n_per_class: 16}
grids:
  half-um: {tile_px: 128, stride_px: 128, spacing_um: 0.5}
tasks:
  tissue:
    source: {kind: table, path: data/phantom/tissue.patches.h5}
encoders:
  multitask:
    kind: multitask
    grid: half-um
    tasks: [tissue]
    channels: 4
    filters: 8
    schedule: {epochs: 1, steps: 2, batch: 8}
probe:
  tasks: [tissue]
  settings:
    mlp: {epochs: 1, steps: 2, batch: 8}
targets:
  tumour: {kind: classification, column: tumour, level: patient}
models:
  mean: {kind: mean, strengths: [0.1, 1.0]}
protocol: {folds: 3}
evaluation: {bootstrap: 200}
"""
COLUMNS = "slide_id,patient_id,path,center,tumour"
FOLDS = 3
AGGREGATES = {"train": FOLDS, "evaluate": 1, "compare": 1}
ALL = AGGREGATES | {
    "simulate_slide": 6, "simulate_patches": 1, "patches": 1, "encoder_train": 1,
    "encoder_card": 1, "encoder_probe": 2, "encoder_compare": 1, "tile": 6, "encode": 6,
    "compress": 6, "split": 1,
}  # fmt: skip


def row(number):
    """A line of the manifest for a slide that the workflow draws."""
    slide = f"phantom-{number:04}-a"
    return f"{slide},P{number:04},data/phantom/{slide}.tif,A,{1 - number % 2}\n"


class Repository:
    """A folder under git and DVC; commands fail loudly."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home

    def call(self, *command: str) -> str:
        """Run a command; gives all that it says."""
        done = self._run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done.stdout + done.stderr

    def values(self, *command: str):
        """Run a command that prints JSON."""
        done = self._run(command)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _run(self, command):
        return subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True
        )

    def _environment(self):
        person = {"NAME": "A Person", "EMAIL": "person@example.org"}
        return os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "DVC_SITE_CACHE_DIR": str(self.home / "dvc"),
            "DVC_NO_ANALYTICS": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            **{
                f"GIT_{who}_{key}": person[key] for who in ("AUTHOR", "COMMITTER") for key in person
            },
        }

    def commit(self, message: str) -> None:
        self.call("git", "add", "--all")
        self.call("git", "commit", "--quiet", "--message", message)

    def planned(self, *options: str) -> dict[str, int]:
        """How many jobs of each rule Snakemake would run now."""
        output = self.call("snakemake", "--cores", "2", "--dry-run", "--quiet", "host", *options)
        table = re.search(r"job\s+count\n-+\s+-+\n(.*?)\ntotal", output, re.DOTALL)
        if table is None:
            assert "Nothing to be done" in output, output[-3000:]
            return {}
        rows = (line.split() for line in table[1].splitlines())
        return {rule: int(count) for rule, count in rows if rule != "all"}

    def add_slide(self) -> None:
        """Ask for a slide of one more patient."""
        config = self.folder / "config/config.yaml"
        config.write_text(config.read_text().replace("n_patients: 6", "n_patients: 7"))
        with (self.folder / "config/slides.csv").open("a") as manifest:
            manifest.write(row(7))

    def status(self):
        """What DVC holds for changed, by stage."""
        return self.values("dvc", "status", "--json")

    def results(self) -> dict[str, bytes]:
        """What DVC tracks, but the records, which hold times."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted((self.folder / "results").rglob("*"))
            if path.is_file() and not {"records", "features"} & set(path.parts)
        }

    def damaged(self) -> list[Path]:
        """Objects of DVC's cache that are not what their name says."""
        found = []
        for path in (self.folder / ".dvc/cache/files/md5").rglob("*"):
            if path.is_file():
                name = f"{path.parent.name}{path.name}".removesuffix(".dir")
                digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
                found += [path] if digest != name else []
        return found

    def copy(self, folder: Path) -> "Repository":
        """Copy with times, caches and memories."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Repository(folder, self.home)


def jobs_of(output: str) -> dict[str, int]:
    """How many jobs of each rule were run."""
    rules = re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", output, re.MULTILINE)
    return dict(Counter(rule for rule in rules if rule not in ("all", "encoders")))


@pytest.fixture(scope="session", autouse=True)
def asked_for(request):
    """These take minutes and need DVC: only who names them runs them."""
    if not any("dvc" in argument for argument in request.config.args):
        pytest.skip("run 'make test-dvc'")
    pytest.importorskip("dvc")


@pytest.fixture(scope="session")
def begun(asked_for, tmp_path_factory) -> tuple[Repository, str]:
    """The project after its first ``dvc repro``, committed and pushed, and what that said."""
    top = tmp_path_factory.mktemp("dvc")
    (top / "home").mkdir()
    repository = Repository(top / "study", top / "home")
    (repository.folder / "config").mkdir(parents=True)
    (repository.folder / "results").mkdir()
    for part in PARTS:
        source, place = ROOT / part, repository.folder / part
        if source.is_dir():
            shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place)
    (repository.folder / "config/config.yaml").write_text(CONFIG)
    rows = "".join(row(number) for number in range(1, 7))
    (repository.folder / "config/slides.csv").write_text(f"{COLUMNS}\n{rows}")
    repository.call("git", "init", "--quiet", "--initial-branch=main")
    repository.call("dvc", "init", "--quiet")
    repository.call("dvc", "config", "core.analytics", "false")
    repository.call("dvc", "remote", "add", "--default", "store", str(top / "store"))
    repository.commit("before the first run")
    output = repository.call("dvc", "repro")
    repository.commit("the first run")
    repository.call("dvc", "push", "--quiet")
    return repository, output


@pytest.fixture
def repository(begun, tmp_path) -> Repository:
    """The project after its first run, of one's own."""
    return begun[0].copy(tmp_path / "study")


@pytest.fixture(scope="session")
def grown(begun, tmp_path_factory) -> tuple[Repository, str]:
    """A copy after a slide was added and committed, and what ``dvc repro`` said."""
    repository = begun[0].copy(tmp_path_factory.mktemp("grown") / "study")
    repository.add_slide()
    output = repository.call("dvc", "repro")
    repository.commit("one slide more")
    return repository, output
