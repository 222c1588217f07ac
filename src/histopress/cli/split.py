"""``histopress split``: patients to folds, for ever."""

from dataclasses import field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import TargetSettings
from histopress.cohort.splitting.settings import ProtocolSettings, RotationProtocol
from histopress.config import Seed
from histopress.types import settings


@settings
class SplitSettings:
    """What decides where a new patient stands."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)


def split(job: Job) -> None:
    """Add new patients and slides to the split; nobody who is in it moves."""
    from histopress.cli.cohort import load_labels, load_manifest, load_table
    from histopress.cohort.splitting.divisions import divisions
    from histopress.cohort.splitting.protocols import make_split, split_key
    from histopress.cohort.splitting.splits import read_split, split_version, write_split

    chosen, name = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, name, chosen.target)
    former = job.former("split")
    existing = read_split(former) if former else ()
    rows = make_split(
        manifest,
        labels,
        existing,
        settings=chosen.protocol,
        key=split_key(chosen.seed, name),
        table=load_table(job),
    )
    write_split(job.output("split"), rows)
    found = divisions(rows, chosen.protocol, labels.strata.keys())
    divided = {slide for parts in found for slide in parts.slides}
    job.facts.update(
        slides=len({row.slide_id for row in rows}),
        new=len(rows) - len(existing),
        version=split_version(rows),
        divisions=len(found),
        in_no_part=len(labels.strata.keys() - divided),
    )


VERB = Verb(
    name="split",
    environment="slide",
    settings=SplitSettings,
    inputs=(
        *COHORT_PORTS,
        Port(
            name="table",
            help="split table, or a folder of them, where the protocol takes one",
            optional=True,
        ),
    ),
    outputs=(Port(name="split", help="CSV: slide, repeat, group, fold, stratum, version"),),
    wildcards=("target",),
    run=split,
)
