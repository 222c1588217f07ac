"""``histopress claims plan`` and ``claims table``."""

import json

import pytest

from histopress.cli.main import main

CLAIM = {
    "letter": "a", "statement": "One is better than the other.", "target": "t", "model": "m",
    "kind": "contrast", "first": ["one"], "second": ["other"],
}  # fmt: skip
FACTS = {"kind": "classification", "n": 200, "folds": 4, "prevalences": [0.5, 0.5]}


def plan(folder, letters="a", **claims):
    """State a claim a letter."""
    stated = {letter: CLAIM | {"letter": letter} for letter in letters}
    settings = {
        "claims": {"family": 2, "headed": f"Of {folder.name}.", "of": stated} | claims,
        "facts": dict.fromkeys(stated, FACTS),
    }
    place = folder / "results/claims"
    place.mkdir(parents=True)
    done = main(
        [
            "claims", "plan", f"--plan={place / 'plan.json'}", f"--page={place / 'plan.md'}",
            f"--settings={json.dumps(settings)}",
        ]
    )  # fmt: skip
    assert done == 0
    return place


def judge(place, name, *, family=2, estimate=0.2, folder="study"):
    decision = {
        "estimate": estimate, "low": estimate - 0.1, "high": estimate + 0.1, "margin": 0.05,
        "verdict": "shown", "n": 200,
    }  # fmt: skip
    result = {
        "claim": name,
        "letter": name,
        "statement": CLAIM["statement"],
        "sentence": "shown, by more than 0.05",
        "finding": {"name": "one - other", "decision": decision},
        "headed": f"Of {folder}.",
        "facts": {"family": family},
    }
    (place / f"{name}.json").write_text(json.dumps(result))


@pytest.fixture
def studies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [tmp_path / "one", tmp_path / "two"]


def test_a_plan_is_for_programs_and_for_people(studies):
    place = plan(studies[0], "ab")
    (first, second) = json.loads((place / "plan.json").read_text())["claims"]
    assert (first["claim"], first["contrast"], first["n"]) == ("a", "one against other", 200)
    assert 0 < first["power"] < 1
    assert second["letter"] == "b"
    page = (place / "plan.md").read_text()
    assert page.count("One is better than the other.") == 2
    assert "Of one." in page


def test_verdicts_of_several_studies_stand_on_one_page_by_letter(studies, capsys, tmp_path):
    for folder, letter in zip(studies, "ba", strict=True):
        judge(plan(folder, letter), letter, folder=folder.name)
    capsys.readouterr()
    options = [f"--page={tmp_path / 'v.md'}", f"--figure={tmp_path / 'v.svg'}"]
    assert main(["claims", "table", *map(str, studies), *options]) == 0
    page = capsys.readouterr().out
    assert (tmp_path / "v.md").read_text() == page
    assert (tmp_path / "v.svg").stat().st_size > 1000
    assert page.index("Of two.") < page.index("Of one.") < page.index("| a |") < page.index("| b |")
    assert page.count("**shown, by more than 0.05**") == 2


def test_a_claim_that_was_stated_and_not_judged_does_not_vanish(studies, capsys):
    judge(plan(studies[0], "ab"), "a")
    assert main(["claims", "table", str(studies[0])]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| b |"))
    assert "not judged yet" in line


def test_a_result_of_a_claim_that_is_stated_no_more_is_left_out(studies, capsys):
    place = plan(studies[0], "a")
    judge(place, "a")
    judge(place, "z")
    assert main(["claims", "table", str(studies[0])]) == 0
    assert "| z |" not in capsys.readouterr().out


@pytest.mark.parametrize("stated", [False, True])
def test_a_study_of_which_nothing_was_judged_is_named(studies, capsys, stated):
    if stated:
        plan(studies[0])
    assert main(["claims", "table", str(studies[0])]) == 1
    told = capsys.readouterr().err
    assert "run 'snakemake claims' in that study" in told
    assert "one/results/claims" in told


def test_more_claims_than_they_were_corrected_for_are_refused(studies, capsys):
    place = plan(studies[0], "abc", family=3)
    for letter in "abc":
        judge(place, letter, family=2)
    assert main(["claims", "table", str(studies[0])]) == 1
    assert "was corrected for 2 claims, but 3 are set side by side" in capsys.readouterr().err
