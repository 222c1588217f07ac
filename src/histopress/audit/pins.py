"""The pins of the environment that a verb's result depends on.

Only libraries count that the verb's code imports, and only what the rule's environment declares:
so the digest is the same on a laptop, inside conda and on a cluster, and a new plotting library
makes no embedding stale. What was in fact installed stands in the record's ``run`` and is held
against the pins by :func:`unmet_pins`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from histopress.audit.code import SOURCE, reached_packages
from histopress.audit.record import identifier
from histopress.errors import ConfigError

IMPORTS = {
    "PIL": "pillow",
    "cv2": "opencv",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "openslide": "openslide-python",
}
"""Libraries that are imported by another name than their own."""
SAME = {
    "matplotlib-base": "matplotlib",
    "opencv-python-headless": "opencv",
    "openslide-bin": "openslide",
    "py-opencv": "opencv",
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "pytorch-gpu": "torch",
}
"""Packages that go by different names in conda-forge and PyPI."""
BROUGHT = {"openslide-python": ("openslide",), "tifffile": ("imagecodecs",)}
"""Libraries that work through another, which decides the bytes and is never imported."""
WITHOUT = frozenset({"jaxtyping", "pydantic", "tqdm"})
"""Libraries that check, annotate or report; settings enter the recipe as resolved."""

REQUIREMENT = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)\s*(.*)")


def library_name(package: str) -> str:
    """Name a library as we do, whichever registry it comes from.

    Examples
    --------
    >>> library_name("pytorch-cpu"), library_name("Scikit_Learn")
    ('torch', 'scikit-learn')
    """
    name = re.sub(r"[-_.]+", "-", package).lower()
    return SAME.get(name, name)


def declared_pins(environment: Mapping[str, Any]) -> dict[str, str]:
    """Read the pins of a conda environment, its ``pip`` section included.

    Parameters
    ----------
    environment : mapping
        The parsed file, such as ``envs/learn.yaml``.

    Returns
    -------
    dict
        Pin by library, without spaces, such as ``{"numpy": "=2.4"}``; empty for no pin.

    Raises
    ------
    ConfigError
        An entry that is no requirement, or two pins of one library that disagree.
    """
    pins: dict[str, str] = {}
    for text in _entries(environment.get("dependencies") or ()):
        found = REQUIREMENT.fullmatch(text.strip())
        if not found:
            raise ConfigError(
                f"environment: cannot read the dependency '{text}'; write 'name =version'"
            )
        name, pin = library_name(found[1]), found[2].replace(" ", "")
        if pins.setdefault(name, pin) != pin:
            raise ConfigError(
                f"environment: '{name}' is pinned as '{pins[name]}' and as '{pin}'; keep one"
            )
    return pins


def imported_libraries(verb_module: str, source: Path = SOURCE) -> set[str]:
    """List the libraries that a verb's code imports anywhere, late imports too, and Python.

    Those count whose version can change a result (:data:`WITHOUT`), with what they work through
    (:data:`BROUGHT`).
    """
    packages = reached_packages(verb_module, source)
    found = {"python", *(library_name(IMPORTS.get(name, name)) for name in packages)}
    brought = {name for library in found for name in BROUGHT.get(library, ())}
    return (found | brought) - WITHOUT


@cache
def read_environment(name: str, source: Path = SOURCE) -> Mapping[str, str] | None:
    """Read the pins of one of the workflow's environments, such as ``"learn"``.

    Returns
    -------
    mapping or None
        See :func:`declared_pins`; None where the package was installed without the workflow.
    """
    path = source.parent / "envs" / f"{name}.yaml"
    if not path.is_file():
        return None
    try:
        return declared_pins(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, AttributeError) as error:
        raise ConfigError(f"{path}: is no conda environment ({error})") from error


def pins_of(verb_module: str, environment: str, source: Path = SOURCE) -> dict[str, str] | None:
    """Give the pins that one verb's results depend on, today.

    Parameters
    ----------
    verb_module : str
        Dotted name of the verb's module.
    environment : str
        Name of its file below ``envs``, without the suffix.
    source : Path
        Folder that holds the package.

    Returns
    -------
    dict or None
        Pin by library; None without the workflow.
    """
    declared = read_environment(environment, source)
    if declared is None:
        return None
    return verb_pins(declared, imported_libraries(verb_module, source))


def verb_pins(declared: Mapping[str, str], libraries: Iterable[str]) -> dict[str, str]:
    """Keep the pins of ``libraries``; what the environment does not declare is left out."""
    return {name: declared[name] for name in sorted(libraries) if name in declared}


def pins_digest(pins: Mapping[str, str]) -> str:
    """Digest pins, in whatever order they are given.

    Examples
    --------
    >>> pins_digest({"a": "=1", "b": "=2"}) == pins_digest({"b": "=2", "a": "=1"})
    True
    """
    return identifier(dict(pins))


def unmet_pins(pins: Mapping[str, str], versions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Find installed versions that are not the pinned ones.

    Parameters
    ----------
    pins : mapping
        See :func:`declared_pins`.
    versions : mapping
        Installed version by package, as ``run.versions`` of a record holds them.

    Returns
    -------
    dict
        Pin and version by library. Libraries without a known version, and pins other than
        ``=x``, ``==x`` or ``=x.*``, are not judged.
    """
    installed = {library_name(package): found for package, found in versions.items()}
    return {
        name: (pin, installed[name])
        for name, pin in pins.items()
        if name in installed and _meets(pin, installed[name]) is False
    }


def _entries(dependencies: Iterable[Any]) -> Iterable[str]:
    for entry in dependencies:
        if isinstance(entry, Mapping):
            yield from (str(text) for text in entry.get("pip") or ())
        else:
            yield str(entry)


def _meets(pin: str, version: str) -> bool | None:
    """Whether a version is the pinned one; None for a pin of another form."""
    found = re.fullmatch(r"(={1,2})([\w.]+?)(\.\*)?", pin)
    if not found:
        return None
    public = version.partition("+")[0]
    prefix = found[1] == "=" or found[3]
    return public == found[2] or bool(prefix and public.startswith(f"{found[2]}."))
