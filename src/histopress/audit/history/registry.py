"""What a study was given: the files that may stand at the beginning of a result's history.

Without this list, whoever deletes a record turns a derived file into a source. So what the
workflow makes is never registered, whoever names it.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histopress.audit.record import FileEntry
from histopress.audit.records import OUTSIDE
from histopress.cohort.manifest import Manifest, read_manifest
from histopress.encoder.foreign.place import function_file
from histopress.errors import ManifestError

RESULTS = "results/"
DRAWN = "data/phantom/"
"""Where the workflow draws its own slides and patches."""
MANIFEST = "config/slides.csv"

_SLIDE = "{slide}"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Registered sources.

    Attributes
    ----------
    names : mapping of str to str
        Why a file is registered, by its path relative to the project.
    folders : mapping of str to str
        The same for folders; all below them is registered.
    outside : mapping of str to tuple of Path
        Places of registered files and folders outside the project, by name.
    digests : mapping of str to frozenset of str
        Sha256 that the manifest demands of a slide, by path or ``outside:`` name.
    weights : frozenset of str
        Sha256 of known encoder weights, wherever they lie.
    made : tuple of str
        Beginnings of paths that the workflow makes.
    fault : str or None
        Why the manifest registers no slides.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    digests: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weights: frozenset[str] = frozenset()
    made: tuple[str, ...] = (RESULTS,)
    fault: str | None = None

    def origin(self, entry: FileEntry) -> str | None:
        """Say as what a file is registered; None if it is not.

        A slide whose digest the manifest names must have it.
        """
        if entry.path.startswith(self.made):
            return None
        if entry.sha256 in self.weights:
            return "weights list"
        demanded = self.digests.get(entry.path)
        if demanded is not None and entry.sha256 not in demanded:
            return None
        if entry.path.startswith(OUTSIDE):
            name = entry.path.removeprefix(OUTSIDE)
            return "outside the project" if name in self.outside else None
        return self.names.get(entry.path) or self._folder(entry.path)

    def locate(self, path: str, project: Path) -> tuple[Path, ...]:
        """List where a recorded path may lie now; empty if nobody says."""
        if path.startswith(OUTSIDE):
            return self.outside.get(path.removeprefix(OUTSIDE), ())
        return (project / path,)

    def _folder(self, path: str) -> str | None:
        found = (why for folder, why in self.folders.items() if path.startswith(folder))
        return next(found, None)


def read_registry(
    project: Path, values: Mapping[str, Any], *, weights: Iterable[str] = ()
) -> Registry:
    """Collect what a study was given.

    Parameters
    ----------
    project : Path
        Folder that holds ``results/``.
    values : mapping
        The configuration as read from YAML; every file or folder that it names is registered.
    weights : iterable of str
        Sha256 of encoder weights that are known.

    Returns
    -------
    Registry
        Also with the manifest, the slides and masks that it names, and all files that git tracks.
        A manifest that cannot be read registers no slide (:attr:`Registry.fault`).
    """
    found = _Found(project)
    for path in _tracked(project):
        found.add(path, "git")
    place = values.get("manifest", MANIFEST)
    manifest, fault = _manifest(project / str(place), project) if place else (None, None)
    slides = [row.slide_id for row in manifest] if manifest else []
    for text in _texts(values):
        for path in [text.replace(_SLIDE, slide) for slide in slides] if _SLIDE in text else [text]:
            found.add_existing(path, "configuration")
    for name in _functions(values):
        found.add_existing(function_file(name), "configuration")
    if place:
        found.add(str(place), "manifest")
    for row in manifest or ():
        key = found.add(row.path, "manifest's slide")
        found.demand(key, row.sha256)
        if row.mask_path:
            found.add(row.mask_path, "manifest's mask")
    drawn = (DRAWN,) if values.get("phantom") is not None else ()
    return Registry(
        names=found.names,
        folders=found.folders,
        outside={name: tuple(dict.fromkeys(paths)) for name, paths in found.outside.items()},
        digests=found.digests(),
        weights=frozenset(weights),
        made=(RESULTS, *drawn),
        fault=fault,
    )


class _Found:
    """Collects paths as records write them."""

    def __init__(self, project: Path) -> None:
        self.project = Path(os.path.abspath(project))  # noqa: PTH100
        self.names: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.outside: dict[str, list[Path]] = {}
        self._demands: dict[str, set[str | None]] = {}

    def add(self, path: str, why: str) -> str:
        """Register one file; gives its path as a record writes it."""
        full = Path(os.path.normpath(self.project / path))
        if full.is_relative_to(self.project):
            key = full.relative_to(self.project).as_posix()
            self.names[key] = why
            return key
        self.outside.setdefault(full.name, []).append(full)
        return OUTSIDE + full.name

    def add_existing(self, path: str, why: str) -> None:
        """Register what a text of the configuration names, if it names anything."""
        try:
            full = self.project / path
            is_folder, is_file = full.is_dir(), full.is_file()
        except (OSError, ValueError):
            return
        if not is_folder and not is_file:
            return
        key = self.add(path, why)
        if is_folder and not key.startswith(OUTSIDE):
            self.folders[f"{key}/"] = why

    def demand(self, key: str, sha256: str | None) -> None:
        """Note the digest that the manifest names, or that it names none."""
        self._demands.setdefault(key, set()).add(sha256)

    def digests(self) -> dict[str, frozenset[str]]:
        """Give the demands of those paths whose every row has one."""
        return {
            key: frozenset(each for each in demands if each)
            for key, demands in self._demands.items()
            if None not in demands
        }


def _manifest(path: Path, project: Path) -> tuple[Manifest | None, str | None]:
    try:
        return read_manifest(path, root=project, check_files=False), None
    except ManifestError as error:
        return None, str(error)


def _texts(value: Any) -> Iterator[str]:
    """All texts of a configuration that could be paths."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _functions(values: Mapping[str, Any]) -> Iterator[str]:
    """Give the functions of the user's that make encoders."""
    encoders = values.get("encoders")
    for each in encoders.values() if isinstance(encoders, Mapping) else ():
        if isinstance(each, Mapping) and each.get("kind") == "callable":
            yield str(each.get("name"))


def _tracked(project: Path) -> list[str]:
    """List the files that git tracks below ``project``; none without git or a repository."""
    # A study from elsewhere may bring a configuration of git that names programs.
    safe = ["-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        found = subprocess.run(
            ["git", "-C", str(project), *safe, "ls-files", "-z"],
            capture_output=True,
            check=False,
            env=plain,
        )
    except OSError:
        return []
    return [os.fsdecode(name) for name in found.stdout.split(b"\0") if name]
