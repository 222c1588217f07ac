"""``histopress split``: patients to folds, for ever."""

from dataclasses import field

from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.config import Seed
from histopress.types import settings


@settings
class SplitSettings:
    """What decides a new patient's fold."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)


def split(job: Job) -> None:
    """Add new patients and slides to the split; nobody who is in it moves."""
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.splits import extend_split, read_split, write_split
    from histopress.cohort.targets import slide_labels

    chosen, name = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = slide_labels(manifest, name, chosen.target, seed=chosen.seed)
    former = job.former("split")
    existing = read_split(former) if former else ()
    rows = extend_split(
        manifest,
        labels,
        existing,
        n_folds=chosen.protocol.folds,
        key=job.seed("split", name).to_bytes(8, "big"),
    )
    write_split(job.output("split"), rows)
    job.facts.update(slides=len(rows), new=len(rows) - len(existing))


VERB = Verb(
    name="split",
    settings=SplitSettings,
    inputs=(Port(name="manifest", help="table of the slides"),),
    outputs=(Port(name="split", help="CSV: slide, fold, stratum"),),
    wildcards=("target",),
    run=split,
)
