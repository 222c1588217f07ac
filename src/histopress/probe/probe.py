"""One probe: fit on the training and tuning parts, score the validation part once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int64

from histopress.errors import ConfigError
from histopress.patches.table import PatchTable
from histopress.probe.classifiers import Fitted, Labelled, fit_logistic
from histopress.probe.metrics import patch_metrics
from histopress.probe.mlp import fit_mlp
from histopress.probe.predictions import PatchPredictions, validation_digest
from histopress.probe.sample import fitting_patches
from histopress.probe.settings import ProbeSettings
from histopress.seeds import derive_seed

Features = Callable[[Int64[np.ndarray, "N"]], Float[np.ndarray, "N C"]]
"""Features of the patches at given places of a table."""


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What a probe leaves.

    Attributes
    ----------
    metrics : dict
        By classifier: :func:`histopress.probe.metrics.patch_metrics` and what is known of the fit.
    predictions : dict
        By classifier.
    counts : dict
        Patches used of each part.
    channels : int
        Length of a feature vector.
    """

    metrics: dict[str, dict[str, Any]]
    predictions: dict[str, PatchPredictions]
    counts: dict[str, int]
    channels: int


def run_probe(
    table: PatchTable,
    features: Features,
    settings: ProbeSettings,
    *,
    seed: int,
    encoder: str,
    task: str,
) -> ProbeResult:
    """Fit both classifiers and score them.

    Labels of the validation part are read after the fits and for the scores alone.

    Parameters
    ----------
    table : PatchTable
    features : callable
        Called once a part with places in the table.
    settings : ProbeSettings
    seed : int
        Draws of patches, first weights and replicates derive from it and from ``task``, not from
        the encoder; so encoders are compared on equal draws.
    encoder, task : str
        Names.

    Raises
    ------
    ConfigError
        The validation part is empty, or a class has no patch to be fitted on.
    """
    seed = derive_seed(seed, "probe", task)
    chosen = fitting_patches(table, n_train=settings.n_train, seed=seed, task=task)
    scored = table.indices("validation")
    if not len(scored):
        raise ConfigError(f"task '{task}': has no validation patch to score a probe on")
    training, tuning = (
        Labelled(features=features(indices), labels=table.labels[indices])
        for indices in chosen.values()
    )
    held_out = features(scored)
    common: dict[str, Any] = {"classes": table.n_classes, "settings": settings}
    fitted: dict[str, Fitted] = {
        "logistic": fit_logistic(training, tuning, **common),
        "mlp": fit_mlp(training, tuning, seed=derive_seed(seed, "mlp"), **common),
    }
    digest = validation_digest(table)
    groups = tuple(table.groups[index] for index in scored)
    predictions = {
        name: PatchPredictions(
            name=f"{encoder} on {task}",
            patches=scored,
            labels=table.labels[scored],
            groups=groups,
            classes=table.classes,
            probabilities=each.predict(held_out),
            digest=digest,
        )
        for name, each in fitted.items()
    }
    return ProbeResult(
        metrics={
            name: {**_score(predictions[name], settings, seed), "fit": dict(each.facts)}
            for name, each in fitted.items()
        },
        predictions=predictions,
        counts={**{part: len(each) for part, each in chosen.items()}, "validation": len(scored)},
        channels=held_out.shape[1],
    )


def _score(predictions: PatchPredictions, settings: ProbeSettings, seed: int) -> dict[str, Any]:
    return patch_metrics(
        predictions.labels,
        predictions.probabilities,
        predictions.groups,
        predictions.classes,
        seed=seed,
        replicates=settings.bootstrap,
        level=settings.level,
    )
