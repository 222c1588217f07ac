"""Where the paths of a manifest lead, and whether they may."""

import os
import re
import stat
from pathlib import Path

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029{}]")


class Places:
    """Resolve and judge paths against one root.

    Parameters
    ----------
    root : Path
        Folder that relative paths start from.
    touch : bool
        Whether to look at the disk: then links are followed and missing files found; otherwise
        paths are compared as text.
    missing_is_fault : bool
        Whether a slide that is not there is a fault.

    Notes
    -----
    Folders are resolved once each, so that 10,000 slides of one folder cost 10,000 ``lstat``.
    """

    def __init__(self, root: Path, *, touch: bool, missing_is_fault: bool) -> None:
        self.touch = touch
        self.missing_is_fault = missing_is_fault
        self._start = os.path.abspath(root)  # noqa: PTH100
        self._root = os.path.realpath(root) if touch else self._start
        self._inside = self._root.rstrip(os.sep) + os.sep
        self._folders: dict[str, str] = {}

    def resolve(self, path: str) -> str:
        """Give the one absolute path that ``path`` leads to."""
        full = os.path.join(self._start, path)  # noqa: PTH118
        if not self.touch:
            return os.path.normpath(full)
        folder, name = os.path.split(full)
        real = self._folders.get(folder)
        if real is None:
            real = self._folders[folder] = os.path.realpath(folder)
        found = os.path.join(real, name)  # noqa: PTH118
        if name in {"", ".", ".."} or os.path.islink(found):  # noqa: PTH114
            return os.path.realpath(full)
        return found

    def fault(self, path: str, column: str) -> str | None:
        """Say what is wrong with ``path``; None if nothing is.

        Parameters
        ----------
        path : str
            As given in the manifest, not empty and safe.
        column : str
            ``path`` or ``mask_path``; a missing mask is a fault always.
        """
        place = self.resolve(path)
        if not os.path.isabs(path) and not place.startswith(self._inside):  # noqa: PTH117
            return (
                f"{column} {path!r} leads to '{place}', outside the root '{self._root}'; "
                "give the absolute path, or move the file inside"
            )
        if not self.touch:
            return None
        try:
            mode = os.stat(place).st_mode  # noqa: PTH116
        except FileNotFoundError:
            if column == "path" and not self.missing_is_fault:
                return None
            start = "" if os.path.isabs(path) else f" under '{self._start}'"  # noqa: PTH117
            return f"{column} {path!r}: no such file{start}; correct the path or remove the row"
        except OSError as error:
            return f"{column} {path!r}: cannot be looked at ({error.strerror})"
        if stat.S_ISDIR(mode):
            return f"{column} {path!r} is a folder; name one file (of a DICOM slide any one)"
        return None


def unsafe_characters(path: str) -> str:
    """Give the characters of ``path`` that no shell line and no wildcard may carry.

    Examples
    --------
    >>> unsafe_characters("a b/{c}.svs")
    '{}'
    """
    return "".join(_UNSAFE.findall(path))
