"""What the auditor's verbs begin with: the project as it lies in the current folder."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.audit.cache import DigestCache, cache_place
from histopress.audit.history.graph import Graph
from histopress.audit.history.present import Present
from histopress.audit.history.registry import Registry, read_registry
from histopress.audit.paint import takes_colour
from histopress.audit.records import FOLDER, read_records
from histopress.cli.audit.counted import Counted
from histopress.errors import StoreError

if TYPE_CHECKING:
    from histopress.cli.audit.expected.wanted import Wanted

FINE, FINDINGS = 0, 1
PAGE = 100
"""Letters of a line where no terminal says."""


@dataclass(frozen=True)
class Project:
    """A project with its records.

    Attributes
    ----------
    folder : Path
        Holds ``results/``; absolute.
    values : mapping
        The configuration as read from YAML, not validated: an audit also takes broken studies.
    digests : DigestCache
    """

    folder: Path
    values: Mapping[str, Any]
    digests: DigestCache

    @cached_property
    def registry(self) -> Registry:
        """What the study was given."""
        return read_registry(self.folder, self.values, weights=named_weights(self.values))

    @cached_property
    def present(self) -> Present:
        """The files as they are now."""
        counted = Counted(self.folder, self.registry)
        return Present(self.folder, self.registry, self.digests, counted=counted)

    @cached_property
    def graph(self) -> Graph:
        """Which record made which bytes."""
        return Graph(read_records(self.folder))

    @cached_property
    def wanted(self) -> "Wanted":
        """The jobs that the workflow would run today.

        Raises
        ------
        ConfigError, ManifestError
            The study has faults. Slides that are not at hand are none: the manifest may pin them.
        """
        from histopress.cli.audit.expected.wanted import Wanted
        from histopress.cli.plan import Plan

        return Wanted.of(Plan.load(self.values, self.folder, check_files=False))


def add_common(parser: argparse.ArgumentParser) -> None:
    """Declare the options that all of the auditor's verbs have."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    parser.add_argument("--full", action="store_true", help="read every byte; trust no cache")


@contextmanager
def open_project(options: argparse.Namespace) -> Iterator[Project]:
    """Open the project in the current folder.

    Raises
    ------
    ConfigError
        The configuration is missing or no YAML.
    StoreError
        There are no records.
    """
    from histopress.study import read_values

    folder = Path.cwd()
    values = read_values(options.config)
    if not (folder / FOLDER).is_dir():
        raise StoreError(
            f"{FOLDER}: no such folder; audit from the folder that holds results/, after a run"
        )
    with DigestCache(cache_place(), full=options.full) as digests:
        yield Project(folder, values, digests)


def named_weights(values: Mapping[str, Any]) -> frozenset[str]:
    """List the digests of weights that the configuration names."""
    encoders = values.get("encoders")
    each = encoders.values() if isinstance(encoders, Mapping) else ()
    found = (encoder.get("sha256") for encoder in each if isinstance(encoder, Mapping))
    return frozenset(digest for digest in found if isinstance(digest, str))


def colour() -> bool:
    """Whether the output is a terminal that shows colours."""
    return takes_colour(sys.stdout)


def width() -> int:
    """Letters of a line: the terminal's, or as many as a page takes."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PAGE


def print_json(value: Any) -> None:
    """Print a value as JSON for programs."""
    print(json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=2))
