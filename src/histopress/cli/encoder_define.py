"""``histopress encoder define``: the card of an encoder that needs no weights."""

from histopress.cli.job import Job, Port, Verb
from histopress.types import settings


@settings
class DefineSettings:
    """Mean-RGB has nothing to choose."""


OUTPUTS = (
    Port(
        name="weights",
        help="weights.safetensors",
        default="results/encoders/{encoder}/weights.safetensors",
    ),
    Port(name="card", help="card.json", default="results/encoders/{encoder}/card.json"),
)


def define(job: Job) -> None:
    """Write the card of mean-RGB, and an empty weights file so that all encoders look alike."""
    from histopress.encoder.card import EncoderCard, save_weights, write_card

    digest = save_weights(job.output("weights"), {})
    card = EncoderCard(
        architecture="mean-rgb", channels=3, origin="mean of each channel", weights_sha256=digest
    )
    write_card(job.output("card"), card)


VERB = Verb(
    name="encoder define",
    environment="learn",
    settings=DefineSettings,
    outputs=OUTPUTS,
    wildcards=("encoder",),
    run=define,
)
