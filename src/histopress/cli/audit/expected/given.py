"""What each rule of the workflow gives its jobs, asked of the plan as the rules ask it."""

from histopress.cli.audit.expected.rule import Inputs, Wildcards
from histopress.cli.plan import Plan
from histopress.patches.settings import CohortSource
from histopress.study import names

WEIGHTS = f"{names.ENCODER}/weights.safetensors"
CARD = f"{names.ENCODER}/card.json"
HISTORY = f"{names.ENCODER}/history.csv"
METRICS = f"{names.EVALUATION}/metrics.json"


def at(pattern: str, wildcards: Wildcards) -> list[str]:
    """Fill in the pattern of one file."""
    return [pattern.format(**vars(wildcards))]


def cohort(plan: Plan, wildcards: Wildcards) -> dict[str, list[str]]:
    """Tables that a target is learned from."""
    return {
        "manifest": [str(plan.study.config.manifest)],
        "labels": plan.learning.label_tables(wildcards.target),
    }


def divided(plan: Plan, wildcards: Wildcards) -> dict[str, list[str]]:
    """Give the tables and the split."""
    return {**cohort(plan, wildcards), "split": at(plan.learning.split(), wildcards)}


def slide(plan: Plan, wildcards: Wildcards) -> dict[str, list[str]]:
    """Give the slide; nothing if it is missing and may be quarantined."""
    path, _ = plan.slide(wildcards.slide)
    return {"slide": [path] if path else []}


def tiles(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Tiles that an encoder's embeddings of a slide are made of."""
    return [names.TILES.format(grid=plan.grid(wildcards.encoder), slide=wildcards.slide)]


def patches(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Files of a patch task: tiles of the study's own slides, or what its source names."""
    of_cohort = isinstance(plan.study.config.tasks[wildcards.task].source, CohortSource)
    return {"tiles" if of_cohort else "files": plan.patch_source(wildcards.task)}


def encode(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Slide, tiles and encoder."""
    return {
        **slide(plan, wildcards),
        "tiles": tiles(plan, wildcards),
        "card": at(CARD, wildcards),
        "weights": at(WEIGHTS, wildcards),
    }


def compress(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Tiles and embeddings."""
    return {"tiles": tiles(plan, wildcards), "features": at(names.FEATURES, wildcards)}


def foreign_features(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Embeddings of another tool."""
    file = plan.features(wildcards.encoder, wildcards.slide)
    return {"features": [file] if file else []}


def card(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Card of an encoder, and the history of its training."""
    return {"card": at(CARD, wildcards), "history": plan.history(wildcards.encoder)}


def probe(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Card of a probed encoder, and patches."""
    return {
        "card": plan.probed_card(wildcards.encoder),
        "patches": [plan.study.patches(wildcards.encoder, wildcards.task)],
    }


def split(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Tables that patients are divided by."""
    return {**cohort(plan, wildcards), "divisions": plan.learning.split_tables()}


def train(plan: Plan, wildcards: Wildcards) -> Inputs:
    """All that a fold learns from."""
    return {
        **divided(plan, wildcards),
        "card": plan.learning.cards(wildcards.encoder),
        "compressed": plan.learning.labelled(wildcards.target, wildcards.encoder),
    }


def evaluate(plan: Plan, wildcards: Wildcards) -> Inputs:
    """All that a row is judged by."""
    return {
        **divided(plan, wildcards),
        "predictions": plan.learning.fold_predictions(wildcards),
        "histories": plan.learning.fold_histories(wildcards),
        "compressed": plan.learning.evaluated(wildcards.target, wildcards.encoder),
    }


def select(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Predictions of the rows to choose among."""
    return {**cohort(plan, wildcards), "predictions": plan.learning.validated(wildcards.target)}


def clinical(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Predictions of the image and of covariates."""
    return {
        **cohort(plan, wildcards),
        "predictions": plan.learning.fold_predictions(wildcards),
        "clinical": plan.learning.clinical_predictions(wildcards.target),
    }


def compare(plan: Plan, _: Wildcards) -> Inputs:
    """Metrics of all rows."""
    return {
        "manifest": [str(plan.study.config.manifest)],
        "metrics": plan.learning.metrics() + plan.learning.selected(),
    }


def null(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Give what labels are shuffled in, and the figures to hold against it."""
    return {
        **cohort(plan, wildcards),
        "predictions": plan.learning.fold_predictions(wildcards),
        "metrics": at(METRICS, wildcards),
        "compressed": plan.learning.labelled(wildcards.target, wildcards.encoder),
    }


def explain(plan: Plan, wildcards: Wildcards) -> Inputs:
    """Give a slide and all models of a row."""
    return {
        "compressed": at(names.COMPRESSED, wildcards),
        "weights": plan.learning.weights(wildcards),
    }


def is_drawn(plan: Plan, wildcards: Wildcards) -> bool:
    """Whether the workflow draws a slide."""
    row = plan.study.manifest.by_id.get(wildcards.slide)
    return row is not None and plan.study.is_drawn(row)


def draws_patches(plan: Plan, wildcards: Wildcards) -> bool:
    """Whether the workflow draws a task's patches."""
    phantom = plan.study.config.phantom
    return phantom is not None and wildcards.task in phantom.patches


def is_learned(plan: Plan, wildcards: Wildcards) -> bool:
    """Whether a row is learned from embeddings."""
    return wildcards.encoder in plan.study.config.encoders


def has_row(plan: Plan, wildcards: Wildcards) -> bool:
    """Whether there is such a row."""
    return wildcards.encoder in plan.learning.row_encoders
