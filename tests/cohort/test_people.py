from pathlib import Path

import pytest

from histopress.cohort.people import check_unseen, keyed_hash, load_key, people_facts
from histopress.errors import ConfigError, LeakError

KEY = b"0123456789abcdef"
PATIENTS = {"A1": "p", "A2": "p", "B1": "q"}


def task(**facts: object) -> list[dict]:
    return [{"name": "mitosis", "people": people_facts(**facts)}]


def test_a_patient_of_the_encoders_training_is_refused_by_the_names_of_slides() -> None:
    tasks = task(people=[("p", "elsewhere"), ("x", "")], key=KEY)
    with pytest.raises(LeakError, match="2 of the slides or their patients: 'A1', 'A2'") as caught:
        check_unseen(tasks, PATIENTS, key=KEY)
    assert "'p'" not in str(caught.value)
    assert check_unseen(tasks, {"B1": "q"}, key=KEY) == "checked"


def test_a_slide_is_known_without_its_patient() -> None:
    with pytest.raises(LeakError, match="'B1'"):
        check_unseen(task(people=[("", "B1")], key=KEY), PATIENTS, key=KEY)


def test_the_cohorts_own_tiles_are_found_without_a_key() -> None:
    tasks = task(people=[("p", "A1")], key=None, own_cohort=True)
    with pytest.raises(LeakError, match="'A1', 'A2'"):
        check_unseen(tasks, PATIENTS, key=None)
    assert check_unseen(tasks, {"B1": "q"}, key=None) == "checked"


def test_a_patient_is_known_by_a_slide_that_is_not_evaluated() -> None:
    tasks = task(people=[("p", "A1")], key=None, own_cohort=True)
    with pytest.raises(LeakError, match="1 of the slides or their patients: 'A2'"):
        check_unseen(tasks, {"A2": "p", "B1": "q"}, key=None, cohort=PATIENTS)


@pytest.mark.parametrize(
    ("facts", "key", "reason"),
    [
        ({"people": [("z", "")], "key": None}, None, "does not name the key"),
        ({"people": [("z", "")], "key": KEY}, b"another key of 16", "does not name the key"),
        (
            {"people": [("", ""), ("z", "")], "key": KEY},
            KEY,
            "1 patches of task 'mitosis'",
        ),
    ],
)
def test_what_cannot_be_checked_is_said(facts: dict, key: bytes | None, reason: str) -> None:
    verdict = check_unseen(task(**facts), PATIENTS, key=key)
    assert verdict.startswith("not checked: ")
    assert reason in verdict
    assert "does not say" in check_unseen([{"name": "old"}], PATIENTS, key=KEY)


def test_no_id_stands_in_the_facts() -> None:
    facts = people_facts([("patient-7", "slide-9")], key=KEY)
    assert "patient-7" not in str(facts)
    assert "slide-9" not in str(facts)
    assert facts["patients"] == [keyed_hash("patient-7", KEY)]
    assert people_facts([("patient-7", "slide-9")], key=None)["patients"] == []


def test_the_key_is_a_file_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HISTOPRESS_KEY", raising=False)
    assert load_key() is None
    monkeypatch.setenv("HISTOPRESS_KEY", str(tmp_path / "key"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_key()
    (tmp_path / "key").write_text("short\n")
    with pytest.raises(ConfigError, match="has 5 bytes"):
        load_key()
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert load_key() == KEY
