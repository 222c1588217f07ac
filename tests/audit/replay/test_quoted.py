"""When files that are out of tolerance still say the same."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from histopress.audit.replay.levels import Level
from histopress.audit.replay.quoted import Pair, compare_outputs, rank_correlation
from histopress.store import write_csv

SCORES = (0.11, 0.32, 0.45, 0.51, 0.74, 0.93)


class Job:
    """Outputs of a job, recorded and rebuilt, in two folders."""

    def __init__(self, folder):
        self.folder = folder
        self.names = {}

    def write(self, name, recorded, rebuilt):
        for side, content in (("recorded", recorded), ("rebuilt", rebuilt)):
            path = self.folder / side / name
            path.parent.mkdir(exist_ok=True)
            if isinstance(content, list):
                write_csv(path, content, list(content[0]))
            elif isinstance(content, dict):
                path.write_text(json.dumps(content))
            else:
                path.write_text(content)
        self.names[name] = None

    def levels(self):
        pairs = [
            Pair(
                name=name,
                recorded=self.folder / "recorded" / name,
                rebuilt=self.folder / "rebuilt" / name,
            )
            for name in self.names
        ]
        return {name: found.level for name, found in compare_outputs(pairs).items()}


@pytest.fixture
def job(tmp_path):
    return Job(tmp_path)


def predictions(scores, key="slide_id", labels=None):
    labels = labels or ["0", "1"] * (len(scores) // 2)
    return [
        {
            key: f"s{place}",
            "split": "test",
            "grade": label,
            "pred_grade": int(score > 0.5),
            "grade_1": score,
        }
        for place, (score, label) in enumerate(zip(scores, labels, strict=True))
    ]


def metrics(auc, **more):
    other = {"estimate": more.pop("accuracy", 0.5)}
    return {"primary": "auc", "metrics": {"auc": {"estimate": auc}, "accuracy": other}, **more}


def moved(*shifts):
    return [score + shift for score, shift in zip(SCORES, shifts, strict=True)]


def test_predictions_of_equal_ranks_reach_metric_and_carry_their_weights(job):
    job.write("predictions.csv", predictions(SCORES), predictions(moved(0.02, 0, 0.03, 0.05, 0, 0)))
    job.write("model.safetensors", "one network", "another network")
    job.write("history.csv", [{"epoch": 1, "loss": 0.5}], [{"epoch": 1, "loss": 0.7}])
    assert set(job.levels().values()) == {Level.METRIC}


def test_other_ranks_carry_nothing(job):
    job.write("predictions.csv", predictions(SCORES), predictions(SCORES[::-1]))
    job.write("model.safetensors", "one network", "another network")
    assert set(job.levels().values()) == {Level.DIFFERS}


@pytest.mark.parametrize(
    "rows",
    [
        predictions(SCORES, labels=["1", "0"] * 3),
        predictions(SCORES[:4]),
        [row | {"slide_id": "other"} for row in predictions(SCORES)],
    ],
)
def test_predictions_of_other_rows_never_agree(job, rows):
    near = [row | {"grade_1": row["grade_1"] + 0.01} for row in rows]
    job.write("predictions.csv", predictions(SCORES), near)
    job.write("model.safetensors", "one network", "another network")
    assert set(job.levels().values()) == {Level.DIFFERS}


@pytest.mark.parametrize(("auc", "reached"), [(0.018, Level.METRIC), (0.022, Level.DIFFERS)])
def test_metrics_go_by_their_primary_figure(job, auc, reached):
    job.write("metrics.json", metrics(0.7), metrics(0.7 + auc, accuracy=0.9))
    job.write("roc.svg", "<svg/>", "<svg></svg>")
    assert set(job.levels().values()) == {reached}


def test_a_figure_that_became_undefined_differs(job):
    job.write("metrics.json", metrics(0.0), metrics(None))
    assert job.levels() == {"metrics.json": Level.DIFFERS}


def test_one_output_that_disagrees_drags_the_pictures_down(job):
    job.write("metrics.json", metrics(0.7), metrics(0.71))
    job.write("predictions.csv", predictions(SCORES), predictions(SCORES[::-1]))
    job.write("roc.svg", "<svg/>", "<svg></svg>")
    assert job.levels() == {
        "metrics.json": Level.METRIC,
        "predictions.csv": Level.DIFFERS,
        "roc.svg": Level.DIFFERS,
    }


def test_what_is_higher_stays_higher(job):
    job.write("metrics.json", metrics(0.7), metrics(0.7))
    job.write("predictions.csv", predictions(SCORES), predictions(moved(1e-6, 0, 0, 0, 0, 0)))
    job.write("card.md", "a", "b")
    assert job.levels() == {
        "metrics.json": Level.BYTES,
        "predictions.csv": Level.TOLERANCE,
        "card.md": Level.METRIC,
    }


@pytest.mark.parametrize("name", ["features.h5", "notes.json", "account.csv"])
def test_a_job_that_quotes_nothing_has_no_metric(job, name):
    job.write(name, "x", "y")
    job.write("weights.safetensors", "x", "y")
    assert set(job.levels().values()) == {Level.DIFFERS}


def test_grids_and_embeddings_never_follow(job):
    job.write("metrics.json", metrics(0.7), metrics(0.7))
    job.write("features.h5", "x", "y")
    assert job.levels()["features.h5"] is Level.DIFFERS


@pytest.mark.parametrize(
    ("recorded", "rebuilt", "reached"),
    [
        ({"tasks": [{"validation": {"auc": {"value": 0.6}}}], "n": 1}, None, Level.METRIC),
        ({"classifiers": {"mlp": {"auc": {"value": 0.6}}}}, 0.7, Level.DIFFERS),
    ],
)
def test_cards_and_probes_go_by_their_auc(job, recorded, rebuilt, reached):
    text = json.dumps(recorded)
    other = text.replace("0.6", str(rebuilt or 0.61)).replace('"n": 1', '"n": 2')
    job.write("card.json", text, other)
    assert job.levels() == {"card.json": reached}


def test_a_comparison_goes_by_its_estimates(job):
    row = {"target": "grade", "model": "cnn", "estimate": 0.7, "low": 0.5}
    job.write("comparison.csv", [row], [row | {"estimate": 0.71, "low": 0.1}])
    assert job.levels() == {"comparison.csv": Level.METRIC}
    job.write("comparison.csv", [row], [row | {"model": "mean", "estimate": 0.71}])
    assert job.levels() == {"comparison.csv": Level.DIFFERS}


VALUES = st.lists(st.integers(0, 5), min_size=2, max_size=30)


@given(VALUES, st.randoms())
def test_rank_correlation_is_spearmans(values, random):
    other = [value + random.choice((0, 0, 1, 7)) for value in values]
    first, second = np.array(values, float), np.array(other, float)
    if len(set(values)) > 1 and len(set(other)) > 1:
        expected = spearmanr(first, second).statistic
        assert rank_correlation(first, second) == pytest.approx(expected)
    else:
        both = len(set(values)) == len(set(other)) == 1
        assert rank_correlation(first, second) == float(both)


def test_paths_may_be_named_otherwise(tmp_path):
    first, second = tmp_path / "blob1", tmp_path / "blob2"
    first.write_text('{"a": 1}')
    second.write_text('{"a":1}')
    pair = Pair(name="results/a.json", recorded=first, rebuilt=second)
    assert compare_outputs([pair])["results/a.json"].level is Level.VALUES
