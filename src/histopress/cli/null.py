"""``histopress null``: labels shuffled through the whole cross-validation, many times."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.train import TrainSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.compress.slide import CompressedSlide
    from histopress.evaluate.predictions import Prediction

SHOWN = {
    "auc": "AUC within folds",
    "spearman": "Spearman's ρ within folds",
    "c": "Harrell's C within folds",
}
COLUMNS = ("permutation", "figure", "p", "log_rank", "undefined")


@settings
class NullSettings(TrainSettings):
    """What decides the null distribution."""

    permutations: Annotated[int, Field(ge=5, le=100_000)] = 200


def null(job: Job) -> None:
    """Shuffle labels among patients of a centre, divide, train and judge anew each time."""
    import torch

    from histopress.cli.cohort import load_compressed, load_labels, load_manifest
    from histopress.cohort.targets import permute_target
    from histopress.evaluate.figures import null_figure, save_svg
    from histopress.evaluate.null import split_p, summarise_null
    from histopress.store import read_json, write_csv, write_json

    chosen = job.settings
    names = [job.wildcard(name) for name in ("target", "encoder", "model")]
    torch.set_num_threads(chosen.numerics.threads)
    torch.set_deterministic_debug_mode("error")  # the same, without importing the compiler
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, names[0], chosen.target)
    slides = [load_compressed(job, slide_id) for slide_id in sorted(labels.values)]
    usable = stand_ins([slide for slide in slides if not slide.excluded], chosen.model)
    rows: list[dict[str, Any]] = []
    progress = job.progress(f"permute {' '.join(names)}")
    for number in range(chosen.permutations):
        shuffled = permute_target(labels, manifest, rng=job.rng("null", *names, number))
        rows.append({"permutation": number, **_one(job, number, usable, shuffled, manifest)})
        progress(number + 1, chosen.permutations)
    metrics = read_json(job.input("metrics"))
    observed = metrics["metrics"][metrics["primary"]]["estimate"]
    found = summarise_null(
        [row["figure"] for row in rows],
        [row["p"] for row in rows],
        observed=observed,
        kind=labels.kind,
    )
    if labels.kind == "survival":
        statistic = metrics["kaplan_meier"]["log_rank"]
        found["log_rank"] = split_p([row["log_rank"] for row in rows], statistic)
    title = " · ".join(names)
    write_json(
        job.output("null"),
        {**dict(zip(("target", "encoder", "model"), names, strict=True)), **found},
    )
    write_csv(job.output("permutations"), rows, COLUMNS)
    figure = null_figure(
        _numbers([row["figure"] for row in rows]),
        observed=observed,
        chance=found["chance"],
        metric=SHOWN[found["metric"]],
        title=title,
        p=found["p"],
        note=metrics["note"],
    )
    save_svg(figure, job.output("figure"), description=f"Permuted labels of {title}.")
    job.facts.update({key: found[key] for key in ("mean", "monte_carlo_error", "is_chance", "p")})


def stand_ins(slides: "Sequence[CompressedSlide]", model: Any) -> "list[CompressedSlide]":
    """Take the mean embedding for a slide where the model sees nothing else.

    Rounded to half precision, as embeddings are: what is shuffled hundreds of times is small.
    """
    import numpy as np

    from histopress.learn.pooled import pooled

    if model.kind != "mean" or model.reduce is not None or model.fusion == "bag":
        return list(slides)
    one = np.ones((1, 1), np.float32)
    return [
        replace(
            slide,
            grid=row.astype(np.float16)[None, :, None, None],
            tissue=one,
            distance=one,
            views=(0,),
        )
        for slide, row in zip(slides, pooled(slides), strict=True)
    ]


def _one(
    job: Job,
    number: int,
    slides: "Sequence[CompressedSlide]",
    labels: "Labels",
    manifest: "Manifest",
) -> dict[str, Any]:
    """Go through the whole cross-validation once."""
    from histopress.cli.judging import people_of
    from histopress.errors import ConfigError
    from histopress.evaluate.judge import PRIMARY, make_units, primary_figure
    from histopress.evaluate.null import chance_p
    from histopress.evaluate.undefined import UndefinedMetricError

    try:
        rows = _cross_validated(job, number, slides, labels, manifest)
        tested = tuple(row for row in rows if row.split == "test")
        units = make_units(tested, labels, people_of(manifest))
        p, figure = chance_p(units, PRIMARY[labels.kind]), primary_figure(units)
    except (UndefinedMetricError, ConfigError) as error:
        return {"figure": None, "p": None, "log_rank": None, "undefined": str(error)}
    return {
        "figure": figure,
        "p": None if math.isnan(p) else p,
        "log_rank": _log_rank(units, rows, labels, manifest),
        "undefined": "",
    }


def _log_rank(
    units: Any, rows: "Sequence[Prediction]", labels: "Labels", manifest: "Manifest"
) -> float | None:
    """Statistic of the split at each fold's training median; None unless survival."""
    from histopress.evaluate.fold_models import split_statistic
    from histopress.evaluate.fusion import fuse_training

    if labels.kind != "survival":
        return None
    tested = [row for row in rows if row.split == "test"]
    trained = [row for row in rows if row.split == "train"]
    training = fuse_training(trained, manifest.patients, level=labels.level, tested=tested)
    return split_statistic(units, training)


