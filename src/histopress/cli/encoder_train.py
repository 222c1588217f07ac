"""``histopress encoder train``: an encoder trained on labelled, or merely given, patches."""

from typing import TYPE_CHECKING, Any

from histopress.cli.encoder_define import OUTPUTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.config import Seed
from histopress.encoder.settings import TrainedSettings, input_name
from histopress.types import Microns, settings

if TYPE_CHECKING:
    from histopress.encoder.training.loop import Outcome
    from histopress.encoder.training.objective import Objective
    from histopress.patches.table import PatchTable


@settings
class TrainEncoderSettings:
    """What decides the weights."""

    seed: Seed = 1
    encoder: TrainedSettings


def train_encoder(job: Job) -> None:
    """Train, and write weights, card, history and pictures."""
    from histopress.encoder.card import save_weights, write_card
    from histopress.encoder.training.batches import check_tables
    from histopress.encoder.training.checkpoint import Checkpoint
    from histopress.encoder.training.choose import build_objective
    from histopress.encoder.training.device import keep_memory, pick_device
    from histopress.encoder.training.loop import fit
    from histopress.store import write_csv

    chosen, name = job.settings.encoder, job.wildcard("encoder")
    device, schedule = pick_device(), chosen.schedule
    mixed = device.type == "cuda" and schedule.precision == "mixed"
    fix_numerics(
        job,
        threads=schedule.threads,
        device=device.type,
        dtype="bfloat16" if mixed else "float32",
        batch=schedule.batch,
    )
    keep_memory()
    tables = _tables(job)
    check_tables(tables, chosen.input_px, encoder=name)
    seed = job.seed("encoder", name)
    objective = build_objective(tables, chosen, seed=seed, device=device)
    outcome = fit(
        objective,
        chosen.schedule,
        seed=seed,
        checkpoint=Checkpoint(*job.resumable("weights")),
        progress=job.progress(f"train {name}"),
    )
    state = objective.encoder.state_dict()
    digest = save_weights(job.output("weights"), {key: value.cpu() for key, value in state.items()})
    write_card(job.output("card"), _card(job, tables, objective, outcome, digest))
    columns = list(outcome.history[0]) if outcome.history else ["epoch"]
    write_csv(job.output("history"), outcome.history, columns)
    _draw(job, tables, objective, outcome)
    job.facts.update(epochs=len(outcome.history), kept_epoch=outcome.epoch, device=str(device))


def _tables(job: Job) -> dict[str, "PatchTable"]:
    """Read the tables of the encoder's tasks from the folder given as ``patches``."""
    from histopress.patches.table import read_patches

    chosen = job.settings.encoder
    file = f"{input_name(chosen.input_px, chosen.input_spacing_um)}.h5"
    folder = job.request.paths["patches"]
    return {task: read_patches(job.reads("patches", folder / task / file)) for task in chosen.tasks}


def _card(
    job: Job,
    tables: dict[str, "PatchTable"],
    objective: "Objective",
    outcome: "Outcome",
    digest: str,
) -> Any:
    from dataclasses import asdict

    from histopress.encoder.card import EncoderCard

    chosen = job.settings.encoder
    tower = not hasattr(chosen, "filters")
    last = outcome.history[outcome.epoch - 1] if outcome.history else {}
    return EncoderCard(
        architecture="tower" if tower else "convolutional",
        channels=chosen.channels,
        input_px=chosen.input_px,
        input_spacing_um=Microns(chosen.input_spacing_um),
        filters=0 if tower else chosen.filters,
        origin=f"trained here ({chosen.kind})",
        weights_sha256=digest,
        tasks=[_task(name, table, objective) for name, table in tables.items()],
        training={
            "seed": job.settings.seed,
            "epochs": len(outcome.history),
            "kept_epoch": outcome.epoch,
            "tuning": {key: last[key] for key in last if key not in ("epoch", "best")},
            "settings": asdict(chosen),
        },
    )


def _task(name: str, table: "PatchTable", objective: "Objective") -> dict[str, Any]:
    """Tell what a task is and, if the encoder learned its labels, how well it knows them."""
    from histopress.encoder.training.multitask import Multitask
    from histopress.patches.table import PARTS
    from histopress.probe.metrics import patch_metrics

    facts = {
        "name": name,
        "classes": list(table.classes),
        "groups": len(set(table.groups)),
        **{key: value for key, value in table.facts.items() if key != "task"},
        "patches": {part: len(table.indices(part)) for part in PARTS},
    }
    part = table.indices("validation")
    if isinstance(objective, Multitask) and len(part):
        probabilities, labels = objective.predict(name, "validation")
        groups = [table.groups[index] for index in part]
        facts["validation"] = patch_metrics(labels, probabilities, groups, table.classes, seed=0)
    return facts


def _draw(
    job: Job, tables: dict[str, "PatchTable"], objective: "Objective", outcome: "Outcome"
) -> None:
    """Draw the history, and a sheet of what the encoder saw or rebuilt."""
    from histopress.encoder.training.pictures import (
        Reconstructing,
        reconstruct_tuning,
        training_rows,
    )
    from histopress.evaluate.figures import save_svg
    from histopress.patches.sheet import contact_sheet, write_sheet
    from histopress.probe.curves import history_figure

    name = job.wildcard("encoder")
    figure = history_figure(outcome.history, title=name, kept=outcome.epoch)
    save_svg(figure, job.output("curves"), description=f"training of encoder {name}")
    shown = (
        reconstruct_tuning(objective)
        if isinstance(objective, Reconstructing)
        else training_rows(tables, job.settings.encoder.augment)
    )
    sheet = contact_sheet(shown.rows, row_labels=shown.row_labels, title=name)
    write_sheet(job.output("sheet"), sheet)


VERB = Verb(
    name="encoder train",
    environment="learn",
    settings=TrainEncoderSettings,
    inputs=(Port(name="patches", help="folder of patch tables, TASK/INPUT.h5"),),
    outputs=(
        *OUTPUTS,
        Port(name="history", help="CSV: a row an epoch"),
        Port(name="curves", help="SVG: losses and scores by epoch"),
        Port(name="sheet", help="PNG: patches as varied in training, or rebuilt"),
    ),
    wildcards=("encoder",),
    run=train_encoder,
)
