"""Configuration and manifest, checked once, and what names may look like."""

import shlex
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

from histopress import study as names
from histopress.cli.plan import Plan
from histopress.errors import HistopressError
from snakemake.exceptions import WorkflowError

shell.prefix(
    f"set -euo pipefail; export PYTHONPATH={shlex.quote(str(SOURCE))} PYTHONNOUSERSITE=1; "
)

try:
    PLAN = Plan.load(config, Path.cwd(), check_files=workflow.is_main_process)
except HistopressError as error:
    raise WorkflowError(str(error)) from None


wildcard_constraints:
    slide=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    grid=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    encoder=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    target=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    protocol=r"[a-z]+",
    model=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    seed=r"\d+",
    fold=r"\d+",
    task=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    input=r"\d+px-[0-9.]+um",
