import pytest

from histopress.cohort.leaks import check_patients
from histopress.errors import LeakError


def test_disjoint_patients_pass() -> None:
    check_patients({"train": {"A": "p", "B": "p"}, "validation": {"C": "q"}, "test": {"D": "r"}})


def test_a_shared_patient_is_refused_by_slides() -> None:
    parts = {
        "train": {"A2": "secret", "A1": "secret", "B": "other"},
        "validation": {"C": "third"},
        "test": {"D": "secret", "E": "other"},
    }
    with pytest.raises(LeakError) as caught:
        check_patients(parts)
    message = str(caught.value)
    assert (
        "slides of one patient stand on two sides: 'A1', 'A2' in train and 'D' in test" in message
    )
    assert "'B' in train and 'E' in test" in message
    assert "secret" not in message
    assert "other" not in message


def test_one_slide_on_two_sides_is_refused() -> None:
    with pytest.raises(LeakError, match="'A' in train and 'A' in test"):
        check_patients({"train": {"A": "p"}, "test": {"A": "p"}})
