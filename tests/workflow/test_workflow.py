"""What users rely on when they run, change and interrupt the workflow."""

import copy
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .conftest import FOLLOW_UP, LABELS, ROOT, TOY, WITH_CONTROLS, Project, add_columns

SLIDES, ENCODERS, MODELS, FOLDS = 6, 2, 2, 3
AGGREGATES = {
    "split": 1,
    "train": ENCODERS * MODELS * FOLDS,
    "evaluate": ENCODERS * MODELS,
    "select": 1,
    "compare": 1,
}

JUDGED = ("train", "evaluate", "select", "compare")
OF_ENCODER = ("encoder_card", "encoder_probe", "encoder_compare")
BELOW_ENCODER = ("encode", "compress", *JUDGED)


def changed(_config=TOY, /, **keys):
    """A toy configuration with some keys replaced: ``a__b=1`` sets config[a][b]."""
    config = copy.deepcopy(_config)
    for path, value in keys.items():
        *parents, last = path.split("__")
        place = config
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return config


def test_ends_in_metrics_figures_and_overlays(finished):
    metrics = json.loads(
        (finished.folder / "results/evaluation/tumour/tiny/cnn/metrics.json").read_text()
    )
    assert metrics["n_patients"] == SLIDES
    assert {(step["slides"], step["patients"]) for step in metrics["flow"]} == {(SLIDES, SLIDES)}
    interval = metrics["metrics"]["auc"]["interval"]
    assert 0 <= interval[0] <= metrics["metrics"]["auc"]["estimate"] <= interval[1] <= 1
    for name in ("results/evaluation/comparison.svg", "results/tiles/half-um/phantom-0001-a.png"):
        assert (finished.folder / name).stat().st_size > 1000


def test_other_targets_and_controls_end_in_theirs(controlled):
    place = controlled.folder / "results/evaluation"

    def read(name):
        return json.loads((place / name).read_text())

    for target, metric in (("score", "spearman"), ("os", "c")):
        metrics = read(f"{target}/mean-rgb/mean/metrics.json")
        assert (metrics["primary"], metrics["n_patients"]) == (metric, len(LABELS["score"]))
        assert read(f"{target}/mean-rgb/mean/null.json")["permutations"] == 5
        assert all(leak["refused"] for leak in read(f"{target}/leaks.json")["leaks"])
    # 1 means censored, as CLAM's tables have it
    assert metrics["n_events"] == FOLLOW_UP["censorship"].count(0)
    assert set(read("os/mean-rgb/mean/clinical.json")["discrimination"]) >= {"image", "added"}
    for name in ("os/mean-rgb/mean/kaplan-meier", "score/mean-rgb/mean/scatter"):
        assert (place / f"{name}.svg").stat().st_size > 1000


@pytest.fixture(params=["finished", "controlled"])
def either(request) -> Project:
    """Each of the two studies."""
    return request.getfixturevalue(request.param)


def test_every_result_has_a_record_that_names_its_bytes(either):
    recorded = {}
    for path in (either.folder / "results/records").rglob("*.json"):
        text = path.read_text()
        assert str(either.folder) not in text
        assert "P000" not in text, "a record names a patient"
        for entry in json.loads(text)["outputs"]:
            recorded[entry["path"]] = entry["sha256"]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in either.results().items()}
    assert recorded == digests


def test_no_result_names_a_patient(either):
    for name, data in either.results().items():
        if name.startswith("results/") and "P000" in data.decode("latin-1"):
            raise AssertionError(f"{name} names a patient")


def test_a_second_run_has_nothing_to_do(either):
    assert either.snakemake().rstrip().splitlines()[-1].startswith("Nothing to be done")


def test_a_touched_manifest_and_reordered_keys_rerun_nothing(project):
    os.utime(project.folder / "config/slides.csv")
    project.configure(dict(reversed(TOY.items())))
    assert project.planned() == {}


def test_a_new_slide_runs_its_own_jobs_and_the_aggregates(project):
    shutil.copy(
        project.folder / "data/phantom/phantom-0001-a.tif", project.folder / "data/new slide.tif"
    )
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("new,Q1,data/new slide.tif,A,0\n")
    per_slide = {"tile": 1, "encode": ENCODERS, "compress": ENCODERS}
    assert project.planned() == per_slide | AGGREGATES

    before = (project.folder / "results/splits/tumour/rotation.csv").read_text().splitlines()
    project.snakemake("--until", "split", "tile")
    after = (project.folder / "results/splits/tumour/rotation.csv").read_text().splitlines()
    assert set(before) < set(after), "somebody moved"
    assert len(after) == len(before) + 1


