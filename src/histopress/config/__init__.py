"""The configuration: its models, its checks and its messages.

Each room owns the settings of what it does; they are composed here. The JSON Schema
(``config/schema.json``) and the key table of ``config/README.md`` are derived from these models.
"""

from histopress.config.checks import needed_files
from histopress.config.loading import json_schema, known_keys, load_config
from histopress.config.models import (
    PHANTOM_PATCHES,
    Config,
    OnBadSlide,
    PhantomCohortSettings,
    Seed,
)

__all__ = [
    "PHANTOM_PATCHES",
    "Config",
    "OnBadSlide",
    "PhantomCohortSettings",
    "Seed",
    "json_schema",
    "known_keys",
    "load_config",
    "needed_files",
]
