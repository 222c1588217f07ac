"""``histopress train``: one fold of one slide-level model."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.config import Seed
from histopress.learn.settings import ModelSettings, NumericsSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.targets import Labels
    from histopress.compress.slide import CompressedSlide
    from histopress.learn.fold import FoldResult, Part, Predicted


@settings
class TrainSettings:
    """What decides a fold's model."""

    seed: Seed = 1
    target: TargetSettings
    model: ModelSettings
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)
    numerics: NumericsSettings = field(default_factory=NumericsSettings)


def train(job: Job) -> None:
    """Train on the fold's training patients and predict all of its patients."""
    from histopress.cli.cohort import load_compressed, load_labels, load_manifest
    from histopress.learn.data import label_slides
    from histopress.learn.fold import train_fold
    from histopress.learn.goal import Goal
    from histopress.learn.stored import save_stored
    from histopress.store import write_csv

    chosen, target = job.settings, job.wildcard("target")
    fix_numerics(job, threads=chosen.numerics.threads)
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, target, chosen.target)
    loaded = [load_compressed(job, slide_id) for slide_id in sorted(labels.values)]
    slides = label_slides(loaded, labels, manifest.patients)
    side = fold_parts(job, labels)
    slides = [each for each in slides if each.slide_id in side]
    parts = {each.slide_id: side[each.slide_id] for each in slides}
    seen = check_encoder(job, parts, manifest.patients)
    names = (target, job.wildcard("encoder"), job.wildcard("model"))
    result = train_fold(
        slides,
        parts,
        settings=chosen.model,
        goal=Goal.of(labels),
        seed=job.seed("train", *names, job.wildcard("seed"), job.wildcard("fold")),
        progress=job.progress(f"train {' '.join(names)} fold {job.wildcard('fold')}"),
    )
    save_stored(
        job.output("weights"), result.state, _info(job, result, labels, loaded, manifest.patients)
    )
    write_csv(job.output("history"), list(result.history), list(result.history[0]))
    write_predictions(job, result, parts, labels)
    used = [coverage.used for coverage in result.coverage.values()]
    job.facts.update(
        slides={part: list(parts.values()).count(part) for part in ("train", "validation", "test")},
        excluded=sum(slide.excluded for slide in loaded),
        lowest_coverage=round(min(used, default=1.0), 4),
        encoder_patients=seen,
    )


def fold_parts(job: Job, labels: "Labels") -> dict[str, "Part"]:
    """Say on which side of the job's division each slide stands, unless on none.

    Raises
    ------
    StoreError
        The split has no such division, or a slide has a label but no place in the split.
    """
    from histopress.cohort.splitting.divisions import divisions
    from histopress.cohort.splitting.splits import read_split
    from histopress.errors import StoreError

    path, fold = job.input("split"), int(job.wildcard("fold"))
    rows = read_split(path)
    found = divisions(rows, job.settings.protocol, labels.values)
    if fold >= len(found):
        raise StoreError(
            f"{path}: gives {len(found)} divisions, fold {fold} is asked for; "
            "run 'histopress split' with this protocol first"
        )
    if missing := sorted(set(labels.values) - {row.slide_id for row in rows}):
        raise StoreError(
            f"slides {', '.join(missing[:5])}: have a label but no fold; "
            "run 'histopress split' with this manifest first"
        )
    side: dict[str, Part] = dict.fromkeys(found[fold].train, "train")
    side |= dict.fromkeys(found[fold].validation, "validation")
    side |= dict.fromkeys(found[fold].test, "test")
    return side


def check_encoder(job: Job, parts: Mapping[str, "Part"], patients: Mapping[str, str]) -> str:
    """Refuse patients of the encoder's training among those validated or tested."""
    from histopress.cohort.people import check_unseen, load_key
    from histopress.encoder.card import read_card

    if not job.has("card"):
        return "not checked: no card is given"
    card = read_card(job.input("card"))
    if not card.tasks and card.architecture != "mean-rgb":
        return f"not checked: the card does not name the patients ({card.origin})"
    held_out = {slide: patients[slide] for slide, part in parts.items() if part != "train"}
    return check_unseen(card.tasks, held_out, key=load_key(), cohort=patients)


def _info(
    job: Job,
    result: "FoldResult",
    labels: "Labels",
    loaded: Sequence["CompressedSlide"],
    patients: Mapping[str, str],
) -> Any:
    from histopress.cohort.people import load_key, people_facts
    from histopress.learn.goal import Goal
    from histopress.learn.guards import content_digest
    from histopress.learn.stored import ModelInfo

    used = sorted(result.fitted_on | result.chosen_on)
    by_id = {slide.slide_id: slide for slide in loaded}
    return ModelInfo(
        settings=job.settings.model,
        goal=Goal.of(labels),
        target=labels.target,
        classes=labels.classes,
        positive=labels.positive,
        unit=labels.unit,
        encoder=job.wildcard("encoder"),
        weights_sha256=str(by_id[used[0]].attributes.get("weights_sha256", "")),
        slides=tuple(used),
        contents=tuple(content_digest(by_id[slide]) for slide in used),
        people=people_facts([(patients[slide], slide) for slide in used], key=load_key()),
    )


def write_predictions(
    job: Job, found: "Predicted", parts: Mapping[str, "Part"], labels: "Labels"
) -> None:
    """Write what a fold's model says of every slide, and how much of each it saw."""
    from histopress.errors import ConfigError
    from histopress.evaluate.predictions import Prediction, prediction_columns, prediction_rows
    from histopress.store import write_csv

    columns = (*prediction_columns(labels.target, labels.classes, labels.kind), "coverage")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise ConfigError(
            f"target '{labels.target}': predictions would have two columns '{twice[0]}'; give the "
            "target another name"
        )
    predictions = [
        Prediction(
            slide_id=slide_id,
            fold=int(job.wildcard("fold")),
            split=parts[slide_id],
            label=labels.values[slide_id],
            scores=tuple(float(value) for value in found.predictions[slide_id]),
        )
        for slide_id in sorted(found.predictions)
    ]
    rows = [
        {**row, "coverage": round(found.coverage[row["slide_id"]].used, 4)}
        for row in prediction_rows(
            predictions, target=labels.target, kind=labels.kind, classes=labels.classes
        )
    ]
    write_csv(job.output("predictions"), rows, columns)


VERB = Verb(
    name="train",
    environment="learn",
    settings=TrainSettings,
    inputs=(
        *COHORT_PORTS,
        Port(name="split", help="CSV of 'histopress split'"),
        Port(name="compressed", help="folder of compressed slides"),
        Port(name="card", help="the encoder's card.json, to find its patients", optional=True),
    ),
    outputs=(
        Port(name="weights", help="model.safetensors"),
        Port(name="history", help="CSV: what training tried"),
        Port(name="predictions", help="CSV: a row a slide"),
    ),
    wildcards=("target", "encoder", "model", "seed", "fold"),
    run=train,
)
