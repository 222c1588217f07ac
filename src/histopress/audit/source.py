"""The state of the code's repository: its commit, and what was not committed."""

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from histopress.audit.code import SOURCE

REPOSITORY = SOURCE.parent
PATHS = ("Snakefile", "workflow", "envs", "src", "pyproject.toml")
"""What decides results; manifests and configurations may name patients and are left out."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the code stood.

    Attributes
    ----------
    commit : str
        Of the checked-out revision, 40 or 64 hexadecimal digits.
    patch : bytes
        What ``git apply`` takes to go from there to the code that ran; empty if nothing was
        changed. New files are part of it.
    """

    commit: str
    patch: bytes = b""

    @property
    def patch_digest(self) -> str | None:
        """Sha256 of the patch; None if there is none."""
        return hashlib.sha256(self.patch).hexdigest() if self.patch else None


def read_source(repository: Path = REPOSITORY) -> Source | None:
    """Look at the repository that the package lies in.

    Nothing in it is written: the patch is made with an index and objects of its own.

    Returns
    -------
    Source or None
        None without git, outside a repository, or where the package lies in a foreign one.
    """
    found = _git(repository, "rev-parse", "--show-toplevel", "HEAD")
    top, _, commit = (found or b"").decode(errors="replace").strip().partition("\n")
    if not commit or Path(top).resolve() != repository.resolve():
        return None
    changed = _git(repository, "--no-optional-locks", "status", "--porcelain", "--", *PATHS)
    if not changed:
        return Source(commit=commit)
    return Source(commit=commit, patch=_patch(repository))


def _patch(repository: Path) -> bytes:
    objects = _git(repository, "rev-parse", "--git-path", "objects")
    if objects is None:
        return b""
    committed = (_git(repository, "ls-tree", "--name-only", "HEAD") or b"").decode().split("\n")
    # Git refuses a path that is neither there nor was.
    paths = [path for path in PATHS if path in committed or (repository / path).exists()]
    with tempfile.TemporaryDirectory() as folder:
        place = repository / objects.decode().strip()
        apart = {
            "GIT_INDEX_FILE": f"{folder}/index",
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(place.resolve()),
        }
        _git(repository, "read-tree", "HEAD", **apart)
        _git(repository, "add", "--all", "--", *paths, **apart)
        options = ("--cached", "--binary", "--full-index", "--no-ext-diff", "--no-color")
        return _git(repository, "diff", *options, "HEAD", "--", *paths, **apart) or b""


def _git(repository: Path, *arguments: str, **more: str) -> bytes | None:
    """Run git without what a surrounding git command has set; None if it fails."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True,
            check=False,
            env=plain | more,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
