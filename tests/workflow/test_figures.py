"""The figures of a run as a file that DVC and other programs compare."""

import json

from .conftest import ENCODERS, MODELS, SLIDES


def test_figures_are_those_of_the_results_and_every_leaf_is_a_number(finished, tmp_path):
    path = tmp_path / "new/figures.json"
    done = finished.histopress("summary", f"--json={path}")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    found = json.loads(path.read_text())
    assert found["slides"] == {"given": SLIDES, "excluded": {"mean-rgb": 0, "tiny": 0}}
    assert found["patches"]["tissue"].keys() == {"mean-rgb", "tiny", "colour-texture"}
    rows = found["targets"]["tumour"]
    assert sum(map(len, rows.values())) == ENCODERS * MODELS + 1, "the selected row counts, too"
    place = finished.folder / "results/evaluation/tumour/tiny/cnn/metrics.json"
    quoted = json.loads(place.read_text())["metrics"]["auc"]
    assert rows["tiny"]["cnn"]["auc"] == quoted["estimate"]
    assert all(isinstance(leaf, int | float) for leaf in leaves(found))


def leaves(value):
    if not isinstance(value, dict):
        return [value]
    return [leaf for part in value.values() for leaf in leaves(part)]
