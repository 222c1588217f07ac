"""The table that a target's settings name."""

from pathlib import Path

from histopress.cohort.labels.links import link_slides
from histopress.cohort.labels.tables import LabelTable, number_slides, read_label_table
from histopress.cohort.settings import TableSettings


def read_source(settings: TableSettings, *, path: Path, links: Path | None = None) -> LabelTable:
    """Read a label table, and join or number its slides as the settings say.

    Parameters
    ----------
    settings : TableSettings
    path, links : Path
        Where the files are.

    Raises
    ------
    ManifestError
        A file cannot be read or does not fit the settings.
    """
    table = read_label_table(path, columns=settings.columns)
    if settings.numbered is not None:
        table = number_slides(table, prefix=settings.numbered)
    if links is not None:
        table = link_slides(table, read_label_table(links))
    return table
