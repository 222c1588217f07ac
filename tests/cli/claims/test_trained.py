"""Claims that train by themselves: lesion sizes, and bits a number."""

import numpy as np
import pytest

from histopress.compress.slide import read_compressed, write_compressed

from .conftest import TARGETS, verdict

MEAN = {"kind": "mean", "strengths": [1.0]}
LEARNING = {
    "target": TARGETS["lesion"], "model": MEAN, "protocol": {"kind": "rotation", "folds": 4},
}  # fmt: skip
LIMIT = {
    "kind": "limit", "target": "lesion", "encoders": ["e"], "bins": 2, "shares": [1.0], "seeds": 1,
}  # fmt: skip
PRECISION = {"kind": "precision", "target": "lesion", "encoder": "e", "seeds": 1}


def visible(made, least: float):
    """Signal of lesions from a size on."""
    return 6.0 * (made.sizes >= least)


def middle(made) -> float:
    return float(np.median(made.sizes[made.sizes > 0]))


def test_lesions_that_cannot_be_seen_are_the_limit(made):
    made.compressed("e", visible(made, middle(made)))
    found = made.judged(LIMIT, **LEARNING)
    assert verdict(found) == "shown"
    small, large = found["rows"]
    assert small["to_size"] < middle(made) <= large["from_size"]
    assert (small["lesions"], large["lesions"]) == (20, 20)
    assert large["value"] > 0.95 > small["value"] + 0.2
    compressed = {f"compressed/e/{slide}.h5" for slide in made.slides}
    assert made.read() == compressed | {"slides.csv", "latents.csv"}


def test_were_large_lesions_the_hidden_ones_it_is_reversed(made):
    made.compressed("e", 6.0 * ((made.sizes > 0) & (made.sizes < middle(made))))
    assert verdict(made.judged(LIMIT, **LEARNING)) == "reversed"


def test_other_codes_and_fewer_patients_stand_beside(made):
    made.compressed("e", visible(made, middle(made)))
    made.compressed("wide", visible(made, 1.0), seed=1)
    found = made.judged(LIMIT | {"encoders": ["e", "wide"], "shares": [0.2, 1.0]}, **LEARNING)
    names = [each["name"] for each in found["beside"]]
    assert names == ["wide - e", "100% - 20% of the training patients"]
    assert found["beside"][0]["decision"]["verdict"] == "shown"
    # Trainings share their seed: were fewer patients not fewer, nothing would differ.
    assert found["beside"][1]["estimate"]["value"] != 0
    arms = {(row["encoder"], row["share"]) for row in found["rows"]}
    assert arms == {("e", 1.0), ("wide", 1.0), ("e", 0.2)}


def test_a_slide_that_one_encoder_excludes_counts_for_none(made):
    for encoder in ("e", "wide"):
        made.compressed(encoder, visible(made, middle(made)))
    place = made.folder / "compressed/wide/s000.h5"
    slide = read_compressed(place)
    write_compressed(
        place,
        type(slide)(
            slide_id="s000",
            grid=np.zeros((1, 3, 0, 0), np.float16),
            tissue=np.zeros((0, 0), np.float32),
            distance=np.zeros((0, 0), np.float32),
            reason="no tissue",
        ),
    )
    found = made.judged(LIMIT | {"encoders": ["e", "wide"]}, **LEARNING)
    assert found["facts"]["patients"] == made.count - 1


def change_sizes(made, change):
    place = made.folder / "latents.csv"
    place.write_text("\n".join(change(place.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [lines[0], "s000,80", *lines[2:]], "'s000': is not '1' and has a lesion"),
        (
            lambda lines: [*lines[:2], "s001,", *lines[3:]],
            "'s001': is '1' and has a lesion of size 0",
        ),
        (lambda lines: lines[:-1], "has no row of slide 's079'"),
        (lambda lines: ["slide_id,um", *lines[1:]], "columns 'slide_id' and 'metastasis_um'"),
        (
            lambda lines: [*lines[:2], "s001,big", *lines[3:]],
            "row 3, column 'metastasis_um': is 'big'",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_named_before_training(made, capsys, change, message):
    change_sizes(made, change)
    assert made.claim(LIMIT, **LEARNING) == 1
    assert message in capsys.readouterr().err


def test_what_the_target_is_must_be_said(made, capsys):
    assert made.claim(LIMIT, model=MEAN) == 1
    assert "the settings lack 'target'" in capsys.readouterr().err


def test_fewer_bits_cost_nothing_that_matters_where_the_signal_is_coarse(made):
    made.compressed("e", 1.2 * (made.sizes > 0), noise=1.5)
    found = made.judged(PRECISION | {"bits": [8, 2]}, **LEARNING)
    # With every rank the same there is no spread; as a verdict that is no certainty.
    assert verdict(found) in ("equivalent", "undecided")
    assert abs(found["finding"]["decision"]["estimate"]) < 0.03
    rows = {row["bits"]: row["cell_bytes_a_slide"] for row in found["rows"]}
    # 9 cells of 3 channels
    assert rows == {16: 54.0, 8: 27.0, 2: 6.75}
    assert found["facts"]["mean_element_ratio"] == 384.0
    assert found["facts"]["views"] == 1
    assert [each["name"] for each in found["beside"]] == ["2 bits - float16"]
    compressed = {f"compressed/e/{slide}.h5" for slide in made.slides}
    assert made.read() == compressed | {"slides.csv"}


def test_a_signal_finer_than_a_step_is_lost(made):
    """Two cells hold huge values, so that 2 bits cannot tell what the others hold."""
    made.compressed("e", 4.0 * (made.sizes > 0))
    for number, slide in enumerate(made.slides):
        place = made.folder / f"compressed/e/{slide}.h5"
        own = read_compressed(place)
        # Steps of 1000 + n from -1000 - n: one of them is 0. No two slides are the same.
        own.grid[:, :, 0, :2] = np.array([-1000.0, 2000.0]) + number * np.array([-1, 2])
        write_compressed(place, own)
    found = made.judged(PRECISION | {"bits": [2]}, **LEARNING)
    assert verdict(found) == "reversed"


def test_the_same_again_gives_the_same_bytes(made):
    made.compressed("e", 1.2 * (made.sizes > 0))
    made.judged(PRECISION, **LEARNING)
    first = (made.folder / "x.json").read_bytes()
    made.judged(PRECISION, **LEARNING)
    assert (made.folder / "x.json").read_bytes() == first


def test_a_tiny_network_is_trained_as_well(make):
    made = make(24)
    made.compressed("e", 6.0 * (made.sizes > 0), side=5)
    model = {
        "kind": "nic-cnn", "crop": 5, "width": 4, "epochs_max": 2, "epoch_crops": 16,
        "test_crops": 1,
    }  # fmt: skip
    found = made.judged(PRECISION | {"bits": [8]}, **(LEARNING | {"model": model}))
    assert len(found["rows"]) == 2
    assert not made.folder.joinpath("models").exists()
