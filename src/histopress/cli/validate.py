"""``histopress validate``: every fault of configuration and manifest, before any job starts."""

import argparse
import sys
from pathlib import Path

from histopress.errors import HistopressError
from histopress.study import load_study, read_values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")


def run(options: argparse.Namespace) -> int:
    """Print every fault, or that there is none."""
    try:
        study = load_study(read_values(options.config), Path.cwd())
    except HistopressError as error:
        faults = str(error).splitlines()
        print("\n".join(faults), file=sys.stderr)
        print(f"{len(faults)} fault{'s' * (len(faults) > 1)}; nothing was started", file=sys.stderr)
        return 1
    if study.config.manifest is None:
        print(f"{options.config}: no fault; {len(study.config.tasks)} patch tasks, no slides")
        return 0
    print(
        f"{options.config} and {study.config.manifest}: no fault; "
        f"{len(study.manifest)} slides of {study.n_patients} patients"
    )
    return 0
