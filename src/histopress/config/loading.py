"""A configuration read and validated, and its schema."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from histopress.config.checks import cross_faults
from histopress.config.models import Config
from histopress.errors import ConfigError
from histopress.faults import explain


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
    if faults := list(cross_faults(config)):
        raise ConfigError("\n".join(faults))
    return config


@cache
def known_keys() -> frozenset[str]:
    """Every key of the configuration, whatever its place."""
    definitions = json_schema()["$defs"].values()
    names = {name for part in definitions for name in part.get("properties", {})}
    return frozenset(names | set(json_schema()["properties"]))
