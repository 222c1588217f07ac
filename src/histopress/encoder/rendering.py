"""An encoder's card as a page that a pathologist and an auditor can read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from histopress.encoder.card import FOREIGN, HALF, EncoderCard
from histopress.encoder.fitting import TOLERANCE
from histopress.encoder.markdown import cell, inline, plain, table, words

KINDS = {
    "convolutional": "a small convolutional network: four convolutions and a linear layer "
    "(the encoder of multitask neural image compression)",
    "tower": "a convolutional network of five convolutions and two dense layers (the encoder "
    "that neural image compression compares with)",
    "mean-rgb": "the mean red, green and blue of the patch; it has no weights",
    "torchscript": "a TorchScript program from elsewhere",
    "exported": "a program from elsewhere, exported by PyTorch",
    "timm": "a model of the timm library",
    "callable": "a network that a function of the user's builds",
}


def render_card(
    card: EncoderCard,
    *,
    name: str = "",
    probes: Sequence[Mapping[str, Any]] = (),
    history: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Render a card as Markdown.

    Parameters
    ----------
    card : EncoderCard
        The encoder.
    name : str
        Its name in the study.
    probes : sequence of mapping
        A mapping a judged task: ``task``, optionally ``classifier``, and metrics as
        ``{"value", "low", "high"}``; further keys are passed over.
    history : sequence of mapping
        A row an epoch, as in ``history.csv``.

    Returns
    -------
    str
        Equal input gives equal text.
    """
    sections = (
        ("What it is", _identity(card)),
        ("What it sees", _input(card)),
        ("How it was made", _making(card, history)),
        ("How good it is", _quality(card, probes)),
        ("How to use it", _use(card, name)),
        ("What it should not be used for", _limits(card)),
    )
    parts = [f"# Encoder {inline(name)}" if name else "# Encoder"]
    if card.note:
        parts.append(inline(card.note))
    parts += [f"## {title}\n\n" + "\n".join(lines) for title, lines in sections]
    return "\n\n".join(parts) + "\n"


def _identity(card: EncoderCard) -> Iterator[str]:
    yield f"- **Network**: {KINDS[card.architecture]}."
    if card.filters:
        yield f"- **Filters**: {card.filters} in each convolution."
    yield f"- **Output**: {card.channels} numbers a patch (C = {card.channels})."
    yield f"- **Origin**: {inline(card.origin)}."
    for key, value in sorted(card.program.items()):
        yield f"- **Code, {words(key)}**: `{inline(value)}`"
    yield f"- **Licence of the weights**: {inline(card.licence)}."
    yield f"- **Digest of the weights** (sha256): `{card.weights_sha256}`"


def _input(card: EncoderCard) -> Iterator[str]:
    if card.input_px:
        yield f"- **Patch**: {card.input_px} × {card.input_px} pixels, the centre of each tile."
    else:
        yield "- **Patch**: the whole tile, of any size."
    if card.input_spacing_um:
        yield f"- **Spacing**: {card.input_spacing_um:g} µm a pixel."
    else:
        yield "- **Spacing**: any."
    if card.input_px and card.input_spacing_um:
        field_um = card.input_px * card.input_spacing_um
        yield f"- **Field of view**: {field_um:g} × {field_um:g} µm of tissue."
    if card.mean == HALF and card.std == HALF:
        yield "- **Colour**: RGB, scaled to lie between −1 (black) and 1 (white)."
    else:
        mean, std = (
            ", ".join(f"{value:g}" for value in values) for values in (card.mean, card.std)
        )
        yield f"- **Colour**: RGB between 0 and 1, less the mean ({mean}), divided by ({std})."


