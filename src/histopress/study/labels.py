"""Labels of a study's targets, from the manifest or the tables beside it."""

from pathlib import Path

from histopress.cohort.labels.sources import read_source
from histopress.cohort.manifest import Manifest
from histopress.cohort.targets import Labels, slide_labels
from histopress.config import Config


def read_labels(config: Config, manifest: Manifest, target: str, project: Path) -> Labels:
    """Read one target's labels; raises ManifestError or ConfigError with its faults."""
    settings = config.targets[target]
    source = settings.table
    table = None
    if source is not None:
        links = project / source.links if source.links else None
        table = read_source(source, path=project / source.path, links=links)
    return slide_labels(manifest, target, settings, seed=config.seed, table=table)
