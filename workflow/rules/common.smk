"""Configuration and manifest, checked once, and the helpers that rules call."""

import shlex
import sys
from pathlib import Path

SOURCE = Path(workflow.basedir) / "src"
sys.path.insert(0, str(SOURCE))

from histopress.study import names
from histopress.cli.plan import Plan, any_of
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
    protocol=r"[a-z-]+",
    model=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    seed=r"\d+",
    fold=r"\d+",
    task=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    input=r"\d+px-[0-9.]+um",


def get_settings(verb):
    """Return the function of wildcards that gives a verb's settings as one JSON argument."""

    def settings(wildcards):
        return PLAN.settings(verb, wildcards)

    return settings


def get_code(verb):
    """Return the digest of the code behind a verb."""
    return PLAN.code(verb)


def get_attempt(wildcards, attempt):
    """Return how many times a job was started; its record tells."""
    return attempt


def get_slide(wildcards):
    """Return the slide's file; nothing if it is missing and may be quarantined."""
    path, pinned = PLAN.slide(wildcards.slide)
    if path is None:
        return []
    return ancient(path) if pinned else path


def get_manifest(wildcards):
    """Return the manifest; its content counts, not its time."""
    return ancient(PLAN.study.config.manifest)


def get_features(wildcards):
    """Return the slide's foreign embeddings; nothing if they are missing and may be."""
    return PLAN.features(wildcards.encoder, wildcards.slide) or []


def get_tiles(wildcards):
    """Return the tiles that an encoder's embeddings of a slide are made of."""
    return names.TILES.format(grid=PLAN.grid(wildcards.encoder), slide=wildcards.slide)


def get_overlays():
    """Return the overlay of every slide and grid in use."""
    return PLAN.overlays()


def get_compressed_slides():
    """Return every slide compressed by every encoder."""
    return PLAN.compressed()


def get_comparisons():
    """Return the encoders' cards, their comparison and the transfer matrix."""
    return PLAN.comparisons()
