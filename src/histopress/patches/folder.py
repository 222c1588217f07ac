"""Patches as picture files, in one folder a class."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from histopress.errors import ConfigError
from histopress.patches.faults import refuse
from histopress.patches.settings import FolderSource
from histopress.patches.source import Origin
from histopress.pictures import SUFFIXES, read_picture


class FolderPatches:
    """Pictures below one folder a class; a label is the name of such a folder.

    Files lie in the class's folder or anywhere below it. A validation folder inside the other
    one is no class of it.

    Parameters
    ----------
    source : FolderSource
        Folders, and the pattern that finds the slide in a file's name.
    root : Path
        Folder that relative paths start from.
    task : str
        Name of the task, for messages.

    Raises
    ------
    ConfigError
        A folder is missing or holds no class with pictures, the pattern is no regular expression
        with a group, or file names do not match it; all faults at once.
    """

    spacing_um = None

    def __init__(self, source: FolderSource, *, root: Path, task: str) -> None:
        self._pattern = _compile(source.slide_pattern, task)
        self._faults: list[str] = []
        folders = [(root / source.path, source.path)]
        if source.validation is not None:
            folders.append((root / source.validation, source.validation))
        parts: tuple[Literal["", "training", "validation"], ...] = ("", "")
        if len(folders) > 1:
            parts = ("training", "validation")
        inner = folders[-1][0].resolve() if len(folders) > 1 else None
        self._places: list[Path] = []
        origins: list[Origin] = []
        for (folder, spelled), part in zip(folders, parts, strict=False):
            listed = self._list(folder, task=task, besides=inner if part != "validation" else None)
            self._places += [folder / name for name in listed]
            origins += [self._origin(name, spelled=spelled, part=part) for name in listed]
        refuse(self._faults)
        self.origins: Sequence[Origin] = tuple(origins)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """All files that the patches come from."""
        return tuple(self._places)

    def read(self, index: int) -> UInt8[np.ndarray, "h w 3"]:
        """Read one patch as RGB."""
        return read_picture(self._places[index].read_bytes(), self.origins[index].name)

    def _list(self, folder: Path, *, task: str, besides: Path | None) -> list[str]:
        """List the pictures of all class folders, ordered by path."""
        if not folder.is_dir():
            self._faults.append(
                f"task '{task}': {folder} is no folder; 'path' and 'validation' name folders that "
                "hold one folder a class"
            )
            return []
        base = folder.resolve()
        names = sorted(
            path.relative_to(base).as_posix()
            for path in base.rglob("*")
            if path.suffix.lower() in SUFFIXES
            and path.parent != base
            and not path.name.startswith(".")
            and besides not in path.parents
            and path.is_file()
        )
        if not names:
            endings = ", ".join(sorted(SUFFIXES))
            self._faults.append(
                f"task '{task}': {folder} has no folder with pictures ({endings}); put the "
                "pictures of each class into a folder of its own"
            )
        return names

    def _origin(
        self, name: str, *, spelled: str, part: Literal["", "training", "validation"]
    ) -> Origin:
        slide_id = ""
        if self._pattern is not None:
            match = self._pattern.search(name.rsplit("/", 1)[-1])
            slide_id = (match.group(1) or "") if match else ""
            if not slide_id:
                self._faults.append(
                    f"{spelled}/{name}: 'slide_pattern' {self._pattern.pattern!r} finds no slide "
                    "in this name; correct the pattern, or rename or remove the file"
                )
        return Origin(
            name=f"{spelled}/{name}", label=name.split("/", 1)[0], slide_id=slide_id, part=part
        )


def _compile(pattern: str | None, task: str) -> re.Pattern[str] | None:
    """Compile the pattern, which must have a group."""
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"task '{task}': 'slide_pattern' {pattern!r} is no regular expression ({error})"
        ) from error
    if not compiled.groups:
        raise ConfigError(
            f"task '{task}': 'slide_pattern' {pattern!r} has no group; put the part that names "
            "the slide in parentheses, such as '^(.+)_x'"
        )
    return compiled
