"""Where recorded jobs are run again: folders and checkouts that are gone in the end."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from histopress.cli.audit.opening import Project
from histopress.errors import StoreError

if TYPE_CHECKING:
    from histopress.audit.replay.checkout import Checkouts
    from histopress.audit.replay.supply import Supplies


@dataclass(frozen=True)
class Workshop:
    """What a replay works with.

    Attributes
    ----------
    folder : Path
        For scratch projects.
    checkouts : Checkouts
        Versions of the code.
    supplies : Supplies
        Inputs of recorded jobs.
    """

    folder: Path
    checkouts: "Checkouts"
    supplies: "Supplies"


@contextmanager
def open_workshop(project: Project, *, keep: Path | None = None) -> Iterator[Workshop]:
    """Open a place to run jobs again; it is cleared at the end, also by Ctrl-C or a termination.

    Parameters
    ----------
    project : Project
    keep : Path, optional
        Leave scratch projects in this new folder; the code is removed all the same.

    Raises
    ------
    StoreError
        The folder is there already, or lies among the results.
    """
    from histopress.audit.replay.checkout import PREFIX, Checkouts
    from histopress.audit.replay.supply import Supplies
    from histopress.audit.source import REPOSITORY

    with (
        _interruptible(),
        _new_folder(PREFIX, keep) as folder,
        _new_folder(PREFIX) as code,
        Checkouts(
            code, project=project.folder, repositories=[REPOSITORY, project.folder]
        ) as checkouts,
        _new_folder(PREFIX) as history,
    ):
        supplies = Supplies(project.present, project.graph, history)
        yield Workshop(folder=folder, checkouts=checkouts, supplies=supplies)


@contextmanager
def _new_folder(prefix: str, keep: Path | None = None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise StoreError(f"{keep}: is there already; --keep takes a new folder")
    if keep.resolve().is_relative_to(Path("results").resolve()):
        raise StoreError(f"{keep}: lies in results/; --keep takes a folder elsewhere")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a termination clean up as Ctrl-C does."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
