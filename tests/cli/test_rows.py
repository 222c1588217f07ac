"""From compressed slides to judged rows, verb by verb, for all three kinds of targets."""

import json

import numpy as np
import pytest

from histopress.cli.main import main
from histopress.compress.slide import CompressedSlide, write_compressed
from histopress.store import read_csv, read_json

PROTOCOL = {"kind": "rotation", "folds": 3}
MEAN = {"kind": "mean"}
EVALUATION = {"bootstrap": 200}
TARGETS = {
    "tumour": {"kind": "classification", "column": "tumour", "level": "patient"},
    "score": {"kind": "regression", "column": "score", "level": "patient"},
    "os": {"kind": "survival", "endpoint": "os"},
}
PATIENTS = 45
CHOSEN = ("selected", "selected")


def write_slide(folder, name, signal, rng):
    grid = rng.normal(size=(1, 3, 4, 5)).astype(np.float16)
    grid[:, 0] += np.float16(signal)
    slide = CompressedSlide(
        slide_id=name,
        grid=grid,
        tissue=np.ones((4, 5), np.float32),
        distance=np.full((4, 5), 1 / 20, np.float32),
        attributes={"weights_sha256": "w" * 64},
    )
    write_compressed(folder / f"{name}.h5", slide)


def write_cohort(folder, prefix, rng):
    """Patients whose first channel tells class, number and hazard; every fifth has two slides."""
    compressed = folder / f"{prefix}-compressed"
    compressed.mkdir()
    lines = ["slide_id,patient_id,path,center,tumour,score,survival_months,censorship,age"]
    for number in range(PATIENTS):
        signal = rng.normal()
        time, censored = rng.exponential(20 * np.exp(-signal)), rng.uniform(10, 60)
        outcome = f"{min(time, censored):.3f},{int(time > censored)}"
        for slide in range(1 + (number % 5 == 0)):
            name = f"{prefix}{number:02}-{slide}"
            write_slide(compressed, name, signal, rng)
            lines.append(
                f"{name},{prefix}p{number:02},{name}.svs,{'AB'[number % 2]},{int(signal > 0)},"
                f"{signal:.4f},{outcome},{60 + 5 * rng.normal():.0f}"
                if slide == 0
                else ",".join([name, *lines[-1].split(",")[1:2], f"{name}.svs"])
                + ","
                + ",".join(lines[-1].split(",")[3:])
            )
    (folder / f"{prefix}.csv").write_text("\n".join(lines) + "\n")


def call(verb, folder, settings, **options):
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    assert main([*verb.split(), *arguments, f"--settings={json.dumps(settings)}"]) == 0


def learning(target):
    return {"target": TARGETS[target], "protocol": PROTOCOL}


def judging(target):
    return {**learning(target), "divisions": 3, "evaluation": EVALUATION}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """All targets learned by the mean model, from two folders that stand for two encoders."""
    folder = tmp_path_factory.mktemp("rows")
    rng = np.random.default_rng(5)
    write_cohort(folder, "s", rng)
    write_cohort(folder, "x", rng)
    for target in TARGETS:
        call(
            "split", folder, learning(target), target=target, manifest=folder / "s.csv",
            split=folder / f"{target}.csv",
        )  # fmt: skip
        for encoder in ("good", "other"):
            for fold in range(3):
                train(folder, target, encoder, fold)
            evaluate(folder, target, encoder)
    return folder


def train(folder, target, encoder, fold):
    place = folder / "models" / target / encoder / "mean" / "seed0" / f"fold{fold}"
    model = MEAN if encoder == "good" else {**MEAN, "strengths": [1e-4]}
    call(
        "train", folder, {**learning(target), "model": model}, target=target, encoder=encoder,
        model="mean", seed=0, fold=fold, manifest=folder / "s.csv",
        split=folder / f"{target}.csv", compressed=folder / "s-compressed",
        weights=place / "model.safetensors", history=place / "history.csv",
        predictions=place / "predictions.csv",
    )  # fmt: skip


