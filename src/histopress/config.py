"""The configuration: its models, its checks and its messages.

Each room owns the settings of what it does; they are composed here. The JSON Schema
(``config/schema.json``) and the key table of ``config/README.md`` are derived from these models.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from histopress.cohort.names import check_name
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.encoder.settings import (
    EncoderSettings,
    ForeignSettings,
    ImportedSettings,
    TrainedSettings,
)
from histopress.errors import ConfigError
from histopress.evaluate.settings import EvaluationSettings
from histopress.faults import explain
from histopress.learn.settings import ModelSettings, NumericsSettings
from histopress.patches.settings import (
    CohortSource,
    PhantomPatchSettings,
    TaskSettings,
)
from histopress.probe.study import BASELINE, TRANSFER, ComparisonSettings, TransferSettings
from histopress.simulate.settings import PhantomSettings
from histopress.slide.settings import GridSettings
from histopress.types import settings

Seed = Annotated[int, Field(ge=0, lt=2**31, description="Seed of the whole study.")]
OnBadSlide = Annotated[
    Literal["fail", "quarantine"],
    Field(
        description="What a slide that cannot be used does: `fail` stops its job with a message, "
        "`quarantine` excludes the slide with its reason and goes on."
    ),
]

PHANTOM_PATCHES = "data/phantom/{task}.patches.h5"
"""Where the workflow draws labelled patches to."""


@settings
class PhantomCohortSettings:
    """A cohort that the workflow draws itself, for machines without data."""

    slides: Annotated[PhantomSettings, Field(description="How the phantom slides are drawn.")] = (
        field(default_factory=PhantomSettings)
    )
    patches: Annotated[
        dict[str, PhantomPatchSettings],
        Field(
            description="Labelled patches of other phantom patients, by name; each is drawn to "
            "`data/phantom/{name}.patches.h5`, from which a patch task can take them."
        ),
    ] = field(default_factory=dict)


@settings
class ProvenanceSettings:
    """What counts as changed."""

    rerun_on_code: Annotated[
        bool,
        Field(
            description="Rerun the jobs whose code changed (comments and docstrings do not count)."
        ),
    ] = True


@settings
class Config:
    """The whole configuration."""

    seed: Seed = 1
    manifest: Annotated[
        str | None,
        Field(
            description="Table of the slides, relative to the project; none for a study of "
            "encoders alone."
        ),
    ] = "config/slides.csv"
    on_bad_slide: OnBadSlide = "fail"
    grids: Annotated[
        dict[str, GridSettings], Field(min_length=1, description="Tile grids by name.")
    ]
    encoders: Annotated[
        dict[str, EncoderSettings], Field(min_length=1, description="Patch encoders by name.")
    ]
    tasks: Annotated[
        dict[str, TaskSettings],
        Field(description="Labelled patches that encoders learn from and are probed on, by name."),
    ] = field(default_factory=dict)
    probe: Annotated[
        ComparisonSettings | None,
        Field(description="Compares all encoders on patch tasks; none compares nothing."),
    ] = None
    transfer: Annotated[
        TransferSettings | None,
        Field(
            description="Trains encoders with and without each task to tell what helps what; "
            "none leaves that out."
        ),
    ] = None
    targets: Annotated[
        dict[str, TargetSettings],
        Field(description="What is learned from slide labels, by name; none stops at compression."),
    ] = field(default_factory=dict)
    models: Annotated[
        dict[str, ModelSettings],
        Field(description="Slide-level models by name; each learns each target from each encoder."),
    ] = field(default_factory=dict)
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(
            min_length=1, description="Seeds of repeated trainings; their predictions are averaged."
        ),
    ] = (0,)
    protocol: Annotated[ProtocolSettings, Field(description="How patients are divided.")] = field(
        default_factory=ProtocolSettings
    )
    evaluation: Annotated[EvaluationSettings, Field(description="Intervals of the metrics.")] = (
        field(default_factory=EvaluationSettings)
    )
    numerics: Annotated[
        NumericsSettings, Field(description="What changes sums in their last bits.")
    ] = field(default_factory=NumericsSettings)
    provenance: Annotated[ProvenanceSettings, Field(description="What makes results stale.")] = (
        field(default_factory=ProvenanceSettings)
    )
    phantom: Annotated[
        PhantomCohortSettings | None,
        Field(
            description="Draws the manifest's slides under `data/phantom/`; none for real slides."
        ),
    ] = None

    def required_columns(self) -> dict[str, str]:
        """Map each label column that a target needs to the key that names it."""
        return {target.column: f"targets.{name}.column" for name, target in self.targets.items()}


@dataclass(frozen=True)
class Key:
    """One key of the configuration, for the table and for proposals."""

    path: str
    kind: str
    default: str
    description: str


@cache
def adapter() -> TypeAdapter[Config]:
    """Build the validator once."""
    return TypeAdapter(Config)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the configuration."""
    schema = adapter().json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def load_config(values: Mapping[str, Any]) -> Config:
    """Validate a configuration.

    Parameters
    ----------
    values : mapping
        As read from YAML.

    Raises
    ------
    ConfigError
        Lists every fault: the key's path, the value, what is allowed.
    """
    try:
        config = adapter().validate_python(dict(values))
    except ValidationError as error:
        faults = explain(error, values, root="config", known=known_keys())
        raise ConfigError("\n".join(faults)) from error
    if faults := list(_cross_faults(config)):
        raise ConfigError("\n".join(faults))
    return config


def _cross_faults(config: Config) -> Iterator[str]:
    yield from _name_faults(config)
    for name, encoder in config.encoders.items():
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
    if config.targets and not config.models:
        yield "config: models: targets need a model to learn them; add one, such as nic-cnn"
    if config.targets and config.manifest is None:
        yield "config: manifest: is none, but targets are learned from slides; name the table"


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
        if name == BASELINE or name.startswith(TRANSFER):
            yield (
                f"config: encoders.{name}: '{BASELINE}' and names that begin with '{TRANSFER}' "
                "are taken; rename it"
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
    return found


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"


@cache
def known_keys() -> frozenset[str]:
    """Every key of the configuration, whatever its place."""
    definitions = json_schema()["$defs"].values()
    names = {name for part in definitions for name in part.get("properties", {})}
    return frozenset(names | set(json_schema()["properties"]))