def test_a_new_phantom_patient_redraws_nobody(project):
    project.configure(changed(phantom__slides__n_patients=7))
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("phantom-0007-a,P0007,data/phantom/phantom-0007-a.tif,A,0\n")
    planned = project.planned()
    assert (planned["simulate_slide"], planned["tile"]) == (1, 1)
    assert "simulate_patches" not in planned


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"evaluation__bootstrap": 300}, {"evaluate", "select", "compare"}),
        ({"models__mean__strengths": [0.5]}, set(JUDGED)),
        ({"encoders__tiny__channels": 5}, {"encoder_train", *OF_ENCODER, *BELOW_ENCODER}),
        ({"probe__settings__strengths": [0.1]}, {"encoder_probe", "encoder_compare"}),
        ({"tasks__tissue__tuning": 0.3}, {"patches", "encoder_train", *OF_ENCODER, *BELOW_ENCODER}),
        ({"grids__half-um__min_tissue": 0.5}, {"tile", *BELOW_ENCODER}),
    ],
)
def test_a_setting_reruns_what_depends_on_it(project, keys, rules):
    project.configure(changed(**keys))
    assert set(project.planned()) == rules


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        (
            {"note": "of one centre", "horizons": [20], "subgroups": ["tumour"]},
            {"evaluate_survival", "clinical", "compare"},
        ),
        (
            {"covariates__score": {"kind": "number"}},
            {"train_clinical", "evaluate_survival", "clinical", "compare"},
        ),
    ],
)
def test_what_is_told_beside_a_figure_trains_no_image_model(other, keys, rules):
    other.configure(
        changed(WITH_CONTROLS, **{f"targets__os__{key}": value for key, value in keys.items()})
    )
    assert set(other.planned()) == rules


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"comparison__correction": "none"}, {"compare"}),
        ({"controls__permutations__mean": 6}, {"null"}),
        (
            {"evaluation__level": 0.9},
            {"evaluate_regression", "evaluate_survival", "clinical", "compare"},
        ),
    ],
)
def test_comparison_and_controls_rerun_only_theirs(other, keys, rules):
    other.configure(changed(WITH_CONTROLS, **keys))
    assert set(other.planned()) == rules


def test_a_changed_label_reruns_its_own_target(other):
    table = other.folder / "config/survival.csv"
    add_columns(table, {"remark": LABELS["score"]})
    add_columns(other.folder / "config/slides.csv", {"remark": LABELS["score"]})
    assert other.planned() == {}
    table.write_text(table.read_text().replace(",40,1,", ",41,1,"))
    assert other.planned() == {
        "split": 1, "leaks": 1, "train": FOLDS, "train_clinical": FOLDS, "evaluate_survival": 2,
        "clinical": 1, "compare": 1, "null": 1,
    }  # fmt: skip


def test_maps_are_made_of_networks_alone(project):
    project.configure(changed(explain={}))
    assert project.planned() == {"explain": ENCODERS * SLIDES}
    maps = "results/explain/tumour/tiny/cnn/phantom-0001-a.h5"
    project.snakemake(maps)
    assert (project.folder / maps).stat().st_size > 1000


def test_frozen_code_reruns_nothing_for_its_own_sake(project):
    project.configure(changed(provenance__rerun_on_code=False))
    first = project.planned()
    assert first["tile"] == SLIDES  # switching it is a change, once


