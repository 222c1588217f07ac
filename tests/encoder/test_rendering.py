import pytest

from histopress.encoder.card import EncoderCard
from histopress.encoder.rendering import render_card

VALIDATION = {
    "auc": {"value": 0.9123, "low": 0.88, "high": 0.9405},
    "accuracy": {"value": 0.84, "low": 0.8, "high": 0.87},
    "balanced_accuracy": {"value": None, "low": None, "high": None},
    "n": 500,
    "groups": 12,
    "level": 0.95,
    "warnings": ["'tumour': 12 groups only"],
}
TASK = {
    "name": "lymph",
    "classes": ["other", "tumour"],
    "patches": {"training": 800, "tuning": 200, "validation": 500},
    "grouping": "patient",
    "licence": "CC0-1.0",
    "warnings": ["no medical centre is known"],
    "validation": VALIDATION,
}
TRAINED = EncoderCard(
    architecture="convolutional",
    channels=128,
    input_px=64,
    input_spacing_um=0.5,
    filters=32,
    origin="trained here (multitask)",
    weights_sha256="ab" * 32,
    tasks=[TASK],
    training={"seed": 7, "epochs": 3, "settings": {"schedule": {"batch": 32}, "augment": {}}},
)
FOREIGN = EncoderCard(
    architecture="timm",
    channels=192,
    input_px=224,
    input_spacing_um=0.5,
    origin="timm: vit, file w.safetensors",
    weights_sha256="cd" * 32,
    mean=(0.7, 0.6, 0.5),
    program={"name": "vit", "version": "1.0"},
    training={"patients": "unknown"},
    licence="unknown",
)
COLOUR = EncoderCard(architecture="mean-rgb", channels=3, origin="mean", weights_sha256="")


def section(text, title):
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_readers_find_what_it_sees():
    seen = section(render_card(TRAINED), "What it sees")
    assert "64 × 64 pixels" in seen
    assert "0.5 µm a pixel" in seen
    assert "32 × 32 µm of tissue" in seen
    assert "−1 (black) and 1 (white)" in seen
    assert "less the mean (0.7, 0.6, 0.5), divided by (0.5, 0.5, 0.5)" in render_card(FOREIGN)
    assert "any size" in section(render_card(COLOUR), "What it sees")


def test_auditors_find_origin_and_making():
    text = render_card(TRAINED, name="mine", history=[{"epoch": "1", "loss": "0.4"}] * 3)
    assert text.startswith("# Encoder mine\n")
    assert f"`{'ab' * 32}`" in text
    made = section(text, "How it was made")
    for fact in (
        "Patch task lymph",
        "other, tumour",
        "training 800, tuning 200, validation 500",
        "**Grouping**: patient",
        "**Licence**: CC0-1.0",
        "**Warning**: no medical centre is known",
        "**Warning**: 'tumour': 12 groups only",
        "| seed | 7 |",
        "| schedule | batch 32 |",
        "Epochs run: 3;",
    ):
        assert fact in made, fact


def test_figures_carry_their_intervals():
    probes = [{"task": "colon", "classifier": "logistic", "auc": {"value": 0.7}}]
    good = section(render_card(TRAINED, probes=probes), "How good it is")
    assert "| lymph | 500 | 12 | 0.912 [0.880, 0.941] | – | 0.840 [0.800, 0.870] |" in good
    assert "95% intervals over groups" in good
    assert "| colon | logistic | 0.700 |" in good


def test_what_is_unknown_is_said():
    text = render_card(FOREIGN)
    assert "not trained in this project" in section(text, "How it was made")
    assert "No figure is on record" in section(text, "How good it is")
    limits = section(text, "What it should not be used for")
    assert "which patients these were is not known" in limits
    assert "the licence was not stated" in limits
    assert "patients" not in section(render_card(COLOUR), "What it should not be used for")


@pytest.mark.parametrize("field", ["name", "note"])
def test_text_of_others_cannot_break_the_page(field):
    evil = "a\n## Fine\n<script>|`"
    card = EncoderCard(
        architecture="tower",
        channels=8,
        input_px=32,
        input_spacing_um=1.0,
        origin=evil,
        weights_sha256="",
        tasks=[{**TASK, field: evil}],
        note=evil,
        training={"seed": evil},
    )
    text = render_card(card, name=evil)
    assert "\n## Fine" not in text
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| seed")]
    assert rows == ["| seed | a ## Fine &lt;script>\\|' |"]
