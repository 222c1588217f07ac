"""Comparing two results by hand."""

import json
import shutil

import pytest

from audit.recorded import METRICS, make_slide, run
from histopress.cli.main import main
from histopress.store import file_digest

FEATURES = "results/features/{}.h5"


def diff(capsys, *options):
    code = main(["audit", "diff", *map(str, options)])
    return code, capsys.readouterr()


@pytest.fixture
def former(configured, tmp_path):
    """The same study as it was before one slide was drawn anew."""
    shutil.copytree(configured, tmp_path / "former")
    make_slide(configured, "a", note="new")
    features = {f"slide_{slide}": FEATURES.format(slide) for slide in "abc"}
    run(
        configured, "train", "train/fold0", fold="0",
        inputs={**features, "split": "results/splits/s.csv", "labels": "config/labels.csv"},
        outputs={"weights": "results/models/model.safetensors", "history": "results/models/h.csv"},
    )  # fmt: skip
    run(
        configured, "evaluate", "evaluate/model",
        inputs={"model": "results/models/model.safetensors", "manifest": "config/slides.csv"},
        outputs={"metrics": METRICS, "figure": "results/evaluation/roc.svg"},
    )  # fmt: skip
    return tmp_path / "former"


def test_a_result_and_itself_do_not_differ(configured, capsys):
    code, said = diff(capsys, METRICS, METRICS)
    assert code == 0
    assert said.out.splitlines()[-1] == "nothing differs: equal recipes, equal bytes"


def test_the_setting_behind_a_moved_number_is_found(configured, former, capsys):
    code, said = diff(capsys, METRICS, METRICS, f"--other={former}")
    assert code == 1
    lines = said.out.splitlines()
    digests = [file_digest(folder / METRICS)[:8] for folder in (configured, former)]
    heads = [line for line in lines if line.startswith(("A  ", "B  "))]
    assert [head.split()[1:] for head in heads] == [[METRICS, digest] for digest in digests]
    assert '  settings note: "new" → null   [simulate]' in lines
    assert "  evaluate: model ×1" in lines
    assert "\x1b" not in said.out


def test_json_tells_the_same(configured, former, capsys):
    code, said = diff(capsys, METRICS, METRICS, f"--other={former}", "--json")
    values = json.loads(said.out)
    assert code == 1
    assert values["differs"] is True
    (cause,) = values["causes"]
    assert (cause["kind"], cause["key"]) == ("settings", ["note"])
    assert values["b"] == {
        "path": METRICS,
        "sha256": file_digest(former / METRICS),
        "record": "results/records/evaluate/model.json",
    }


def test_records_stand_for_what_their_jobs_made(configured, former, capsys):
    place = "results/records/evaluate/model.json"
    code, said = diff(capsys, place, place, f"--other={former}")
    assert code == 1
    assert '  settings note: "new" → null   [simulate]' in said.out.splitlines()
    assert diff(capsys, place, place)[0] == 0


def test_two_slides_differ_in_their_names_and_sources(configured, capsys):
    code, said = diff(capsys, FEATURES.format("a"), FEATURES.format("b"))
    assert code == 1
    assert any(line.startswith("  asked for slide:") for line in said.out.splitlines())


def test_results_of_different_verbs_are_not_compared(configured, capsys):
    code, said = diff(capsys, METRICS, FEATURES.format("b"))
    assert code == 1
    assert "different verbs made them, 'evaluate' and 'encode'" in said.out
    assert "causes" not in said.out


def test_two_results_of_one_job_are_not_compared(configured, capsys):
    code, said = diff(capsys, "results/tiles/a.h5", "results/tiles/a.png")
    assert code == 1
    assert said.out.splitlines()[-1].startswith("one job made both")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((METRICS, "results/none"), "results/none: no such file"),
        ((METRICS, "config/labels.csv"), "config/labels.csv: no record made these bytes"),
        ((METRICS, METRICS, "--other=config"), "--other: config holds no results/records"),
    ],
)
def test_what_cannot_be_compared_is_a_fault(configured, capsys, options, told):
    code, said = diff(capsys, *options)
    assert code == 2
    assert told in said.err


def test_an_altered_record_is_not_believed(configured, former, capsys):
    place = former / "results/records/simulate/a.json"
    place.write_text(place.read_text().replace('"seed": 1', '"seed": 2'))
    code, said = diff(capsys, METRICS, METRICS, f"--other={former}")
    assert code == 2
    assert "results/records/simulate/a.json: record_id is" in said.err
