"""``histopress null``: labels shuffled through the whole cross-validation, many times."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from histopress.audit.record import identifier
from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.cli.train import TrainSettings
from histopress.types import settings

if TYPE_CHECKING:
    pass

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
    from histopress.cli.cohort import load_compressed, load_labels, load_manifest, load_table
    from histopress.cohort.splitting.protocols import split_key
    from histopress.cohort.targets import permute_target
    from histopress.evaluate.cross_validation import CrossValidation, stand_ins
    from histopress.evaluate.figures import null_figure, save_svg
    from histopress.evaluate.null import split_p, summarise_null
    from histopress.store import read_json, write_csv, write_json

    chosen = job.settings
    names = [job.wildcard(name) for name in ("target", "encoder", "model")]
    fix_numerics(job, threads=chosen.numerics.threads)
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, names[0], chosen.target)
    slides = [load_compressed(job, slide_id) for slide_id in sorted(labels.values)]
    usable = [slide for slide in slides if not slide.excluded]
    whole = CrossValidation(
        slides=stand_ins(usable, chosen.model),
        manifest=manifest,
        protocol=chosen.protocol,
        table=load_table(job),
        model=chosen.model,
    )
    rows: list[dict[str, Any]] = []
    progress = job.progress(f"permute {' '.join(names)}")
    for number in range(chosen.permutations):
        shuffled = permute_target(labels, manifest, rng=job.rng("null", *names, number))
        key = split_key(chosen.seed, f"{labels.target}/null/{number}")
        judged = whole.judge(shuffled, key=key, seed_of=partial(job.seed, "null", number))
        rows.append({"permutation": number, **judged})
        progress(number + 1, chosen.permutations)
    metrics = read_json(job.input("metrics"))
    figures = observed_figures(metrics)
    job.content["metrics"] = identifier(figures)
    observed = figures["observed"]
    found = summarise_null(
        [row["figure"] for row in rows],
        [row["p"] for row in rows],
        observed=observed,
        kind=labels.kind,
    )
    if labels.kind == "survival":
        found["log_rank"] = split_p([row["log_rank"] for row in rows], figures["log_rank"])
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


def observed_figures(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Give what of a row's metrics is held against the null; the rest is no reason to rerun."""
    return {
        "observed": metrics["metrics"][metrics["primary"]]["estimate"],
        "log_rank": metrics.get("kaplan_meier", {}).get("log_rank"),
    }


def _numbers(values: "Sequence[float | None]") -> Any:
    import numpy as np

    return np.array([np.nan if value is None else value for value in values], np.float64)


VERB = Verb(
    name="null",
    environment="learn",
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