def _cross_validated(
    job: Job,
    number: int,
    slides: "Sequence[CompressedSlide]",
    labels: "Labels",
    manifest: "Manifest",
) -> "tuple[Prediction, ...]":
    """Divide, train every division of one repeat and predict; an ensemble counts as one model."""
    from histopress.cli.cohort import load_table
    from histopress.cli.train import goal_of, labelled_slides
    from histopress.cohort.splitting.divisions import divisions
    from histopress.cohort.splitting.protocols import make_split, n_repeats, split_key
    from histopress.evaluate.predictions import Prediction
    from histopress.evaluate.runs import as_ensemble, repeats_of
    from histopress.learn.fold import train_fold

    chosen = job.settings
    rows = make_split(
        manifest,
        labels,
        (),
        settings=chosen.protocol,
        key=split_key(chosen.seed, f"{labels.target}/null/{number}"),
        table=load_table(job),
    )
    labelled = labelled_slides(slides, labels, manifest.patients)
    known = {each.slide_id for each in labelled}
    found: list[Prediction] = []
    every = divisions(rows, chosen.protocol, labels.values)
    for fold, parts in enumerate(every[: len(every) // n_repeats(chosen.protocol)]):
        side: Any = {slide: "train" for slide in parts.train if slide in known}
        side |= {slide: "validation" for slide in parts.validation if slide in known}
        side |= {slide: "test" for slide in parts.test if slide in known}
        result = train_fold(
            [each for each in labelled if each.slide_id in side],
            side,
            settings=chosen.model,
            goal=goal_of(labels),
            seed=job.seed("null", number, fold),
        )
        found += [
            Prediction(
                slide_id=slide,
                fold=fold,
                split=part,
                label=labels.values[slide],
                scores=tuple(result.predictions[slide].tolist()),
            )
            for slide, part in side.items()
        ]
    if chosen.protocol.kind == "ensemble":
        tested, trained = as_ensemble(found, hazards=labels.kind == "survival")
        return (*tested, *trained)
    first = next(iter(repeats_of(found)), ())
    return tuple(row for row in found if row.fold in first)


def _numbers(values: "Sequence[float | None]") -> Any:
    import numpy as np

    return np.array([np.nan if value is None else value for value in values], np.float64)


VERB = Verb(
    name="null",
    settings=NullSettings,
    inputs=(
        *COHORT_PORTS,
        Port(name="metrics", help="JSON of 'histopress evaluate', for the observed figure"),
        Port(name="compressed", help="folder of compressed slides"),
    ),
    outputs=(
        Port(name="null", help="JSON: the null and where the observed figure stands in it"),
        Port(name="permutations", help="CSV: a row a permutation"),
        Port(name="figure", help="SVG: the distribution"),
    ),
    wildcards=("target", "encoder", "model"),
    run=null,
)
