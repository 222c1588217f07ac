"""A trained slide-level model on disk: weights, and all that is needed to use them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from histopress.errors import StoreError
from histopress.learn.fold import load_model
from histopress.learn.goal import Goal
from histopress.learn.interface import Fitted
from histopress.learn.settings import ModelSettings
from histopress.store import canonical_json

SCHEMA = "model/2"
KEY = "histopress"


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What stands beside the weights of a slide-level model.

    Attributes
    ----------
    settings : settings of a slide-level model
    goal : Goal
    target : str
        Name of what was learned.
    classes : tuple of str
        In order; empty unless classification.
    positive : int
        Of two classes the scored one.
    unit : str or None
        Of numbers or times.
    encoder : str
        Name of the encoder whose grids the model takes.
    weights_sha256 : str
        Digest of the encoder's weights; grids of other weights mean something else.
    slides : tuple of str
        Slides that fitted or chose the model.
    contents : tuple of str
        Digests of their grids, in the same order: a copy under another name is known by them.
    people : mapping
        Their patients under a key, see :func:`histopress.cohort.people.people_facts`.
    """

    settings: ModelSettings
    goal: Goal
    target: str
    classes: tuple[str, ...] = ()
    positive: int = 0
    unit: str | None = None
    encoder: str
    weights_sha256: str
    slides: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    people: Mapping[str, Any] = field(default_factory=dict)


def save_stored(path: Path, state: Mapping[str, np.ndarray], info: ModelInfo) -> None:
    """Write a model as safetensors, with ``info`` in its header."""
    header = canonical_json({"schema": SCHEMA, **asdict(info)})
    arrays = {name: np.ascontiguousarray(state[name]) for name in sorted(state)}
    save_file(arrays, path, metadata={KEY: header})


def read_info(path: Path) -> ModelInfo:
    """Read what stands beside the weights, without reading them.

    Raises
    ------
    StoreError
        The file is missing, damaged, or no model of this version.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            header = (file.metadata() or {}).get(KEY, "{}")
    except (OSError, SafetensorError) as error:
        raise StoreError(f"{path}: is no stored model ({error}); train it again") from error
    values = TypeAdapter(dict).validate_json(header)
    if values.pop("schema", None) != SCHEMA:
        raise StoreError(f"{path}: is not a model of schema '{SCHEMA}'; train it again")
    try:
        return TypeAdapter(ModelInfo).validate_python(values)
    except ValidationError as error:
        raise StoreError(f"{path}: its header does not fit ({error}); train it again") from error


def load_stored(path: Path) -> tuple[Fitted, Goal, ModelInfo]:
    """Read a model; it predicts as it did when it was trained.

    Raises
    ------
    StoreError
        As :func:`read_info`, or the arrays do not fit the settings.
    """
    info = read_info(path)
    with safe_open(path, framework="numpy") as file:
        state = {name: file.get_tensor(name) for name in sorted(file.keys())}
    return load_model(info.settings, state, info.goal), info.goal, info


def check_same_encoder(info: ModelInfo, weights: Sequence[str], *, where: str) -> None:
    """Refuse grids that another encoder made.

    Parameters
    ----------
    info : ModelInfo
    weights : sequence of str
        Digests of the encoders' weights that the grids name.
    where : str
        Named in messages.

    Raises
    ------
    StoreError
        A digest differs from the one that the model was trained with.
    """
    strange = sorted(set(weights) - {info.weights_sha256})
    if strange:
        raise StoreError(
            f"{where}: the model was trained on grids of encoder '{info.encoder}' with weights "
            f"{info.weights_sha256[:12]}…, some slides were compressed with {strange[0][:12]}…; "
            "compress them with the same encoder"
        )
