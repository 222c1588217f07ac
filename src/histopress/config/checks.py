"""What is wrong between the parts of a configuration, each of which is right by itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from histopress.cohort.names import check_name
from histopress.config.claims_checks import claims_faults
from histopress.config.learning_checks import learning_faults
from histopress.config.models import PHANTOM_PATCHES, Config
from histopress.encoder.settings import ForeignSettings, ImportedSettings, TrainedSettings
from histopress.patches.settings import CohortSource
from histopress.probe.study import BASELINE, TRANSFER

OTHER_ROWS = ("clinical", "selected")
"""What stands for an encoder, and for a model, where covariates or a choice make a row."""


def cross_faults(config: Config) -> Iterator[str]:
    """Name what does not fit together."""
    yield from _name_faults(config)
    for name, encoder in config.slide_encoders.items():
        yield from _unknown(f"encoders.{name}.grid", [encoder.grid], "grids", config.grids)
        if isinstance(encoder, TrainedSettings):
            yield from _unknown(f"encoders.{name}.tasks", encoder.tasks, "tasks", config.tasks)
        if isinstance(encoder, ForeignSettings):
            yield from _foreign_faults(name, encoder)
    for name, task in config.tasks.items():
        if isinstance(task.source, CohortSource):
            yield from _unknown(
                f"tasks.{name}.source.grid", [task.source.grid], "grids", config.grids
            )
    for key, part in (("probe", config.probe), ("transfer", config.transfer)):
        if part is not None:
            yield from _unknown(f"{key}.tasks", part.tasks, "tasks", config.tasks)
    yield from _judging_faults(config)
    if config.targets and not config.models:
        yield "config: models: targets need a model to learn them; add one, such as nic-cnn"
    if config.targets and config.manifest is None:
        yield "config: manifest: is none, but targets are learned from slides; name the table"
    yield from learning_faults(config)
    yield from claims_faults(config)


def _judging_faults(config: Config) -> Iterator[str]:
    """Name encoders and models that comparison and controls ask for, and that are not there."""
    if config.comparison.reference is not None and config.comparison.reference[0] not in OTHER_ROWS:
        encoder, model = config.comparison.reference
        yield from _unknown("comparison.reference", [encoder], "encoders", config.encoders)
        yield from _unknown("comparison.reference", [model], "models", config.models)
    if config.controls is not None:
        asked = config.controls
        yield from _unknown("controls.encoders", asked.encoders, "encoders", config.encoders)
        models = list(asked.permutations)
        yield from _unknown("controls.permutations", models, "models", config.models)


def _name_faults(config: Config) -> Iterator[str]:
    for room in ("grids", "encoders", "tasks", "targets", "models"):
        names: Mapping[str, Any] = getattr(config, room)
        for name in names:
            fault = check_name(name)
            if fault:
                yield f"config: {room}.{name}: {fault}"
        folded = [name.casefold() for name in names]
        for name in names:
            if folded.count(name.casefold()) > 1:
                yield f"config: {room}.{name}: differs from another name in case only; rename one"
    for name in config.encoders:
        if name in (BASELINE, *OTHER_ROWS) or name.startswith(TRANSFER):
            yield (
                f"config: encoders.{name}: '{BASELINE}', '{OTHER_ROWS[0]}', '{OTHER_ROWS[1]}' and "
                f"names that begin with '{TRANSFER}' are taken; rename it"
            )


def _unknown(key: str, names: Sequence[str], room: str, known: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"config: {key}: is '{name}'; {room} are {_listed(known)}"


def _foreign_faults(name: str, encoder: ForeignSettings) -> Iterator[str]:
    needs = {"timm": ("name", "file"), "callable": ("name",)}.get(encoder.kind, ("file",))
    for key in needs:
        if not getattr(encoder, key):
            yield f"config: encoders.{name}.{key}: is missing; kind '{encoder.kind}' needs it"


def needed_files(config: Config) -> dict[str, str]:
    """Map each file that the configuration names to the key that names it."""
    found = {
        encoder.file: f"encoders.{name}.file"
        for name, encoder in config.encoders.items()
        if isinstance(encoder, ImportedSettings | ForeignSettings) and encoder.file
    }
    drawn = set(config.phantom.patches) if config.phantom else set()
    for name, task in config.tasks.items():
        for key in ("path", "slides", "x", "y", "meta", "validation_x", "validation_y"):
            file = getattr(task.source, key, None)
            if file and file not in {PHANTOM_PATCHES.format(task=each) for each in drawn}:
                found[file] = f"tasks.{name}.source.{key}"
    for name, target in config.targets.items():
        if target.table is not None:
            found[target.table.path] = f"targets.{name}.table.path"
            if target.table.links:
                found[target.table.links] = f"targets.{name}.table.links"
    return found


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"
