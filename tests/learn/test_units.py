import numpy as np
import pytest

from histopress.cohort.labels.outcome import Outcome
from histopress.errors import ConfigError
from histopress.learn.data import LabelledSlide
from histopress.learn.units import units_of


@pytest.fixture
def slides(make_slide):
    slide = make_slide("s", np.random.default_rng(0), label=0, shape=(4, 4))

    def make(patients, labels):
        return [
            LabelledSlide(slide=slide, label=label, patient=patient)
            for patient, label in zip(patients, labels, strict=True)
        ]

    return make


def test_slides_of_a_patient_are_one_unit_whatever_their_numbers(slides):
    given = slides([7, 3, 7, 1], [0.5, 1.5, 0.5, 2.5])
    patients = units_of(given, "patient")
    assert patients.of_slide.tolist() == [0, 1, 0, 2]
    assert patients.labels == (0.5, 1.5, 2.5)
    assert units_of(given, "slide").labels == (0.5, 1.5, 0.5, 2.5)


def test_rows_are_averaged_within_patients(slides):
    units = units_of(slides([7, 3, 7], [1, 0, 1]), "patient")
    rows = units.average(np.array([[1.0, 0.0], [5.0, 6.0], [3.0, 1.0]]))
    assert rows.tolist() == [[2.0, 0.5], [5.0, 6.0]]


def test_a_drawn_slide_is_one_of_the_patient_and_each_has_its_turn(slides):
    units = units_of(slides([7, 3, 7, 7], [1, 0, 1, 1]), "patient")
    rng = np.random.default_rng(0)
    drawn = units.draw(np.array([0] * 60 + [1] * 3), rng)
    assert set(drawn[:60].tolist()) == {0, 2, 3}
    assert set(drawn[60:].tolist()) == {1}


def test_a_patient_with_two_labels_is_refused(slides):
    first, second = Outcome(1.0, True, 1), Outcome(2.0, True, 1)
    with pytest.raises(ConfigError, match="'s' and 's' of one patient"):
        units_of(slides([0, 0], [first, second]), "patient")
    units_of(slides([0, 0], [first, first]), "patient")
