"""The code that a job ran, had back from git: its commit, and what was not committed.

The commit is checked out into a temporary folder as a worktree of the repository, which knows of
it as long as the replay lasts; nothing else in the repository changes.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from histopress.audit.code import SOURCE
from histopress.audit.history.uncommitted import patch_of, patch_path
from histopress.audit.records import Record
from histopress.cohort.people import VARIABLE
from histopress.errors import StoreError
from histopress.store import file_digest

ASK = (
    "import sys; from histopress.cli.main import JOBS, TOOLS; "
    "from histopress.audit.code import code_digest; "
    "print(code_digest('histopress.cli.' + {**TOOLS, **JOBS}[sys.argv[1]][0]))"
)
"""Asks a version of the package for its own digest of a verb's code, by its own rules."""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A version of the package.

    Attributes
    ----------
    source : Path
        Folder that holds the package.
    kind : str
        ``worktree``: the recorded commit and patch; ``at hand``: what this command itself runs.
    commit, patch : str or None
        Of a worktree.
    detail : str
        Why it is no worktree.
    """

    source: Path
    kind: Literal["worktree", "at hand"]
    commit: str | None = None
    patch: str | None = None
    detail: str = ""


PREFIX = "histopress-replay-"
"""Temporary folders of replays begin so."""
AT_HAND = Code(source=SOURCE, kind="at hand")


class Checkouts:
    """Versions of the package, each checked out once, removed at the end whatever happens.

    Parameters
    ----------
    folder : Path
        Where worktrees may lie; made if needed.
    project : Path
        Folder that holds ``results/records`` with the patches.
    repositories : sequence of Path
        Where a commit may be found.
    at_hand : Code
        Serves where git does not and its code digest is the recorded one.
    """

    def __init__(
        self, folder: Path, *, project: Path, repositories: Sequence[Path], at_hand: Code = AT_HAND
    ) -> None:
        self.folder = folder
        self.project = project
        self.repositories = list(dict.fromkeys(repositories))
        self.at_hand = at_hand
        self._made: dict[tuple[str, str | None], Code | str] = {}
        self._trees: list[tuple[Path, Path]] = []
        self._digests: dict[tuple[Path, str], str | None] = {}

    def __enter__(self) -> "Checkouts":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for repository, tree in self._trees:
            _forget(repository, tree)
            shutil.rmtree(tree, ignore_errors=True)

    def code_of(self, record: Record) -> Code:
        """Give the code that made a record.

        Raises
        ------
        StoreError
            Neither git nor this installation has it.
        """
        found = self._recorded(record)
        why = found if isinstance(found, str) else ""
        wanted = str(record.recipe.get("code"))
        if isinstance(found, Code):
            if self._digest(found, record.verb) == wanted:
                return found
            why = f"at commit {str(found.commit)[:12]} the code of '{record.verb}' is another one"
        at_hand = self._digest(self.at_hand, record.verb)
        if at_hand == wanted:
            return Code(source=self.at_hand.source, kind="at hand", detail=why)
        raise StoreError(
            f"{record.place}: the code that ran cannot be had: {why}; and the code at hand is not "
            f"the same (digest {str(at_hand)[:12]}, recorded {wanted[:12]}): fetch the commit "
            "into this repository, or replay with the version that ran"
        )

    def _digest(self, code: Code, verb: str) -> str | None:
        key = (code.source, verb)
        if key not in self._digests:
            done = subprocess.run(
                [sys.executable, "-P", "-c", ASK, verb],
                env=environment(code),
                cwd=code.source,
                capture_output=True,
                text=True,
                check=False,
            )
            self._digests[key] = done.stdout.strip() if done.returncode == 0 else None
        return self._digests[key]

    def _recorded(self, record: Record) -> Code | str:
        """Check out a record's commit, or say why that cannot be done."""
        commit, patch = record.source.get("commit"), patch_of(record)
        if not isinstance(commit, str):
            return "the record names no commit"
        key = (commit, patch)
        if key not in self._made:
            self._made[key] = self._check_out(commit, patch)
        return self._made[key]

    def _check_out(self, commit: str, patch: str | None) -> Code | str:
        file = self.project / patch_path(patch) if patch is not None else None
        if file is not None and not (file.is_file() and file_digest(file) == patch):
            return f"{patch_path(str(patch))}, which was not committed, is missing or was altered"
        repository = next(filter(lambda each: _holds(each, commit), self.repositories), None)
        if repository is None:
            return f"no repository here has the commit {commit[:12]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        tree = self.folder / f"{commit[:12]}-{len(self._made)}"
        for left in _left_behind(repository):
            _forget(repository, left)
        self._trees.append((repository, tree))
        add = ("worktree", "add", "--quiet", "--detach", str(tree), commit)
        steps: list[tuple[Path, tuple[str, ...]]] = [(repository, add)]
        if file is not None:
            steps.append((tree, ("apply", "--whitespace=nowarn", str(file.resolve()))))
        for place, arguments in steps:
            done = git(place, *arguments)
            if done is None or done.returncode:
                told = done.stderr.decode(errors="replace").strip() if done else "there is no git"
                return (
                    f"git {arguments[0]} failed ({told.splitlines()[-1] if told else 'silently'})"
                )
        return Code(source=tree / "src", kind="worktree", commit=commit, patch=patch)


def environment(code: Code) -> dict[str, str]:
    """Environment that a version of the package runs in: this one, offline, without git's."""
    plain = _plain()
    if plain.get(VARIABLE):
        # Jobs run in folders of their own, to which it was not meant to be relative.
        plain[VARIABLE] = str(Path(plain[VARIABLE]).expanduser().absolute())
    return plain | {
        "PYTHONPATH": str(code.source),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
    }


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    """Run git in a folder, offline, whatever git command this one runs below; None without git."""
    offline = {"GIT_LFS_SKIP_SMUDGE": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    safe = ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
    command = ["git", "-C", str(folder), *safe, *arguments]
    try:
        return subprocess.run(command, env=_plain() | offline, capture_output=True, check=False)
    except OSError:
        return None


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _holds(repository: Path, commit: str) -> bool:
    """Whether a repository has a commit of the package."""
    done = git(repository, "cat-file", "-e", f"{commit}:src/histopress/__init__.py")
    return done is not None and done.returncode == 0


def _forget(repository: Path, tree: Path) -> None:
    """Remove a worktree, and what the repository knows of it; other worktrees are left alone."""
    git(repository, "worktree", "unlock", str(tree))
    git(repository, "worktree", "remove", "--force", "--force", str(tree))


def _left_behind(repository: Path) -> list[Path]:
    """List worktrees of replays that were killed; their folders went with the temporary files."""
    done = git(repository, "worktree", "list", "--porcelain")
    lines = done.stdout.decode(errors="replace").splitlines() if done else []
    places = [
        Path(line.removeprefix("worktree ")) for line in lines if line.startswith("worktree ")
    ]
    return [place for place in places if PREFIX in str(place) and not place.exists()]
