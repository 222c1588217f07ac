"""What is wrong between a configuration, its manifest and the files that they name."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from histopress.cohort.manifest import Manifest, read_manifest
from histopress.cohort.splitting.protocols import check_protocol
from histopress.cohort.targets import Labels
from histopress.config import Config, PhantomCohortSettings, needed_files
from histopress.errors import ConfigError, ManifestError
from histopress.study import names
from histopress.study.labels import read_labels


def manifest_faults(values: Mapping[str, Any], project: Path, check_files: bool) -> list[str]:
    """Look at the manifest of a configuration that is faulty itself."""
    path = values.get("manifest", names.DEFAULT_MANIFEST)
    if path is None:
        return []
    encoders = values.get("encoders")
    kinds = [
        each.get("kind") if isinstance(each, Mapping) else None
        for each in (encoders.values() if isinstance(encoders, Mapping) else ())
    ]
    no_slides = bool(kinds) and set(kinds) == {"features"}
    quarantine = values.get("on_bad_slide") == "quarantine"
    may_miss = bool(values.get("phantom")) or quarantine or no_slides
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


def check_manifest(
    config: Config,
    project: Path,
    *,
    check_files: bool = True,
    labels: dict[str, Labels] | None = None,
) -> Manifest:
    """Check the manifest against the configuration.

    Parameters
    ----------
    config : Config
        Validated by itself.
    project : Path
        Folder that relative paths start from.
    check_files : bool
        Also look whether files exist.
    labels : dict of str to Labels, optional
        Takes the labels of each target, which are read on the way.

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
            missing_is_fault=config.phantom is None
            and config.on_bad_slide == "fail"
            and config.reads_slides,
        )
    except ManifestError as error:
        faults += error.faults
    if check_files:
        faults += _file_faults(config, project)
    if manifest is not None:
        read = {} if labels is None else labels
        faults += _study_faults(config, manifest, project, check_files=check_files, labels=read)
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
    config: Config,
    manifest: Manifest,
    project: Path,
    *,
    check_files: bool,
    labels: dict[str, Labels],
) -> list[str]:
    faults = [
        f"slide '{row.slide_id}': mask_path is '{row.mask_path}'; this version finds tissue itself "
        "and takes no mask; leave the cell empty"
        for row in manifest
        if row.mask_path
    ]
    for name in config.targets:
        try:
            labels[name] = read_labels(config, manifest, name, project)
            check_protocol(manifest, labels[name], config.protocol, root=project)
            faults += _class_faults(config, labels[name])
        except ManifestError as error:
            faults += error.faults
        except ConfigError as error:
            faults.append(str(error))
    if config.phantom is not None and check_files:
        faults += _phantom_faults(config, config.phantom, manifest, project)
    if check_files:
        faults += _features_faults(config, manifest, project)
    return faults


def _class_faults(config: Config, labels: Labels) -> Iterator[str]:
    """Name what asks for other classes than the labels have; models learn every target."""
    for name, model in config.models.items():
        weights = getattr(model, "class_weights", None)
        if labels.classes and isinstance(weights, tuple) and len(weights) != len(labels.classes):
            yield (
                f"config: models.{name}.class_weights: are {len(weights)} numbers; target "
                f"'{labels.target}' has {len(labels.classes)} classes "
                f"({', '.join(labels.classes)}); give one a class"
            )
    output = config.explain.output if config.explain else None
    known = labels.classes or (labels.target,)
    mapped = any(model.kind != "mean" for model in config.models.values())
    if mapped and output is not None and output not in known:
        yield (
            f"config: explain.output: is '{output}'; target '{labels.target}' has "
            f"{', '.join(known)}; leave it out to map the scored one"
        )


def _features_faults(config: Config, manifest: Manifest, project: Path) -> Iterator[str]:
    """Name every features file that is not there; quarantine takes it slide by slide."""
    if config.on_bad_slide != "fail":
        return
    for name, encoder in config.features.items():
        for row in manifest:
            file = encoder.path.replace("{slide}", row.slide_id)
            if not (project / file).is_file():
                yield (
                    f"slide '{row.slide_id}': no file at '{file}' (encoders.{name}.path); put it "
                    "there, correct the path, or set on_bad_slide to quarantine"
                )


def _phantom_faults(
    config: Config, phantom: PhantomCohortSettings, manifest: Manifest, project: Path
) -> list[str]:
    from histopress.simulate.phantom_slides import draw_cohort

    faults = []
    known = {slide.slide_id for slide in draw_cohort(phantom.slides, seed=config.seed)}
    for row in manifest:
        drawn = row.path == names.PHANTOM.format(slide=row.slide_id)
        if drawn and row.slide_id not in known:
            faults.append(
                f"slide '{row.slide_id}': is no slide of the phantom cohort, which has "
                f"{phantom.slides.n_patients} patients; raise phantom.slides.n_patients"
            )
        missing = not drawn and not (project / row.path).exists()
        if missing and config.on_bad_slide == "fail":
            faults.append(f"slide '{row.slide_id}': no file at '{row.path}'")
    return faults
