"""What users rely on when they run, change and interrupt the workflow."""

import hashlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .conftest import ENCODERS, FOLLOW_UP, LABELS, ROOT, SLIDES, TOY, Project, changed


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


def test_every_result_has_a_record_that_names_its_bytes(either):
    recorded = {}
    for path in (either.folder / "results/records").rglob("*.json"):
        text = path.read_text()
        assert str(either.folder) not in text
        assert "P000" not in text, "a record names a patient"
        if path.parent.name == "runs":  # the ledger
            continue
        for entry in json.loads(text)["outputs"]:
            recorded[entry["path"]] = entry["sha256"]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in either.results().items()}
    assert recorded == digests


def test_no_result_names_a_patient(either):
    for name, data in either.results().items():
        if name.startswith("results/") and "P000" in data.decode("latin-1"):
            raise AssertionError(f"{name} names a patient")


def test_maps_are_made_of_networks_alone(project):
    project.configure(changed(explain={}))
    assert project.planned() == {"explain": ENCODERS * SLIDES}
    maps = "results/explain/tumour/tiny/cnn/phantom-0001-a.h5"
    project.snakemake(maps)
    assert (project.folder / maps).stat().st_size > 1000


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


def test_controls_of_what_is_not_there_are_told(project):
    project.configure(
        changed(
            comparison__reference=["tiny", "meen"],
            controls={"permutations": {"men": 200}, "encoders": ["small"]},
        )
    )
    output = project.snakemake("--dry-run", check=False)
    for fragment in (
        "config: comparison.reference: is 'meen'; models are cnn, mean",
        "config: controls.permutations: is 'men'; models are cnn, mean",
        "config: controls.encoders: is 'small'; encoders are mean-rgb, tiny",
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
