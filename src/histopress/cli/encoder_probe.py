"""``histopress encoder probe``: a frozen encoder judged on a task's labelled patches."""

from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.config import Seed
from histopress.probe.settings import ProbeSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.encoder.card import EncoderCard
    from histopress.patches.table import PatchTable
    from histopress.probe.probe import Features


@settings
class ProbeVerbSettings:
    """What decides the metrics of one probe."""

    seed: Seed = 1
    features: Annotated[
        Literal["encoder", "colour-texture"],
        Field(description="Embeddings, or colour and texture statistics without any encoder."),
    ] = "encoder"
    probe: ProbeSettings = field(default_factory=ProbeSettings)


def probe_encoder(job: Job) -> None:
    """Fit both classifiers, score the validation part and write metrics and predictions."""
    from histopress.patches.table import read_patches
    from histopress.probe.predictions import SCHEMA, write_predictions
    from histopress.probe.probe import run_probe
    from histopress.store import write_json

    chosen = job.settings
    fix_numerics(job, threads=chosen.probe.mlp.threads)
    encoder, task = job.wildcard("encoder"), job.wildcard("task")
    table = read_patches(job.input("patches"))
    card, features = _features(job, table)
    result = run_probe(table, features, chosen.probe, seed=chosen.seed, encoder=encoder, task=task)
    write_predictions(job.output("predictions"), result.predictions)
    one = next(iter(result.predictions.values()))
    metrics = {
        "schema": SCHEMA,
        "encoder": encoder,
        "task": task,
        "features": chosen.features,
        "channels": result.channels,
        "classes": list(table.classes),
        "patches": result.counts,
        "validation_sha256": one.digest,
        "input": {"px": table.input_px, "spacing_um": _finite(table.spacing_um)},
        "task_facts": {name: table.facts.get(name) for name in ("grouping", "note", "warnings")},
        "encoder_facts": _encoder_facts(card),
        "classifiers": result.metrics,
    }
    write_json(job.output("metrics"), metrics)
    job.facts.update({name: found["auc"]["value"] for name, found in result.metrics.items()})


def _features(job: Job, table: "PatchTable") -> "tuple[EncoderCard | None, Features]":
    from functools import partial

    from histopress.errors import ConfigError
    from histopress.probe.baseline import colour_texture
    from histopress.probe.study import BASELINE

    encoder, task = job.wildcard("encoder"), job.wildcard("task")
    progress = job.progress(f"probe {encoder} on {task}")
    if job.settings.features == BASELINE:
        return None, partial(colour_texture, table, progress=progress)
    if not (job.has("card") and job.has("weights")):
        raise ConfigError(
            f"encoder '{encoder}': give --card and --weights, or set 'features' to '{BASELINE}', "
            "which needs no encoder"
        )
    from histopress.encoder.card import load_network, read_card
    from histopress.probe.embed import check_input, embed_patches

    card = read_card(job.input("card"))
    check_input(card, table, encoder=encoder, task=task)
    network = load_network(card, job.input("weights"))
    return card, partial(embed_patches, network, table, progress=progress)


def _encoder_facts(card: "EncoderCard | None") -> dict[str, Any]:
    """Tell a comparison what there is to say; ``tasks`` is null where nobody knows."""
    if card is None:
        return dict.fromkeys(("kind", "spacing_um", "weights_sha256")) | {
            "tasks": [],
            "origin": "no encoder",
        }
    names = [task["name"] for task in card.tasks]
    learned = card.training.get("epochs") != 0
    unknown = not names and card.architecture != "mean-rgb"
    tasks = None if unknown else sorted(names) if learned else []
    return {
        "tasks": tasks,
        "kind": card.training.get("settings", {}).get("kind"),
        "origin": card.origin,
        "spacing_um": card.input_spacing_um,
        "weights_sha256": card.weights_sha256,
    }


def _finite(value: float) -> float | None:
    return value if value == value else None


VERB = Verb(
    name="encoder probe",
    environment="learn",
    settings=ProbeVerbSettings,
    inputs=(
        Port(name="card", help="the encoder's card.json", optional=True),
        Port(name="weights", help="the encoder's weights.safetensors", optional=True),
        Port(name="patches", help="HDF5 table of the task's patches at the encoder's input"),
    ),
    outputs=(
        Port(name="metrics", help="JSON: metrics with intervals, of each classifier"),
        Port(name="predictions", help="CSV: a row a classifier and validation patch"),
    ),
    wildcards=("encoder", "task"),
    run=probe_encoder,
)
