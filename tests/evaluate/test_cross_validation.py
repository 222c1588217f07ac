"""A cross-validation that learns from some of its training slides."""

from pathlib import Path

import numpy as np
import pytest

from histopress.cohort.manifest import read_manifest
from histopress.cohort.settings import ClassificationTarget, RotationProtocol
from histopress.cohort.splitting.protocols import split_key
from histopress.cohort.targets import slide_labels
from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.evaluate.cross_validation import CrossValidation
from histopress.learn.settings import MeanSettings


@pytest.fixture
def predict(tmp_path: Path):
    """Predict 24 slides, of which every other is positive and has another first channel."""
    rng = np.random.default_rng(0)
    lines, slides = ["slide_id,patient_id,path,label"], []
    for number in range(24):
        name = f"s{number:02}"
        lines.append(f"{name},p{number:02},{name}.svs,{number % 2}")
        grid = rng.normal(size=(1, 3, 2, 2))
        grid[:, 0] += number % 2
        slides.append(
            CompressedSlide(
                slide_id=name,
                grid=grid.astype(np.float16),
                tissue=np.ones((2, 2), np.float32),
                distance=np.full((2, 2), 0.25, np.float32),
            )
        )
    (tmp_path / "slides.csv").write_text("\n".join(lines) + "\n")
    manifest = read_manifest(tmp_path / "slides.csv", root=tmp_path, check_files=False)
    labels = slide_labels(manifest, "t", ClassificationTarget(column="label"), seed=1)
    whole = CrossValidation(
        slides=slides,
        manifest=manifest,
        protocol=RotationProtocol(folds=4),
        model=MeanSettings(strengths=(1.0,)),
    )
    key = split_key(1, "t")
    return lambda learn_from=None: whole.predict(
        labels, key=key, seed_of=lambda fold: fold, learn_from=learn_from
    )


def by_part(rows, part):
    return {(row.slide_id, row.fold): row.scores for row in rows if row.split == part}


def test_all_of_them_is_what_it_is_without_choosing(predict):
    assert predict(lambda _fold, slides: slides) == predict()


def test_others_take_no_part_and_tested_slides_stay(predict):
    asked = {}

    def half(fold, slides):
        asked[fold] = list(slides)
        return [slide for slide in slides if int(slide[1:]) % 4 < 2]

    every, some = predict(), predict(half)
    assert set(asked) == {0, 1, 2, 3}
    for part in ("test", "validation"):
        assert set(by_part(some, part)) == set(by_part(every, part))
    trained = by_part(some, "train")
    assert set(trained) == {
        (slide, fold) for fold, own in asked.items() for slide in own if int(slide[1:]) % 4 < 2
    }
    assert set(trained) < set(by_part(every, "train"))
    assert by_part(some, "test") != by_part(every, "test")


def test_slides_that_are_offered_are_the_training_slides_of_that_division(predict):
    asked = {}

    def remember(fold, slides):
        asked[fold] = set(slides)
        return slides

    rows = predict(remember)
    for fold, own in asked.items():
        assert own == {row.slide_id for row in rows if row.fold == fold and row.split == "train"}


def test_too_few_to_learn_from_are_named(predict):
    with pytest.raises(ConfigError):
        predict(lambda _fold, _slides: [])
