"""Results that came by a pull, a checkout or a copy, and what Snakemake makes of them."""

import json
import os
import shutil
from pathlib import Path

from histopress.cli.audit.expected.wanted import Wanted
from histopress.cli.audit.workflow import Workflow
from histopress.cli.plan import Plan
from histopress.seeds import generator
from histopress.study import read_values

from .conftest import ENCODERS, FOLDS, MODELS, ROOT, WITH_CONTROLS, changed
from .everything import make_everything

JOBS = 65

METRICS = "results/evaluation/tumour/tiny/mean/metrics.json"
RECORD = "results/records/compare/comparison.json"
SPLIT = "results/splits/tumour/rotation.csv"
NOTHING = "Snakemake has nothing to do"


def forget(project):
    """Leave a project as a pull does: without Snakemake's memory, times in any order."""
    for name in (".snakemake", "logs"):
        shutil.rmtree(project.folder / name, ignore_errors=True)
    rng = generator(1, "times")
    for path in sorted((project.folder / "results").rglob("*")):
        time = 1_700_000_000 + int(rng.integers(10_000))
        os.utime(path, (time, time))
    return project


def without_intermediates(project):
    """Take away what nobody pulls."""
    shutil.rmtree(project.folder / "data")
    shutil.rmtree(project.folder / "results/features")
    for path in (project.folder / "results/tiles").rglob("*.h5"):
        path.unlink()


def adopt(project, *options):
    done = project.histopress("audit adopt", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def times(project):
    return {path: path.stat().st_mtime_ns for path in sorted(project.folder.rglob("results/**/*"))}


def test_a_pull_without_intermediates_leaves_nothing_to_be_done(project):
    without_intermediates(project)
    before = forget(project).results()
    assert adopt(project) == [f"taken: the results of {JOBS} jobs", NOTHING]
    assert project.planned() == {}
    assert project.results() == before


def test_after_a_pull_one_changed_setting_runs_exactly_its_jobs(project):
    forget(project).configure(changed(models__mean__strengths=[0.5]))
    jobs = {"train": ENCODERS * FOLDS, "evaluate": ENCODERS, "select": 1, "compare": 1}
    lines = adopt(project)
    assert lines[0] == f"taken: the results of {JOBS - sum(jobs.values())} jobs"
    assert lines[-1].startswith(f"Snakemake will run {sum(jobs.values())} jobs: ")
    assert project.planned() == jobs


def test_controls_stay_where_only_intervals_are_asked_for_anew(other):
    forget(other).configure(changed(WITH_CONTROLS, evaluation__level=0.9))
    adopt(other)
    assert other.planned() == {
        "evaluate_regression": 1, "evaluate_survival": 2, "clinical": 1, "compare": 1,
    }  # fmt: skip


def test_files_nobody_answers_for_are_moved_aside_and_made_anew(project):
    edited = project.folder / METRICS
    before, better = edited.read_bytes(), edited.read_bytes().replace(b"0.", b"0.9")
    edited.write_bytes(better)
    altered = project.folder / RECORD
    altered.write_text(altered.read_text().replace('"seed": 3', '"seed": 4'))
    (project.folder / "results/records/encoder_card/tiny.json").unlink()
    lost = [
        "results/encoders/tiny/card.md",
        *(f"results/evaluation/comparison.{end}" for end in ("csv", "svg")),
        METRICS,
        RECORD,
    ]

    untouched = times(forget(project))
    lines = adopt(project, "--dry-run")
    assert lines[0] == f"would take: the results of {JOBS - 3} jobs"
    assert lines[1].startswith("to be moved to results.aside/")
    assert lines[2:7] == [f"  {path}" for path in lost]
    assert times(project) == untouched
    assert not (project.folder / "results.aside").exists()

    told = json.loads("\n".join(adopt(project, "--json")))
    assert told["aside"] == lost
    aside = project.folder / told["folder"]
    assert (aside / METRICS).read_bytes() == better
    assert all((aside / path).is_file() for path in lost)
    assert told["pending"] == {"encoder_card": 1, "evaluate": 1, "compare": 1}
    project.snakemake("--until", "evaluate")
    assert edited.read_bytes() == before


def test_a_split_that_was_edited_stays_and_its_users_run(project):
    split = project.folder / SPLIT
    places = (("phantom-0003-a", "0", "1"), ("phantom-0005-a", "1", "0"))
    edited = split.read_text()
    for slide, old, new in places:
        edited = edited.replace(f"{slide},0,,{old},", f"{slide},0,,{new},")
    assert edited != split.read_text()
    split.unlink()
    (project.folder / "elsewhere.csv").write_text(edited)
    split.symlink_to(project.folder / "elsewhere.csv")
    told = json.loads("\n".join(adopt(forget(project), "--json")))
    assert (told["kept"], told["aside"]) == ([SPLIT], [])
    assert split.read_text() == edited and not split.is_symlink()
    rows = ENCODERS * MODELS
    assert project.planned() == {
        "split": 1, "train": rows * FOLDS, "evaluate": rows, "select": 1, "compare": 1,
    }  # fmt: skip
    project.snakemake("--until", "split")
    assert split.read_text() == edited, "somebody moved"


def test_what_snakemake_knows_is_not_touched(project):
    before = times(project)
    lines = adopt(project)
    assert lines[0].startswith(f"nothing to adopt: Snakemake knows the results of {JOBS} jobs")
    project.configure(changed(evaluation__bootstrap=300))
    assert adopt(project)[-1] == "Snakemake will run 6 jobs: compare, evaluate ×4, select"
    assert times(project) == before


def test_jobs_of_every_rule_are_named_as_snakemake_names_them(tmp_path):
    project = make_everything(tmp_path / "study")
    values = read_values(project.folder / "config/config.yaml")
    wanted = Wanted.of(Plan.load(values, project.folder, check_files=False))
    keys = [job.key for job in wanted.jobs.values()]
    left = next(key for key in keys if key[0] == "encoder transfer")
    workflow = Workflow(
        snakefile=ROOT / "Snakefile", folder=project.folder, config=Path("config/config.yaml")
    )
    for row in workflow.rows():
        (project.folder / row.path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / row.path).touch()
    workflow.touch(key for key in keys if key != left)
    rows = workflow.rows()
    assert sum(row.is_record for row in rows) == len(keys)
    assert all(row.remembered for row in rows)
    assert {row.rule for row in rows if row.pending} == {"encoder_transfer"}
