"""The source that a task names, opened."""

from pathlib import Path

from histopress.errors import ConfigError
from histopress.patches.folder import FolderPatches
from histopress.patches.hdf5 import Hdf5Patches
from histopress.patches.listing import ListedPatches, read_rows
from histopress.patches.npz import NpzPatches
from histopress.patches.settings import (
    AnnotationSource,
    CsvSource,
    FolderSource,
    Hdf5Source,
    NpzSource,
    TableSource,
    TaskSettings,
)
from histopress.patches.source import Source
from histopress.patches.stored import StoredPatches


def open_source(
    task: TaskSettings,
    *,
    name: str,
    root: Path,
    input_px: int,
    input_spacing_um: float,
    seed: int,
) -> Source:
    """Open the source of a task; patches are read later.

    Parameters
    ----------
    task : TaskSettings
        Its ``source`` is opened.
    name : str
        Name of the task, for messages.
    root : Path
        Folder that relative paths start from.
    input_px, input_spacing_um, seed
        Of interest to annotated slides alone: what the encoder sees, and the run's seed, by
        which patches are drawn.

    Raises
    ------
    ConfigError
        The source cannot be used, or is ``cohort``, which
        :func:`histopress.patches.cohort_tiles.open_cohort` opens.
    """
    source = task.source
    if isinstance(source, FolderSource):
        return FolderPatches(source, root=root, task=name)
    if isinstance(source, CsvSource):
        return ListedPatches(source, root=root)
    if isinstance(source, Hdf5Source):
        return Hdf5Patches(source, root=root, task=name)
    if isinstance(source, NpzSource):
        return NpzPatches(source, root=root)
    if isinstance(source, TableSource):
        return StoredPatches(source, root=root)
    if isinstance(source, AnnotationSource):
        # Reads slides, which no other source does.
        from histopress.patches.annotations import open_annotations

        return open_annotations(
            source,
            input_px=input_px,
            margin_px=task.margin_px,
            input_spacing_um=input_spacing_um,
            seed=seed,
            root=root,
            classes=task.classes,
        )
    raise ConfigError(
        f"task '{name}': its source is the study's own slides, which only 'histopress patches' "
        "with --manifest and --tiles can open"
    )


def source_files(
    task: TaskSettings, source: Source, *, root: Path
) -> tuple[Path, tuple[Path, ...]]:
    """Name the file or folder that a task's source is, and all files that it was read from.

    Parameters
    ----------
    task : TaskSettings
        Any but a cohort's.
    source : Source
        Of :func:`open_source`.
    root : Path
        Folder that relative paths start from.
    """
    chosen = task.source
    if isinstance(chosen, AnnotationSource):
        from histopress.slide.files import slide_files

        table = root / chosen.slides
        rows = read_rows(table, needed=["annotations"])
        drawn = [table.parent / row["annotations"] for _, row in rows]
        slides = [path for path, _ in getattr(source, "slides", ())]
        return table, (table, *drawn, *(file for path in slides for file in slide_files(path)))
    place = root / str(getattr(chosen, "x" if isinstance(chosen, Hdf5Source) else "path"))
    return place, tuple(getattr(source, "files", ()))
