"""``histopress encoder train``: a small supervised encoder on labelled patches."""

from histopress.cli.encoder_define import OUTPUTS
from histopress.cli.job import Job, Port, Verb
from histopress.config import Seed
from histopress.encoder.settings import SupervisedSettings
from histopress.types import Microns, settings


@settings
class TrainEncoderSettings:
    """What decides the weights."""

    seed: Seed = 1
    encoder: SupervisedSettings


def train_encoder(job: Job) -> None:
    """Train, and write weights, card and history."""
    import torch

    from histopress.encoder.card import EncoderCard, save_weights, write_card
    from histopress.encoder.train import train_supervised
    from histopress.patches.table import read_patches
    from histopress.store import write_csv

    chosen = job.settings.encoder
    torch.set_num_threads(chosen.threads)
    torch.use_deterministic_algorithms(True)
    table = read_patches(job.input("patches"))
    name = job.wildcard("encoder")
    trained = train_supervised(
        table, chosen, seed=job.seed("encoder", name), progress=job.progress(f"train {name}")
    )
    digest = save_weights(job.output("weights"), trained.weights)
    card = EncoderCard(
        architecture="convolutional",
        channels=chosen.channels,
        input_px=trained.input_px,
        input_spacing_um=Microns(table.spacing_um * chosen.pool),
        filters=chosen.filters,
        origin="trained here",
        weights_sha256=digest,
        training={
            "classes": list(table.classes),
            "patches": len(table.labels),
            "patients": len(set(table.patient_ids)),
            "validation_patients": trained.validation_patients,
            "validation_accuracy": trained.accuracy,
            "seed": job.settings.seed,
        },
    )
    write_card(job.output("card"), card)
    write_csv(job.output("history"), trained.history, list(trained.history[0]))
    job.facts.update(validation_accuracy=trained.accuracy)


VERB = Verb(
    name="encoder train",
    settings=TrainEncoderSettings,
    inputs=(Port(name="patches", help="HDF5 table of labelled patches"),),
    outputs=(*OUTPUTS, Port(name="history", help="CSV: a row an epoch")),
    wildcards=("encoder",),
    run=train_encoder,
)
