"""The configuration: its models, its checks and its messages.

Each room owns the settings of what it does; they are composed here. The JSON Schema
(``config/schema.json``) and the key table of ``config/README.md`` are derived from these models.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from histopress.cohort.names import check_name
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.encoder.settings import EncoderSettings, ImportedSettings
from histopress.errors import ConfigError
from histopress.evaluate.settings import EvaluationSettings
from histopress.learn.settings import ModelSettings, NumericsSettings
from histopress.patches.settings import PatchSettings
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


@settings
class PhantomCohortSettings:
    """A cohort that the workflow draws itself, for machines without data."""

    slides: Annotated[PhantomSettings, Field(description="How the phantom slides are drawn.")] = (
        field(default_factory=PhantomSettings)
    )
    patches: Annotated[
        PatchSettings,
        Field(description="Labelled patches of other phantom patients, for training encoders."),
    ] = field(default_factory=PatchSettings)


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
        str, Field(min_length=1, description="Table of the slides, relative to the project.")
    ] = "config/slides.csv"
    on_bad_slide: OnBadSlide = "fail"
    grids: Annotated[
        dict[str, GridSettings], Field(min_length=1, description="Tile grids by name.")
    ]
    encoders: Annotated[
        dict[str, EncoderSettings], Field(min_length=1, description="Patch encoders by name.")
    ]
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
        raise ConfigError("\n".join(explain(error, values, root="config"))) from error
    faults = list(_cross_faults(config))
    if faults:
        raise ConfigError("\n".join(faults))
    return config


def _cross_faults(config: Config) -> Iterator[str]:
    for room in ("grids", "encoders", "targets", "models"):
        names: Mapping[str, Any] = getattr(config, room)
        for name in names:
            fault = check_name(name)
            if fault:
                yield f"config: {room}.{name}: {fault}"
        folded = [name.casefold() for name in names]
        for name in names:
            if folded.count(name.casefold()) > 1:
                yield f"config: {room}.{name}: differs from another name in case only; rename one"
    for name, encoder in config.encoders.items():
        if encoder.grid not in config.grids:
            yield (
                f"config: encoders.{name}.grid: is '{encoder.grid}'; "
                f"grids are {_listed(config.grids)}"
            )
    if config.targets and not config.models:
        yield "config: models: targets need a model to learn them; add one, such as nic-cnn"


def needed_files(config: Config) -> dict[str, str]:
    """Map each file that the configuration names to the key that names it."""
    return {
        encoder.file: f"encoders.{name}.file"
        for name, encoder in config.encoders.items()
        if isinstance(encoder, ImportedSettings)
    }


def explain(error: ValidationError, values: Any, *, root: str) -> list[str]:
    """Turn validation errors into one message each: key path, value, what is allowed.

    Parameters
    ----------
    error : ValidationError
        Of pydantic.
    values : object
        What was validated; a key's path is what leads to it there.
    root : str
        What the values are called.
    """
    faults = error.errors(include_url=False)
    inner = {fault["loc"][:depth] for fault in faults for depth in range(len(fault["loc"]))}
    return [
        f"{root}: {_message(fault, values)}"
        for fault in faults
        # Where an entry is refused, the list that then lacks it is no fault of its own.
        if not (fault["type"] == "too_short" and fault["loc"] in inner)
    ]


def _key_path(location: Sequence[str | int], values: Any) -> str:
    """Leave out what the validator adds to a path: the tags of unions."""
    found = []
    for depth, part in enumerate(location):
        is_key = isinstance(values, Mapping) and part in values
        is_place = isinstance(values, Sequence) and isinstance(part, int) and part < len(values)
        if is_key or is_place:
            values = values[part]
            found.append(str(part))
        elif depth == len(location) - 1:
            found.append(str(part))
    return ".".join(found) or "(top)"


def _message(fault: Any, values: Any) -> str:
    path = _key_path(fault["loc"], values)
    kind, value, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        near = difflib.get_close_matches(str(fault["loc"][-1]), sorted(_known_keys()), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "config/README.md lists all keys"
        return f"{path}: unknown key; {hint}"
    if kind in ("missing", "missing_keyword_only_argument"):
        return f"{path}: is missing; config/README.md explains it"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        allowed = context.get("expected_tags", "given by 'kind'")
        tag = context.get("tag", "missing")
        return f"{path}.kind: is {tag}; allowed are {allowed}"
    if kind == "literal_error":
        return f"{path}: is {value!r}; allowed are {context['expected']}"
    return f"{path}: is {_short(value)}; {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _listed(names: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join(sorted(names)) or "none"


@cache
def _known_keys() -> frozenset[str]:
    definitions = json_schema()["$defs"].values()
    names = {name for part in definitions for name in part.get("properties", {})}
    return frozenset(names | set(json_schema()["properties"]))
