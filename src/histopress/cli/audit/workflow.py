"""The study's workflow, asked and told by Snakemake's command line."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from histopress.audit.code import PACKAGE, SOURCE
from histopress.audit.recipes.adoption import Row, read_rows
from histopress.errors import StoreError

SNAKEFILE = "Snakefile"
MANY = ("--cores=100000", "--scheduler=greedy")
"""Touching takes no cores; all that is ready at a time is touched at a time."""
HANDED = "HISTOPRESS_HANDED_OVER"
"""Set for a process that another copy of the package has called."""
CHATTER = ("Using workflow", "Assuming ", "Building DAG", "host:", "Config file", 'File "')
LINES = 12
"""Lines of Snakemake's message that are passed on."""


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A Snakefile and the project that it is run in.

    Attributes
    ----------
    snakefile, folder, config : Path
        The configuration as seen from the project's folder.
    """

    snakefile: Path
    folder: Path
    config: Path

    @classmethod
    def find(cls, folder: Path, config: Path, snakefile: Path | None = None) -> "Workflow":
        """Take the project's own Snakefile, else that of the repository of this package.

        Raises
        ------
        StoreError
            There is none, or there is no Snakemake.
        """
        if importlib.util.find_spec("snakemake") is None:
            raise StoreError(
                "Snakemake is not installed here; adopt in the environment that runs the workflow"
            )
        own = folder / SNAKEFILE
        found = snakefile or (own if own.is_file() else SOURCE.parent / SNAKEFILE)
        if not found.is_file():
            raise StoreError(f"{found}: no such file; give --snakefile")
        return cls(snakefile=found.resolve(), folder=folder, config=config)

    @property
    def source(self) -> Path:
        """Folder of the package that the workflow's jobs run."""
        beside = self.snakefile.parent / "src"
        return beside if (beside / PACKAGE).is_dir() else SOURCE

    @property
    def has_other_package(self) -> bool:
        """Whether that is another one than this: by its code results must be judged."""
        return self.source != SOURCE

    def hand_over(self, options: argparse.Namespace) -> int:
        """Adopt by the workflow's own package; gives the exit code."""
        if os.environ.get(HANDED):
            raise StoreError(f"{self.source}: cannot be run from here; call histopress from there")
        command = [
            sys.executable, "-m", PACKAGE, "audit", "adopt", f"--config={options.config}",
            f"--snakefile={self.snakefile}",
        ]  # fmt: skip
        flags = {"--dry-run": options.dry_run, "--json": options.json, "--full": options.full}
        command += [flag for flag, is_given in flags.items() if is_given]
        environment = _environment(self.source) | {HANDED: "1"}
        return subprocess.run(command, cwd=self.folder, env=environment, check=False).returncode

    def rows(self) -> tuple[Row, ...]:
        """Ask what Snakemake thinks of each output of a whole run."""
        return read_rows(self._run("snakemake", ["--summary"]))

    def touch(self, taken: Iterable[Sequence[str]]) -> None:
        """Touch all outputs in the order of their jobs.

        Parameters
        ----------
        taken : iterable of sequence of str
            Keys of the jobs that are as today's study would run them; Snakemake will run all
            others.
        """
        options = ["--touch", "--forceall", "--no-hooks", *MANY]
        self._run("histopress.cli.audit.touch", options, json.dumps(list(taken)))

    def _run(self, module: str, options: Sequence[str], given: str = "") -> str:
        command = [
            sys.executable, "-m", module, f"--snakefile={self.snakefile}",
            f"--directory={self.folder}", f"--configfile={self.config}", "--rerun-incomplete",
            *options,
        ]  # fmt: skip
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=_environment(SOURCE),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            told = "\n".join(f"  {line}" for line in _message(done.stderr))
            raise StoreError(f"Snakemake fails on this study; mend it and adopt again:\n{told}")
        return done.stdout


def _environment(source: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path}


def _message(told: str) -> list[str]:
    """Leave out what Snakemake says of itself."""
    lines = (line.strip() for line in told.splitlines())
    return [line for line in lines if line and not line.startswith(CHATTER)][-LINES:]
