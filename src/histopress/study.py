"""A study: configuration and manifest together, and the names of all its files.

The workflow and the verbs for people stand on this; verbs that make results do not, they are told
what they need.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from histopress.cohort.manifest import Manifest, SlideRow, read_manifest
from histopress.cohort.splits import check_size
from histopress.cohort.targets import Labels, slide_labels
from histopress.config import (
    PHANTOM_PATCHES as PHANTOM_PATCHES,
)
from histopress.config import (
    Config,
    PhantomCohortSettings,
    load_config,
    needed_files,
)
from histopress.encoder.settings import MeanRgbSettings, TrainedSettings, input_name
from histopress.errors import ConfigError, ManifestError
from histopress.probe.study import transfer_encoders, transfer_training
from histopress.store import canonical_json

TILES = "results/tiles/{grid}/{slide}.h5"
OVERLAY = "results/tiles/{grid}/{slide}.png"
ENCODER = "results/encoders/{encoder}"
FEATURES = "results/features/{encoder}/{slide}.h5"
COMPRESSED = "results/compressed/{encoder}/{slide}.h5"
SPLIT = "results/splits/{target}/{protocol}.csv"
MODEL = "results/models/{target}/{encoder}/{model}"
FOLD = MODEL + "/seed{seed}/fold{fold}"
EVALUATION = "results/evaluation/{target}/{encoder}/{model}"
COMPARISON = "results/evaluation/comparison"
RECORD = "results/records"
FOLD_RECORD = RECORD + "/train/{target}/{encoder}/{model}/seed{seed}/fold{fold}.json"
PHANTOM = "data/phantom/{slide}.tif"
DEFAULT_MANIFEST = "config/slides.csv"
PATCHES_FOLDER = "results/patches"
PATCHES = PATCHES_FOLDER + "/{task}/{input}.h5"
PROBES_FOLDER = "results/probes"
PROBE = PROBES_FOLDER + "/{encoder}/{task}"
PROBES = PROBES_FOLDER + "/comparison"
MATRIX = PROBES_FOLDER + "/transfer"


@dataclass(frozen=True)
class Study:
    """A configuration with its manifest, checked against each other."""

    config: Config
    manifest: Manifest

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
        return slide_labels(
            self.manifest, target, self.config.targets[target], seed=self.config.seed
        )

    def is_drawn(self, row: SlideRow) -> bool:
        """Whether the workflow draws the slide itself."""
        return self.config.phantom is not None and row.path == PHANTOM.format(slide=row.slide_id)

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
        known = self.trainings.get(encoder) or self.config.encoders.get(encoder)
        if known is not None and not isinstance(known, MeanRgbSettings):
            return known.input_px, known.input_spacing_um
        if self.config.probe is None:
            raise ConfigError("config: probe: is missing; with it encoders are compared")
        return self.config.probe.input_px, self.config.probe.input_spacing_um

    def patches(self, encoder: str, task: str) -> str:
        """Table of a task's patches as an encoder sees them."""
        return PATCHES.format(task=task, input=input_name(*self.input_of(encoder)))

    def cohort_digest(self, target: str) -> str:
        """Digest of what a target's learning takes from the manifest."""
        column = self.config.targets[target].column
        rows = sorted(
            [row.slide_id, row.patient_id, row.center or "", row.labels.get(column, "")]
            for row in self.manifest
        )
        return hashlib.sha256(canonical_json(rows).encode()).hexdigest()


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
        faults = [*str(error).splitlines(), *_manifest_faults(values, project, check_files)]
        raise ConfigError("\n".join(faults)) from error
    return Study(config, check_manifest(config, project, check_files=check_files))


def _manifest_faults(values: Mapping[str, Any], project: Path, check_files: bool) -> list[str]:
    """Look at the manifest of a configuration that is faulty itself."""
    path = values.get("manifest", DEFAULT_MANIFEST)
    if path is None:
        return []
    may_miss = bool(values.get("phantom")) or values.get("on_bad_slide") == "quarantine"
    try:
        read_manifest(
            project / str(path),
            root=project,
            check_files=check_files,
            missing_is_fault=not may_miss,
        )
    except ManifestError as error:
        return list(error.faults)
    return []


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


def check_manifest(config: Config, project: Path, *, check_files: bool = True) -> Manifest:
    """Check the manifest against the configuration.

    Parameters
    ----------
    config : Config
        Validated by itself.
    project : Path
        Folder that relative paths start from.
    check_files : bool
        Also look whether files exist.

    Raises
    ------
    ManifestError
        Lists every fault found.
    """
    if config.manifest is None:
        return _without_slides(config, project, check_files=check_files)
    faults: list[str] = []
    manifest = None
    try:
        manifest = read_manifest(
            project / config.manifest,
            root=project,
            required_columns=config.required_columns(),
            check_files=check_files,
            missing_is_fault=config.phantom is None and config.on_bad_slide == "fail",
        )
    except ManifestError as error:
        faults += error.faults
    if check_files:
        faults += _file_faults(config, project)
    if manifest is not None:
        faults += _study_faults(config, manifest, project, check_files=check_files)
    if faults or manifest is None:
        raise ManifestError(faults)
    return manifest


def _without_slides(config: Config, project: Path, *, check_files: bool) -> Manifest:
    """Check a study of encoders alone."""
    faults = _file_faults(config, project) if check_files else []
    if faults:
        raise ManifestError(faults)
    return Manifest((), ())


def _file_faults(config: Config, project: Path) -> list[str]:
    return [
        f"config: {key}: no file at '{file}'"
        for file, key in needed_files(config).items()
        if not (project / file).exists()
    ]


def _study_faults(
    config: Config, manifest: Manifest, project: Path, *, check_files: bool
) -> list[str]:
    faults = [
        f"slide '{row.slide_id}': mask_path is '{row.mask_path}'; this version finds tissue itself "
        "and takes no mask; leave the cell empty"
        for row in manifest
        if row.mask_path
    ]
    for name, target in config.targets.items():
        try:
            labels = slide_labels(manifest, name, target, seed=config.seed)
            check_size(manifest, labels, config.protocol.folds)
        except ManifestError as error:
            faults += error.faults
        except ConfigError as error:
            faults.append(str(error))
    if config.phantom is not None and check_files:
        faults += _phantom_faults(config, config.phantom, manifest, project)
    return faults


def _phantom_faults(
    config: Config, phantom: PhantomCohortSettings, manifest: Manifest, project: Path
) -> list[str]:
    from histopress.simulate.phantom import draw_cohort

    faults = []
    known = {slide.slide_id for slide in draw_cohort(phantom.slides, seed=config.seed)}
    for row in manifest:
        drawn = row.path == PHANTOM.format(slide=row.slide_id)
        if drawn and row.slide_id not in known:
            faults.append(
                f"slide '{row.slide_id}': is no slide of the phantom cohort, which has "
                f"{phantom.slides.n_patients} patients; raise phantom.slides.n_patients"
            )
        missing = not drawn and not (project / row.path).exists()
        if missing and config.on_bad_slide == "fail":
            faults.append(f"slide '{row.slide_id}': no file at '{row.path}'")
    return faults