FIGURES = {
    "tumour": ("roc", "precision", "scores", "reliability"),
    "score": ("scatter", "residuals"),
    "os": ("survival",),
}


def evaluate(folder, target, encoder):
    place = folder / "evaluation" / target / encoder / "mean"
    figures = {name: place / f"{name}.svg" for name in ("flow", "training", *FIGURES[target])}
    call(
        "evaluate", folder, judging(target), target=target, encoder=encoder, model="mean",
        manifest=folder / "s.csv", split=folder / f"{target}.csv",
        models=folder / "models" / target / encoder / "mean",
        compressed=folder / "s-compressed", metrics=place / "metrics.json",
        predictions=place / "predictions.csv", account=place / "slides.csv", **figures,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "metric", "least"),
    [("tumour", "auc", 0.8), ("score", "spearman", 0.7), ("os", "c", 0.6)],
)
def test_every_kind_is_learned_and_quoted_within_folds(cohort, target, metric, least):
    metrics = read_json(cohort / f"evaluation/{target}/good/mean/metrics.json")
    quoted = metrics["metrics"][metric]
    assert metrics["primary"] == metric
    assert quoted["estimate"] > least
    assert quoted["interval"][0] < quoted["estimate"] < quoted["interval"][1]
    assert quoted["n_patients"] == PATIENTS
    assert quoted["n_slides"] == PATIENTS + 9
    assert metrics["procedure"]["method"] == "not available"
    assert "divided once" in metrics["procedure"]["warning"]
    assert metrics["split"]["version"] == 1
    assert "no estimate of performance" in metrics["selection"]["note"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_slide_is_accounted_for_and_no_patient_is_named(cohort, target):
    place = cohort / f"evaluation/{target}/good/mean"
    account = read_csv(place / "slides.csv")
    assert len(account) == PATIENTS + 9
    assert {row["status"] for row in account} == {"used"}
    flow = read_json(place / "metrics.json")["flow"]
    assert [(step["slides"], step["patients"]) for step in flow] == [(54, PATIENTS)] * 4
    for path in (cohort / "evaluation").rglob("*"):
        assert not path.is_file() or "sp0" not in path.read_text()


def test_training_rows_stand_beside_tested_ones(cohort):
    rows = read_csv(cohort / "models/os/good/mean/seed0/fold0/predictions.csv")
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert set(rows[0]) == {
        "slide_id", "fold", "split", "os_time", "os_event", "risk", "coverage"
    }  # fmt: skip


def test_the_choice_within_folds_is_judged_as_a_procedure(cohort):
    call(
        "select", cohort, {**judging("score"), "rows": [["good", "mean"], ["other", "mean"]]},
        target="score", manifest=cohort / "s.csv", models=cohort / "models/score",
        metrics=cohort / "evaluation/score/selected/selected/metrics.json",
        predictions=cohort / "evaluation/score/selected/selected/predictions.csv",
    )  # fmt: skip
    metrics = read_json(cohort / "evaluation/score/selected/selected/metrics.json")
    for choice in metrics["choices"]:
        own = {}
        for encoder in ("good", "other"):
            found = read_json(cohort / f"evaluation/score/{encoder}/mean/metrics.json")
            own[encoder] = found["selection"]["divisions"][choice["division"]]["validation"]
        assert choice["validation"] == max(own.values())
        assert own[choice["encoder"]] == max(own.values())
    call(
        "compare", cohort,
        {
            "targets": {"score": TARGETS["score"]},
            "rows": [["score", *row] for row in (("other", "mean"), ("good", "mean"), CHOSEN)],
            "evaluation": EVALUATION,
        },
        manifest=cohort / "s.csv", evaluation=cohort / "evaluation",
        table=cohort / "comparison.csv", figure=cohort / "comparison.svg",
    )  # fmt: skip
    rows = {row["encoder"]: row for row in read_csv(cohort / "comparison.csv")}
    assert rows["selected"]["selected"] == "nested"
    assert [rows[name]["selected"] for name in ("other", "good")].count("best of several") == 1
    gain = float(rows["good"]["estimate"]) - float(rows["other"]["estimate"])
    assert float(rows["good"]["difference"]) == pytest.approx(gain)
    assert rows["good"]["against"] == "other · mean"
    assert float(rows["good"]["p_adjusted"]) >= float(rows["good"]["p"])
    assert rows["other"]["against"] == ""


@pytest.mark.parametrize("target", TARGETS)
def test_shuffled_labels_are_chance_and_true_ones_are_not(cohort, target):
    place = cohort / "evaluation" / target / "good" / "mean"
    call(
        "null", cohort, {**learning(target), "model": MEAN, "permutations": 12},
        target=target, encoder="good", model="mean", manifest=cohort / "s.csv",
        compressed=cohort / "s-compressed", metrics=place / "metrics.json",
        null=place / "null.json", permutations=place / "null.csv", figure=place / "null.svg",
    )  # fmt: skip
    found = read_json(place / "null.json")
    spread = found["monte_carlo_error"]
    assert abs(found["mean"] - found["chance"]) < 4 * spread
    assert found["observed"] > found["mean"] + 3 * found["spread"] / 2
    assert found["p"] == pytest.approx(1 / (1 + 12 - found["undefined"]), abs=0.08)
    assert len(read_csv(place / "null.csv")) == 12
    if target == "os":
        split = found["log_rank"]
        assert split["statistic"] > 0
        ranked = [float(row["log_rank"]) for row in read_csv(place / "null.csv")]
        above = sum(value >= split["statistic"] for value in ranked)
        assert split["p"] == pytest.approx((1 + above) / 13)


NETWORK = {"kind": "nic-cnn", "crop": 5, "width": 8, "epochs_max": 4, "epoch_crops": 64}


@pytest.mark.parametrize("target", TARGETS)
def test_a_network_learns_nothing_from_shuffled_labels(cohort, target):
    place = cohort / "evaluation" / target / "good" / "mean"
    call(
        "null", cohort, {**learning(target), "model": NETWORK, "permutations": 10},
        target=target, encoder="good", model="net", manifest=cohort / "s.csv",
        compressed=cohort / "s-compressed", metrics=place / "metrics.json",
        null=place / "net.json", permutations=place / "net.csv", figure=place / "net.svg",
    )  # fmt: skip
    found = read_json(place / "net.json")
    assert found["permutations"] - found["undefined"] >= 8
    assert abs(found["mean"] - found["chance"]) < 3 * found["monte_carlo_error"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_injected_leak_is_refused(cohort, target):
    report = cohort / f"{target}-leaks.json"
    call(
        "leaks", cohort, learning(target), target=target, manifest=cohort / "s.csv",
        split=cohort / f"{target}.csv", report=report,
    )  # fmt: skip
    found = read_json(report)["leaks"]
    assert len(found) == 8
    assert all(leak["refused"] and leak["message"] for leak in found)


def predict(cohort, manifest, compressed):
    return main(
        [
            "predict", f"--manifest={cohort / manifest}", f"--compressed={cohort / compressed}",
            f"--model={cohort / 'models/tumour/good/mean'}",
            f"--predictions={cohort / 'external.csv'}", f"--account={cohort / 'account.csv'}",
        ]
    )  # fmt: skip


def test_another_cohort_is_predicted_by_all_models_and_accounted_for(cohort):
    with (cohort / "x.csv").open("a") as manifest:
        manifest.write("x99-0,xp99,x99-0.svs,A,0,0,1,0,60\n")
    assert predict(cohort, "x.csv", "x-compressed") == 0
    truth = {row["slide_id"]: row["tumour"] for row in read_csv(cohort / "x.csv")}
    rows = read_csv(cohort / "external.csv")
    right = [row["pred_tumour"] == truth[row["slide_id"]] for row in rows]
    assert np.mean(right) > 0.7
    account = {row["slide_id"]: row for row in read_csv(cohort / "account.csv")}
    assert account["x99-0"] == {
        "slide_id": "x99-0", "status": "excluded", "reason": "not compressed"
    }  # fmt: skip
    assert len(account) == len(rows) + 1


def test_a_slide_of_the_training_is_not_predicted_under_any_name(cohort, capsys):
    assert predict(cohort, "s.csv", "s-compressed") == 1
    assert "the model was trained on or chosen with" in capsys.readouterr().err
    slide = cohort / "x-compressed/x00-0.h5"
    kept = slide.read_bytes()
    source = cohort / "s-compressed/s00-0.h5"
    from dataclasses import replace

    from histopress.compress.slide import read_compressed

    write_compressed(slide, replace(read_compressed(source), slide_id="x00-0", attributes={
        "weights_sha256": "w" * 64}))  # fmt: skip
    assert predict(cohort, "x.csv", "x-compressed") == 1
    message = capsys.readouterr().err
    slide.write_bytes(kept)
    assert "chosen with 1 of these slides: x00-0" in message


def test_grids_of_another_encoder_are_refused(cohort, capsys, tmp_path):
    (tmp_path / "grids").mkdir()
    write_slide(tmp_path / "grids", "y0", 0.0, np.random.default_rng(0))
    from dataclasses import replace

    from histopress.compress.slide import read_compressed

    path = tmp_path / "grids/y0.h5"
    write_compressed(path, replace(read_compressed(path), attributes={"weights_sha256": "v" * 64}))
    (tmp_path / "y.csv").write_text("slide_id,patient_id,path\ny0,yp,y0.svs\n")
    assert (
        main(
            [
                "predict", f"--manifest={tmp_path / 'y.csv'}", f"--compressed={tmp_path / 'grids'}",
                f"--model={cohort / 'models/tumour/good/mean'}",
                f"--predictions={tmp_path / 'p.csv'}", f"--account={tmp_path / 'a.csv'}",
            ]
        )
        == 1
    )  # fmt: skip
    assert "compress them with the same encoder" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["tumour", "os"])
def test_covariates_alone_and_beside_the_image(cohort, target):
    covariates = {"age": {"kind": "number"}, "center": {"kind": "category"}}
    own = {**TARGETS[target], "covariates": covariates}
    if target == "os":
        own["horizons"] = [12.0]
    settings = {"target": own, "protocol": PROTOCOL}
    for fold in range(3):
        place = cohort / f"models/{target}/clinical/clinical/seed0/fold{fold}"
        call(
            "train clinical", cohort, settings, target=target, seed=0, fold=fold,
            manifest=cohort / "s.csv", split=cohort / f"{target}.csv",
            state=place / "model.json", history=place / "history.csv",
            predictions=place / "predictions.csv",
        )  # fmt: skip
    place = cohort / "evaluation" / target / "good" / "mean"
    call(
        "clinical", cohort, {**settings, "divisions": 3, "evaluation": EVALUATION},
        target=target, encoder="good", model="mean", manifest=cohort / "s.csv",
        models=cohort / "models" / target, report=place / "clinical.json",
        ratios=place / "r.svg", decision=place / "d.svg", calibration=place / "c.svg",
    )  # fmt: skip
    report = read_json(place / "clinical.json")
    assert report["n_patients"] == PATIENTS
    figures = report["discrimination"]
    assert figures["image"]["estimate"] > figures["clinical"]["estimate"]
    added = figures["combined"]["estimate"] - figures["clinical"]["estimate"]
    assert figures["added"]["estimate"] == pytest.approx(added)
    assert report["adjustment"]["adjusted"]["estimate"] > 1.3
    assert report["adjustment"]["likelihood_ratio"]["p"] < 0.05
    state = read_json(cohort / f"models/{target}/clinical/clinical/seed0/fold0/model.json")
    assert state["coding"]["n_training"] < PATIENTS / 2


def test_a_number_or_an_ensemble_has_no_clinical_report(cohort, capsys):
    def refused(target, protocol):
        assert (
            main(
                [
                    "clinical", f"--target={target}", "--encoder=good", "--model=mean",
                    f"--manifest={cohort / 's.csv'}", f"--models={cohort / 'models' / target}",
                    f"--report={cohort / 'r.json'}", f"--ratios={cohort / 'r.svg'}",
                    f"--decision={cohort / 'd.svg'}", f"--calibration={cohort / 'c.svg'}",
                    f"--settings={json.dumps({**judging(target), 'protocol': protocol})}",
                ]
            )
            == 1
        )  # fmt: skip
        return capsys.readouterr().err

    assert "target 'score': is a number" in refused("score", PROTOCOL)
    external = {"column": "center", "values": ["A"]}
    assert "no one score" in refused("os", {"kind": "ensemble", "external": external})


def test_only_models_of_one_row_are_averaged(cohort, capsys):
    assert (
        main(
            [
                "predict", f"--manifest={cohort / 'x.csv'}",
                f"--compressed={cohort / 'x-compressed'}",
                f"--model={cohort / 'models/tumour'}",
                f"--predictions={cohort / 'p.csv'}", f"--account={cohort / 'a.csv'}",
            ]
        )
        == 1
    )  # fmt: skip
    assert "another model below the same folder a 'mean' on 'good'" in capsys.readouterr().err


def test_the_note_stands_beside_the_null_although_no_model_saw_it(cohort):
    place = cohort / "noted"
    metrics = read_json(cohort / "evaluation/tumour/good/mean/metrics.json")
    place.mkdir()
    (place / "metrics.json").write_text(json.dumps({**metrics, "note": "scanned twice"}))
    call(
        "null", cohort, {**learning("tumour"), "model": MEAN, "permutations": 5},
        target="tumour", encoder="good", model="mean", manifest=cohort / "s.csv",
        compressed=cohort / "s-compressed", metrics=place / "metrics.json",
        null=place / "null.json", permutations=place / "null.csv", figure=place / "null.svg",
    )  # fmt: skip
    assert "scanned twice" in (place / "null.svg").read_text()


def test_competing_events_are_counted_and_foretold(cohort):
    """Every third censored patient died of something else; the event's coding stays."""
    lines = (cohort / "s.csv").read_text().splitlines()
    head, rows = lines[0].split(","), [line.split(",") for line in lines[1:]]
    place = {name: head.index(name) for name in head}
    for row in rows:
        died = row[place["censorship"]] == "1" and int(row[0][1:3]) % 3 == 0
        row[place["censorship"]] = "other" if died else row[place["censorship"]]
    table = cohort / "competing.csv"
    table.write_text("\n".join(",".join(row) for row in [head, *rows]) + "\n")
    folder = cohort / "evaluation/os/competing"
    target = {**TARGETS["os"], "competing": ["other"], "horizons": [12.0]}
    call(
        "evaluate", cohort, {**judging("os"), "target": target}, target="os", encoder="good",
        model="mean", manifest=table, split=cohort / "os.csv",
        models=cohort / "models/os/good/mean", metrics=folder / "metrics.json",
        predictions=folder / "predictions.csv", account=folder / "slides.csv",
        flow=folder / "flow.svg", training=folder / "training.svg",
        incidence=folder / "incidence.svg",
    )  # fmt: skip
    patients = {row[place["patient_id"]]: row for row in rows}.values()
    words = [row[place["censorship"]] for row in patients]
    found = read_json(folder / "metrics.json")["competing"]
    assert found["n_units"] == PATIENTS
    counts = {name: cause["n_events"] for name, cause in found["causes"].items()}
    assert counts == {"event": words.count("0"), "other": words.count("other")}
    assert found["n_censored"] == words.count("1")
    event = found["causes"]["event"]["incidence_at"]
    assert 0 < event["12"]["interval"][0] < event["12"]["estimate"] < event["12"]["interval"][1] < 1
    other = found["causes"]["other"]["incidence_at"]["12"]["estimate"]
    times = [float(row[place["survival_months"]]) for row in patients]
    early = sum(w == "other" and time <= 12 for w, time in zip(words, times, strict=True))
    # Follow-up begins to end at 10 months: nearly all are seen until 12.
    assert other == pytest.approx(early / PATIENTS, abs=0.02)
    assert "other" in (folder / "incidence.svg").read_text()
    plain = read_json(cohort / "evaluation/os/good/mean/metrics.json")
    assert "competing" not in plain
