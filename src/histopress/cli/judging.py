"""What verbs that judge predictions share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.job import Job
from histopress.cohort.settings import ProtocolSettings, TargetSettings
from histopress.config import Seed
from histopress.evaluate.settings import EvaluationSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.evaluate.judge import Judged
    from histopress.evaluate.predictions import Prediction


@settings
class JudgingSettings:
    """What decides metrics."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0,)
    divisions: Annotated[int, Field(ge=1)]
    evaluation: EvaluationSettings


def load_rows(
    job: Job, folder: Path, labels: "Labels", *, seeds: Sequence[int] | None = None
) -> "tuple[Prediction, ...]":
    """Read the predictions of all seeds and divisions below ``folder``, averaged over seeds."""
    from histopress.evaluate.predictions import average_predictions

    chosen = job.settings.seeds if seeds is None else seeds
    return average_predictions([_one_seed(job, folder / f"seed{seed}", labels) for seed in chosen])


def _one_seed(job: Job, folder: Path, labels: "Labels") -> "tuple[Prediction, ...]":
    from histopress.evaluate.predictions import parse_predictions
    from histopress.store import read_csv

    found: list[Prediction] = []
    for division in range(job.settings.divisions):
        path = job.reads("models", folder / f"fold{division}" / "predictions.csv")
        found += parse_predictions(
            read_csv(path),
            target=labels.target,
            kind=labels.kind,
            classes=labels.classes,
            name=str(path),
            splits=("train", "validation", "test"),
        )
    return tuple(found)


def judge_rows(
    job: Job,
    rows: "Sequence[Prediction]",
    labels: "Labels",
    manifest: "Manifest",
    *,
    names: Sequence[str],
) -> "Judged":
    """Judge one row of the comparison with the job's settings."""
    from histopress.errors import SlideError
    from histopress.evaluate.judge import People, judge

    chosen = job.settings
    if not any(row.split == "test" for row in rows):
        raise SlideError(
            f"target '{labels.target}', {' · '.join(names[1:])}: no slide of any test part is "
            "usable, so nothing can be judged; 'histopress summary' gives the reasons: correct "
            "them, or divide otherwise"
        )
    return judge(
        rows,
        labels,
        People.of(manifest),
        chosen.evaluation,
        rng=job.rng("bootstrap", *names),
        horizons=getattr(chosen.target, "horizons", ()),
        ensemble=chosen.protocol.kind == "ensemble",
    )


def facts_of(job: Job, labels: "Labels", names: Sequence[str]) -> dict[str, Any]:
    """Tell what stands in every ``metrics.json``: whose, which, under which protocol."""
    chosen = job.settings
    return {
        **dict(zip(("target", "encoder", "model"), names, strict=True)),
        "note": chosen.target.note,
        "control": "labels were permuted" if labels.permuted else None,
        "protocol": chosen.protocol.kind,
        "divisions": chosen.divisions,
        "seeds": list(chosen.seeds),
    }


def write_tested(job: Job, judged: "Judged", labels: "Labels") -> None:
    """Write the tested slides' predictions, averaged over seeds."""
    from histopress.evaluate.predictions import prediction_columns, prediction_rows
    from histopress.store import write_csv

    rows = prediction_rows(
        judged.tested, target=labels.target, kind=labels.kind, classes=labels.classes
    )
    columns = prediction_columns(labels.target, labels.classes, labels.kind)
    write_csv(job.output("predictions"), rows, columns)
