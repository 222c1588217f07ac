"""What the verbs that people call on a split share."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from histopress.cohort.splitting.protocols import split_key
from histopress.cohort.splitting.splits import SplitRow, read_split
from histopress.cohort.targets import Labels
from histopress.errors import ConfigError, StoreError
from histopress.study import Study, load_study, read_values
from histopress.study.names import SPLIT


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
