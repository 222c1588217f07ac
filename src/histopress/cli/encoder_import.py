"""``histopress encoder import``: an encoder from elsewhere as safetensors and card."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.cli.encoder_define import OUTPUTS
from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.encoder.settings import ForeignSettings, ImportedSettings
from histopress.types import Microns, settings

if TYPE_CHECKING:
    from histopress.encoder.card import EncoderCard

UNKNOWN = {"patients": "unknown"}


@settings
class ImportSettings:
    """What the file does not tell; none takes it for a released Keras encoder."""

    encoder: Annotated[ImportedSettings | ForeignSettings | None, Field(discriminator="kind")] = (
        None
    )


def bring_in(job: Job) -> None:
    """Read the encoder, check it, write weights and card."""
    from histopress.encoder.card import write_card

    source = job.input("file") if job.has("file") else None
    chosen = job.settings.encoder or ImportedSettings(kind="keras", grid="", file=str(source))
    found = _digest(source, chosen.sha256)
    if isinstance(chosen, ImportedSettings):
        card = _keras(job, chosen, source, found)
    else:
        card = _foreign(job, chosen, source, found)
    write_card(job.output("card"), card)
    job.facts.update(channels=card.channels)


def _digest(source: Path | None, expected: str | None) -> str:
    from histopress.errors import EncoderError
    from histopress.store import file_digest

    if source is None:
        return ""
    found = file_digest(source)
    if expected not in (None, found):
        raise EncoderError(f"{source}: sha256 is {found}; the configuration says {expected}")
    return found


def _keras(job: Job, chosen: ImportedSettings, source: Path | None, found: str) -> "EncoderCard":
    from histopress.encoder.card import EncoderCard, save_weights
    from histopress.encoder.keras import read_keras_encoder
    from histopress.errors import ConfigError

    if source is None:
        raise ConfigError("encoder of kind 'keras': needs `file`")
    released = read_keras_encoder(source)
    colour = released.architecture == "mean-rgb"
    return EncoderCard(
        architecture=released.architecture,
        channels=released.channels,
        input_px=0 if colour else released.input_px,
        input_spacing_um=Microns(0.0 if colour else chosen.input_spacing_um),
        filters=released.filters,
        origin=f"Keras file {source.name}, sha256 {found}",
        weights_sha256=save_weights(job.output("weights"), released.weights),
        training=UNKNOWN,
        licence=chosen.licence,
    )


def _foreign(job: Job, chosen: ForeignSettings, source: Path | None, found: str) -> "EncoderCard":
    from histopress.encoder.card import EncoderCard, save_weights
    from histopress.encoder.foreign.place import function_file
    from histopress.encoder.foreign.reading import read_foreign

    fix_numerics(job)
    function = Path(function_file(chosen.name or ""))
    if chosen.kind == "callable" and function.is_file():
        job.reads("function", function)
    read = read_foreign(chosen, source)
    parts = [chosen.name or ""] if chosen.kind in ("timm", "callable") else []
    parts += [f"file {source.name}, sha256 {found}"] if source is not None else []
    return EncoderCard(
        architecture=chosen.kind,
        channels=read.channels,
        input_px=chosen.input_px,
        input_spacing_um=Microns(chosen.input_spacing_um),
        origin=f"{chosen.kind}: {', '.join(parts)}",
        weights_sha256=save_weights(job.output("weights"), read.values),
        mean=chosen.mean,
        std=chosen.std,
        program=read.program,
        training=UNKNOWN,
        licence=chosen.licence,
    )


VERB = Verb(
    name="encoder import",
    environment="learn",
    settings=ImportSettings,
    inputs=(Port(name="file", help="the program or the weights", optional=True),),
    outputs=OUTPUTS,
    guards=("encoder.sha256",),
    wildcards=("encoder",),
    run=bring_in,
    subject="file",
)