def test_killed_in_the_middle_of_encoding_and_started_again(finished, tmp_path):
    project = Project(
        tmp_path / "killed", changed(probe=None, models={"mean": TOY["models"]["mean"]})
    )
    run = subprocess.Popen(
        project.command(),
        cwd=ROOT,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 300
        while not encoding(project.folder):
            assert run.poll() is None, "ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
    finally:
        for pid in members(run.pid):
            os.kill(pid, signal.SIGKILL)
        run.wait()
    left = [path for path in (project.folder / "results").rglob("*.h5") if path.name[0] != "."]
    assert len(left) < SLIDES * (1 + 2 * ENCODERS)
    project.snakemake("--unlock")
    project.snakemake()
    again, clean = project.results(), finished.results()
    other = re.compile("results/(evaluation/(comparison|tumour/selected)|probes)|/cnn/")
    alike = sorted(name for name in clean if not other.search(name))
    assert sorted(name for name in again if not other.search(name)) == alike
    assert [name for name in alike if again[name] != clean[name]] == []


def members(session: int) -> list[int]:
    """Processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.getsid(int(entry.name)) == session:
                found.append(int(entry.name))
        except ProcessLookupError:
            continue
    return found


def encoding(folder: Path) -> bool:
    """Whether an encode job of this project is running."""
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"encode" in words and (entry / "cwd").resolve() == folder.resolve():
                return True
        except OSError:
            continue
    return False


def test_all_faults_are_told_at_once_and_nothing_starts(project):
    project.configure(changed(models__cnn__crop=12, evaluation__bootstrp=100))
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("a/b,Q1,data/x.tif,A,0\nphantom-0001-a,Q1,data/x.tif,A,0\n")
    output = project.snakemake("--dry-run", check=False)
    for fragment in (
        "config: models.cnn.crop: is 12; allowed are 5, 11, 24",
        "config: evaluation.bootstrp: unknown key; did you mean 'bootstrap'?",
        "a/b",
        "phantom-0001-a",
    ):
        assert fragment in output
    assert "Traceback" not in output


def test_a_job_refuses_code_that_the_plan_did_not_know(finished):
    done = finished.histopress(
        "encoder define",
        "--encoder=x",
        f"--weights={finished.folder / 'w.safetensors'}",
        f"--card={finished.folder / 'c.json'}",
        f"--code={'0' * 64}",
    )
    assert done.returncode == 1
    assert "the code has changed since the workflow was planned" in done.stderr
    assert not (finished.folder / "c.json").exists()


def test_a_bad_slide_fails_with_its_message(project):
    (project.folder / "data/bad.svs").write_bytes(b"no slide")
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("bad,Q1,data/bad.svs,A,0\n")
    output = project.snakemake("results/tiles/half-um/bad.h5", check=False)
    assert "slide 'bad'" in output
    assert "Traceback" not in output
    assert not (project.folder / "results/tiles/half-um/bad.h5").exists()


def test_a_quarantined_slide_travels_and_takes_no_part(project):
    (project.folder / "data/bad.svs").write_bytes(b"no slide")
    with (project.folder / "config/slides.csv").open("a") as manifest:
        manifest.write("bad,Q1,data/bad.svs,A,0\ngone,Q2,data/gone.svs,B,1\n")
    project.configure(changed(on_bad_slide="quarantine"))
    target = "results/models/tumour/mean-rgb/mean/seed0/fold0/predictions.csv"
    project.snakemake(target)
    record = project.folder / "results/records/train/tumour/mean-rgb/mean/seed0/fold0.json"
    facts = json.loads(record.read_text())["facts"]
    assert facts["excluded"] == 2
    assert sum(facts["slides"].values()) == SLIDES
    assert "bad" not in (project.folder / target).read_text()


def test_a_slide_with_a_digest_is_judged_by_it(project):
    slide = project.folder / "data/phantom/phantom-0001-a.tif"
    manifest = project.folder / "config/slides.csv"
    digest = hashlib.sha256(slide.read_bytes()).hexdigest()
    lines = manifest.read_text().splitlines()
    lines = [f"{line}," for line in lines]
    lines[0] += "sha256"
    lines[1] += digest
    manifest.write_text("\n".join(lines) + "\n")
    target = "results/tiles/half-um/phantom-0001-a.h5"
    project.snakemake(target)
    os.utime(slide)
    assert "tile" not in project.planned()

    manifest.write_text(manifest.read_text().replace(digest, "0" * 64))
    output = project.snakemake(target, check=False)
    assert f"slide 'phantom-0001-a': the file's sha256 is {digest}" in output


def test_report_is_written(other):
    other.snakemake("--report", "report.html")
    text = (other.folder / "report.html").read_text()
    for shown in ("Kaplan-Meier curves", "permuted labels", "net benefit"):
        assert shown in text


def test_profiles_do_not_overwrite_each_other():
    import yaml

    default, slurm = (
        yaml.safe_load((ROOT / name / "config.yaml").read_text())
        for name in ("profiles/default", "slurm")
    )
    assert set(default) & set(slurm) == set()


def test_an_encoder_without_labels_learns_from_the_studys_own_tiles(project):
    task = {"source": {"kind": "cohort", "grid": "half-um", "n_per_slide": 8}, "reduce": 2}
    encoder = {
        "kind": "vae", "grid": "half-um", "tasks": ["own"], "input_px": 64, "input_spacing_um": 1.0,
        "schedule": {"epochs": 1, "steps": 2, "batch": 4},
    }  # fmt: skip
    project.configure(changed(tasks__own=task, encoders__vae=encoder))
    project.snakemake("results/encoders/vae/card.md")
    card = json.loads((project.folder / "results/encoders/vae/card.json").read_text())
    (own,) = card["tasks"]
    assert own["name"] == "own" and own["grouping"] == "patient"
    assert sum(own["patches"].values()) == 8 * SLIDES
    assert "P000" not in (project.folder / "results/encoders/vae/card.md").read_text()