def _making(card: EncoderCard, history: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if card.architecture == "mean-rgb":
        yield "Nothing was trained."
        return
    if not card.tasks and set(card.training) <= {"patients"}:
        yield "Not known here: the encoder was not trained in this project."
        return
    for task in card.tasks:
        yield from _task(task)
    facts = {key: value for key, value in card.training.items() if key != "settings"}
    chosen = card.training.get("settings", {})
    rows = {**facts, **chosen} if isinstance(chosen, Mapping) else facts
    rows = {key: value for key, value in rows.items() if value not in ("", None, {}, [])}
    if rows:
        yield from ("### Training", "", "| setting | value |", "|---|---|")
        for key in sorted(rows):
            yield f"| {cell(words(key))} | {cell(plain(rows[key]))} |"
    if history:
        yield ""
        yield (
            f"Epochs run: {len(history)}; `history.csv` beside the card holds "
            f"{', '.join(f'`{column}`' for column in history[0])} of each."
        )


def _task(task: Mapping[str, Any]) -> Iterator[str]:
    known = ("name", "classes", "patches", "validation", "warnings")
    yield from (f"### Patch task {inline(task.get('name', '(without a name)'))}", "")
    classes = task.get("classes", ())
    yield f"- **Classes** ({len(classes)}): {inline(plain(classes))}"
    if "patches" in task:
        yield f"- **Patches**: {inline(plain(task['patches']))}"
    for key in sorted(task):
        if key not in known and task[key] not in ("", None, {}, [], ()):
            yield f"- **{words(key).capitalize()}**: {inline(plain(task[key]))}"
    for warning in _warnings(task):
        yield f"- **Warning**: {inline(warning)}"
    yield ""


def _warnings(task: Mapping[str, Any]) -> list[str]:
    validation = task.get("validation") or {}
    return [*task.get("warnings", ()), *validation.get("warnings", ())]


def _quality(card: EncoderCard, probes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    own = [
        {"task": task.get("name", ""), **task["validation"]}
        for task in card.tasks
        if task.get("validation")
    ]
    if not own and not probes:
        yield (
            "No figure is on record. Judge it on labelled patches of the tissue at hand before "
            "relying on it (`histopress encoder probe`)."
        )
        return
    if own:
        yield "On the validation part of its own tasks, by its own heads:"
        yield ""
        yield from table(own)
    if probes:
        if own:
            yield ""
        yield "By a small classifier on its frozen embeddings:"
        yield ""
        yield from table(probes)


def _use(card: EncoderCard, name: str) -> Iterator[str]:
    yield (
        f"Name it `{inline(name) or 'NAME'}` under `encoders:` in the configuration, with a grid "
        "whose tiles can be brought to its input:"
    )
    yield ""
    if not card.input_spacing_um:
        yield "- tiles of any spacing;"
    else:
        fits = [f"{card.input_spacing_um / pool:g}" for pool in (1, 2, 4)]
        yield (
            f"- spacing of {fits[0]} µm/px, or {fits[1]} or {fits[2]}, which are averaged down; "
            f"differences up to {TOLERANCE:.0%} are let pass;"
        )
    least = card.input_px * card.input_spacing_um
    yield f"- tiles at least {least:g} µm wide." if least else "- tiles of any size."
    yield ""
    yield "Whoever loads it checks the digest above first; altered weights are refused."


def _limits(card: EncoderCard) -> Iterator[str]:
    if card.input_spacing_um:
        yield (
            f"- Slides that cannot be read within {TOLERANCE:.0%} of "
            f"{card.input_spacing_um:g} µm/px: cells would look larger or smaller than those it "
            "knows. Such slides are refused."
        )
    if card.architecture != "mean-rgb":
        yield "- Other tissue, stains or scanners than it was trained on, unless judged there."
    if not card.tasks and card.architecture != "mean-rgb":
        yield (
            "- An honest estimate of accuracy on slides of patients it may have been trained on: "
            "which patients these were is not known here."
        )
    elif card.tasks:
        yield "- An estimate of accuracy on slides of the patients its patches came from."
    if card.architecture in FOREIGN and card.licence == "unknown":
        yield "- Anything its licence forbids: the licence was not stated when it was brought in."
    yield "- Diagnosis: it compresses images, and nobody has approved it for care."
