"""``histopress claims init``: a folder for one of the claims' studies, in one of the sizes."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECIPES = Path("config/recipes/claims")
SIZES = "sizes"
"""Name of the file beside the recipes that holds the sizes."""
HEAD = (
    "# Written by 'histopress claims init', which writes it again: what is changed here is lost.\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, help="of the study; made where it is missing")
    parser.add_argument("--study", required=True, help="file of that name beside the sizes")
    parser.add_argument("--size", default="small", help="tiny, small or full (default: small)")
    parser.add_argument(
        "--recipes", type=Path, default=RECIPES, metavar="DIR", help=f"default: {RECIPES}"
    )
    parser.add_argument(
        "--set", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), dest="given",
        help="put VALUE where the recipe says @NAME@, such as the folder of real tiles",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the study's configuration; one that people wrote is left alone."""
    import yaml

    from histopress.config import load_config
    from histopress.errors import StoreError
    from histopress.store import atomic
    from histopress.study import names

    values = compose(options.recipes, options.study, options.size, dict(options.given))
    load_config(values)
    body = yaml.safe_dump(values, sort_keys=False, width=100, allow_unicode=True)
    place = options.folder / "config/config.yaml"
    former = place.read_text(encoding="utf-8") if place.exists() else HEAD
    if not former.startswith(HEAD):
        raise StoreError(f"{place}: was not written by 'histopress claims init'; name a new folder")
    if former != HEAD + body:
        with atomic(place) as temporary:
            temporary.write_text(HEAD + body, encoding="utf-8")
    print(f"{place}: study '{options.study}', size '{options.size}'")
    print(f"next: its manifest {options.folder / names.DEFAULT_MANIFEST}, then snakemake claims")
    return 0


def compose(recipes: Path, study: str, size: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Put the sizes of one form into a study's recipe.

    Raises
    ------
    ConfigError
        There is no such study or size, or nothing is given for a name that the recipe asks for.
    """
    from histopress.errors import ConfigError
    from histopress.study import read_values

    place = recipes / f"{study}.yaml"
    if study == SIZES or not place.is_file():
        known = sorted(path.stem for path in recipes.glob("*.yaml") if path.stem != SIZES)
        have = ", ".join(known) or "none"
        raise ConfigError(f"--study={study}: is none of the recipes in {recipes}; there are {have}")
    sizes = read_values(recipes / f"{SIZES}.yaml")
    if study not in sizes.get(size, {}):
        known = [name for name, own in sizes.items() if study in own]
        have = ", ".join(known) or "none"
        raise ConfigError(f"--size={size}: study '{study}' has not this size; there are {have}")
    chosen = sizes[size][study]
    values = merge(read_values(place), chosen.get("config", {}))
    kinds: Mapping[str, Any] = chosen.get("encoders", {})
    values["encoders"] = {
        name: merge(encoder, kinds.get(encoder["kind"], {}))
        for name, encoder in values["encoders"].items()
    }
    filled: dict[str, Any] = fill(values, given)
    return filled


def fill(value: Any, given: Mapping[str, str]) -> Any:
    """Put what is given where texts say @NAME@, at any depth.

    Raises
    ------
    ConfigError
        Nothing is given for a name.

    Examples
    --------
    >>> fill({"path": "@DATA@/tiles", "px": 64}, {"DATA": "/data"})
    {'path': '/data/tiles', 'px': 64}
    """
    from histopress.errors import ConfigError

    if isinstance(value, Mapping):
        return {key: fill(own, given) for key, own in value.items()}
    if isinstance(value, list):
        return [fill(own, given) for own in value]
    if not isinstance(value, str):
        return value
    for name in re.findall("@([A-Z_]+)@", value):
        if name not in given:
            raise ConfigError(f"the recipe says '{value}'; give --set {name} VALUE")
    return re.sub("@([A-Z_]+)@", lambda found: given[found[1]], value)


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, mappings within them alike.

    Examples
    --------
    >>> merge({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    found = dict(below)
    for key, value in above.items():
        own = found.get(key)
        if isinstance(own, Mapping) and isinstance(value, Mapping):
            value = merge(own, value)
        found[key] = value
    return found
