"""A configuration with its manifest, checked against each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from histopress.cohort.content import labels_digest
from histopress.cohort.manifest import Manifest, SlideRow
from histopress.cohort.splitting.protocols import n_divisions
from histopress.cohort.targets import Labels
from histopress.config import Config, load_config
from histopress.encoder.settings import MeanRgbSettings, TrainedSettings, input_name
from histopress.errors import ConfigError
from histopress.probe.study import transfer_encoders, transfer_training
from histopress.study import names
from histopress.study.faults import check_manifest, manifest_faults
from histopress.study.labels import read_labels


@dataclass(frozen=True)
class Study:
    """A configuration with its manifest, checked against each other."""

    config: Config
    manifest: Manifest
    project: Path = Path()
    _labels: dict[str, Labels] = field(default_factory=dict)
    _digests: dict[tuple[str, bool, bool], str] = field(default_factory=dict)

    @property
    def slide_ids(self) -> list[str]:
        """All slides, in the manifest's order."""
        return [row.slide_id for row in self.manifest]

    @property
    def n_patients(self) -> int:
        """How many patients the slides are of."""
        return len(set(self.manifest.patients.values()))

    def labels(self, target: str) -> Labels:
        """Labels of one target."""
        if target not in self._labels:
            self._labels[target] = read_labels(self.config, self.manifest, target, self.project)
        return self._labels[target]

    def is_drawn(self, row: SlideRow) -> bool:
        """Whether the workflow draws the slide itself."""
        return self.config.phantom is not None and row.path == names.PHANTOM.format(
            slide=row.slide_id
        )

    def combinations(self) -> Iterator[tuple[str, str, str]]:
        """All (target, encoder, model)."""
        for target in self.config.targets:
            for encoder in self.config.encoders:
                for model in self.config.models:
                    yield target, encoder, model

    @cached_property
    def trainings(self) -> dict[str, TrainedSettings]:
        """All encoders that are trained on patches, those of the transfer matrix among them."""
        found = {
            name: encoder
            for name, encoder in self.config.encoders.items()
            if isinstance(encoder, TrainedSettings)
        }
        if self.config.transfer is not None:
            for each in transfer_encoders(self.config.transfer):
                found[each.name] = transfer_training(self.config.transfer, each)
        return found

    def input_of(self, encoder: str) -> tuple[int, float]:
        """Side in px and µm/px of the patches that an encoder is probed with."""
        known = self.trainings.get(encoder) or self.config.slide_encoders.get(encoder)
        if known is not None and not isinstance(known, MeanRgbSettings):
            return known.input_px, known.input_spacing_um
        if self.config.probe is None:
            raise ConfigError("config: probe: is missing; with it encoders are compared")
        return self.config.probe.input_px, self.config.probe.input_spacing_um

    def foreign_features(self, encoder: str, slide: str) -> str:
        """File of a slide's embeddings that were made elsewhere."""
        return self.config.features[encoder].path.replace("{slide}", slide)

    def patches(self, encoder: str, task: str) -> str:
        """Table of a task's patches as an encoder sees them."""
        return names.PATCHES.format(task=task, input=input_name(*self.input_of(encoder)))

    def n_divisions(self, target: str) -> int:
        """How many models each row of a target has a seed."""
        return n_divisions(
            self.manifest, self.labels(target), self.config.protocol, root=self.project
        )

    def cohort_digest(
        self, target: str, *, covariates: bool = False, subgroups: bool = False
    ) -> str:
        """Digest of what a target's learning takes from the manifest and the label table.

        With ``covariates`` or ``subgroups`` also of the columns that these are; results broken
        down also say why slides have no label.
        """
        key = (target, covariates, subgroups)
        if key not in self._digests:
            settings = self.config.targets[target]
            columns = self.config.protocol_columns()
            columns += settings.covariates if covariates else ()
            columns += settings.subgroups if subgroups else ()
            self._digests[key] = labels_digest(
                self.manifest, self.labels(target), columns, left_out=subgroups
            )
        return self._digests[key]


def load_study(values: Mapping[str, Any], project: Path, *, check_files: bool = True) -> Study:
    """Validate configuration and manifest together.

    Parameters
    ----------
    values : mapping
        The configuration as read from YAML.
    project : Path
        Folder that relative paths start from.
    check_files : bool
        Also look whether files exist.

    Raises
    ------
    ConfigError, ManifestError
        Lists every fault of both.
    """
    try:
        config = load_config(values)
    except ConfigError as error:
        faults = [*str(error).splitlines(), *manifest_faults(values, project, check_files)]
        raise ConfigError("\n".join(faults)) from error
    labels: dict[str, Labels] = {}
    manifest = check_manifest(config, project, check_files=check_files, labels=labels)
    return Study(config, manifest, project, labels)


def read_values(path: Path) -> dict[str, Any]:
    """Read a configuration file without validating it.

    Raises
    ------
    ConfigError
        The file is missing or holds no YAML mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; run from the project's folder") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read as YAML ({error})") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: holds no keys; config/README.md explains them")
    return values
