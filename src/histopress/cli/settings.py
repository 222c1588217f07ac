"""Settings of a verb, from the command line."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from histopress.config import known_keys
from histopress.errors import ConfigError
from histopress.faults import explain


def read_settings(kind: type, text: str | None, *, verb: str) -> Any:
    """Validate a verb's settings.

    Parameters
    ----------
    kind : type
        The verb's settings dataclass.
    text : str or None
        JSON, or the path of a JSON file; None takes every default.
    verb : str
        For messages.

    Raises
    ------
    ConfigError
        Lists every key that is unknown, missing or out of range.
    """
    text = text or "{}"
    if not text.lstrip().startswith("{"):
        path = Path(text)
        if not path.is_file():
            raise ConfigError(f"--settings: '{text}' is neither JSON nor a file")
        text = path.read_text(encoding="utf-8")
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        try:
            values = json.loads(text)
        except ValueError as fault:
            raise ConfigError(f"--settings: is no JSON ({fault})") from error
        faults = explain(error, values, root=f"settings of '{verb}'", known=known_keys())
        raise ConfigError("\n".join(faults)) from error
