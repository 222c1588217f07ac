"""``histopress encoder card``: an encoder's card as a page to read."""

from pathlib import Path

from histopress.cli.job import Job, Port, Verb
from histopress.types import settings

CARD = "card.json"


@settings
class CardSettings:
    """The page has nothing to choose."""


def render(job: Job) -> None:
    """Write the page, or print it where no output is named."""
    from histopress.encoder.card import read_card
    from histopress.encoder.rendering import render_card

    path = job.request.paths["card"]
    if path.is_dir():
        path = path / CARD
    card = read_card(job.reads("card", path))
    text = render_card(card, name=_name(job, path), history=_history(job, path))
    if job.has("text"):
        job.output("text").write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def _history(job: Job, card: Path) -> list[dict[str, str]]:
    """Read the training's history: as given, or from beside the card for a person who looks."""
    from histopress.store import read_csv

    beside = card.with_name("history.csv")
    if job.has("history"):
        return read_csv(job.input("history"))
    return read_csv(beside) if beside.exists() and not job.has("text") else []


def _name(job: Job, path: Path) -> str:
    """Name of the encoder; where a person gave the file alone, that of its folder."""
    given = job.wildcard("encoder")
    return path.resolve().parent.name if given == Path(CARD).stem else given


VERB = Verb(
    name="encoder card",
    environment="learn",
    settings=CardSettings,
    inputs=(
        Port(name="card", help="the encoder's card.json, or its folder"),
        Port(name="history", help="history.csv of its training", optional=True),
    ),
    outputs=(Port(name="text", help="Markdown; printed if left out", optional=True),),
    wildcards=("encoder",),
    run=render,
    subject="card",
)
