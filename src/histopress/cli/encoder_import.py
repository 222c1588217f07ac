"""``histopress encoder import``: a released Keras encoder as safetensors and card."""

from typing import Annotated

from pydantic import Field

from histopress.cli.encoder_define import OUTPUTS
from histopress.cli.job import Job, Port, Verb
from histopress.types import Microns, settings

RELEASED_SPACING_UM = 1.0
"""The released wrapper pools 128 px at 0.5 µm/px by 2 before the network."""


@settings
class ImportSettings:
    """What the file does not tell."""

    sha256: Annotated[
        str | None, Field(pattern="^[0-9a-f]{64}$", description="Digest that the file must have.")
    ] = None
    input_spacing_um: Annotated[
        float, Field(ge=0.05, le=10, description="Micrometres a pixel of the network's input.")
    ] = RELEASED_SPACING_UM
    licence: Annotated[str, Field(description="Licence of the weights.")] = "MIT"


def bring_in(job: Job) -> None:
    """Read the Keras file, write weights and card."""
    from histopress.encoder.card import EncoderCard, save_weights, write_card
    from histopress.encoder.keras import read_keras_encoder
    from histopress.errors import EncoderError
    from histopress.store import file_digest

    source, chosen = job.input("file"), job.settings
    found = file_digest(source)
    if chosen.sha256 not in (None, found):
        raise EncoderError(f"{source}: sha256 is {found}; the configuration says {chosen.sha256}")
    released = read_keras_encoder(source)
    digest = save_weights(job.output("weights"), released.weights)
    colour = released.architecture == "mean-rgb"
    card = EncoderCard(
        architecture=released.architecture,
        channels=released.channels,
        input_px=0 if colour else released.input_px,
        input_spacing_um=Microns(0.0 if colour else chosen.input_spacing_um),
        filters=released.filters,
        origin=f"Keras file {source.name}, sha256 {found}",
        weights_sha256=digest,
        training={"patients": "unknown"},
        licence=chosen.licence,
    )
    write_card(job.output("card"), card)


VERB = Verb(
    name="encoder import",
    settings=ImportSettings,
    inputs=(Port(name="file", help="the released .h5 file"),),
    outputs=OUTPUTS,
    wildcards=("encoder",),
    run=bring_in,
    subject="file",
)
