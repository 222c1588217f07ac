"""What the verbs that people call on a split share."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.cuts import SETTINGS
from histopress.cli.job import Request, Verb
from histopress.cli.learning import Learning
from histopress.cli.runner import execute
from histopress.cli.settings import read_settings
from histopress.cohort.splitting.protocols import split_key
from histopress.cohort.splitting.splits import SplitRow, read_split
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError, StoreError
from histopress.store import canonical_json, read_json
from histopress.study import Study, load_study, read_values
from histopress.study.names import RECORD, SPLIT


@dataclass(frozen=True, kw_only=True)
class TargetSplit:
    """A target of a study and where its split is."""

    study: Study
    target: str
    path: Path

    @property
    def labels(self) -> Labels:
        """Labels of the target."""
        return self.study.labels(self.target)

    @property
    def key(self) -> bytes:
        """Key of the split, as the job that makes it has it."""
        return split_key(self.study.config.seed, self.target)

    def rows(self) -> tuple[SplitRow, ...]:
        """Read the split; raises :class:`StoreError` where there is none yet."""
        if not self.path.exists():
            raise StoreError(f"{self.path}: no such split yet; the workflow makes it, run it first")
        return read_split(self.path)


def add_study_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say which split is meant."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument("--target", metavar="NAME", help="needed where there are several")


def find_split(options: argparse.Namespace) -> TargetSplit:
    """Load the study of this folder and find the split that is meant.

    Raises
    ------
    ConfigError, ManifestError
        The study has faults, no such target, or several and none was named.
    """
    study = load_study(read_values(options.config), Path.cwd(), check_files=False)
    targets = study.config.targets
    name = options.target or (next(iter(targets)) if len(targets) == 1 else None)
    if name not in targets:
        given = f"is '{name}'" if name else "is missing"
        raise ConfigError(f"--target {given}; targets are {', '.join(targets) or 'none'}")
    path = Path(SPLIT.format(target=name, protocol=study.config.protocol.kind))
    return TargetSplit(study=study, target=name, path=path)


def run_on_split(
    verb: Verb, split: TargetSplit, *, paths: Mapping[str, Path], record: str
) -> Mapping[str, Any]:
    """Run a verb that writes a split as a job, with the settings of the study's own split.

    Parameters
    ----------
    verb : Verb
        Its ports are those of the cohort, ``split`` and the ones in ``paths``.
    split : TargetSplit
    paths : mapping of str to Path
        Files of the verb's other ports.
    record : str
        Name of the job's record among those of this verb and target.

    Returns
    -------
    mapping
        Facts that the job found out.
    """
    chosen = SETTINGS["split"](split.study, SimpleNamespace(target=split.target))
    tables = Learning(split.study).label_tables(split.target)
    cohort = (str(split.study.config.manifest), *tables)
    given = {port.name: Path(path) for port, path in zip(COHORT_PORTS, cohort, strict=False)}
    place = Path(RECORD, verb.name.replace(" ", "_"), split.target, f"{record}.json")
    execute(
        Request(
            verb=verb,
            settings=read_settings(verb.settings, canonical_json(chosen), verb=verb.name),
            paths={**given, "split": split.path, **paths},
            wildcards={"target": split.target},
            record=place,
        )
    )
    return dict(read_json(place)["facts"])
