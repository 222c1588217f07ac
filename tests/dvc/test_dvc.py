"""The daily cases of docs/dvc.md with the real DVC and the real workflow, jobs counted."""

import os
import shutil

import yaml

from .conftest import AGGREGATES, ALL, ROOT, Repository, jobs_of

ONE_SLIDE = {"simulate_slide": 1, "tile": 1, "encode": 1, "compress": 1, "split": 1}
UP_TO_DATE = "Data and pipelines are up to date."
CHANGES = ("models.mean.strengths=[0.5]", "evaluation.bootstrap=300")


def forget_times(repository):
    """Give all results the time of now, whatever order they were made in."""
    for path in sorted((repository.folder / "results").rglob("*"), reverse=True):
        os.utime(path)


def test_the_first_repro_runs_every_job_once_and_a_second_none(begun):
    repository, output = begun
    assert jobs_of(output) == ALL
    assert repository.status() == {}
    assert UP_TO_DATE in repository.call("dvc", "repro")
    assert repository.planned() == {}
    tracked = repository.call("git", "ls-files").split()
    assert {"results/README.md", "metrics/results.json", "metrics/audit.json"} < set(tracked)
    assert [path for path in tracked if path.startswith("results/")] == ["results/README.md"]


def test_a_new_slide_runs_its_own_jobs_and_the_aggregates(grown):
    repository, output = grown
    assert jobs_of(output) == ONE_SLIDE | AGGREGATES
    assert repository.status() == {}
    diff = repository.values("dvc", "metrics", "diff", "HEAD~1", "--json")
    assert diff["metrics/results.json"]["slides.given"] == {"old": 6, "new": 7, "diff": 1}
    assert diff["metrics/audit.json"]["verified"]["diff"] > 0


def test_plots_lay_both_versions_side_by_side(grown, tmp_path):
    repository, _ = grown
    repository.call("dvc", "plots", "diff", "HEAD~1", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots/index.html").read_text()
    assert "training of the encoder" in page
    drawn = {path.name for path in (tmp_path / "plots/static").iterdir()}
    for figure in ("evaluation", "probes"):
        assert {f"{name}_results_{figure}_comparison.svg" for name in ("workspace", "HEAD~1")} <= {
            name.replace("HEAD_1", "HEAD~1") for name in drawn
        }


def test_going_back_leaves_nothing_to_be_done(grown, begun, tmp_path):
    repository = grown[0].copy(tmp_path / "study")
    repository.call("git", "checkout", "--quiet", "HEAD~1")
    repository.call("dvc", "checkout", "--quiet")
    assert repository.results() == begun[0].results()
    assert repository.planned() != {}, "then adopting is needless"
    repository.call("histopress", "audit", "adopt")
    assert repository.planned() == {}
    assert UP_TO_DATE in repository.call("dvc", "repro")


def test_a_fresh_clone_pulls_adopts_and_goes_on(begun, tmp_path):
    origin = begun[0]
    origin.call("git", "clone", "--quiet", str(origin.folder), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", origin.home)
    clone.call("dvc", "pull", "--quiet")
    forget_times(clone)
    assert clone.results() == origin.results()
    said = clone.call("histopress", "audit", "adopt")
    assert said.splitlines()[-1] == "Snakemake has nothing to do"
    assert clone.planned() == {}

    changes = [word for key in CHANGES for word in ("--set-param", f"config/config.yaml:{key}")]
    output = clone.call("dvc", "exp", "run", "--name", "weaker", *changes)
    assert jobs_of(output) == AGGREGATES
    assert clone.status() == {}
    config = (clone.folder / "config/config.yaml").read_text()
    assert "# This comment outlives experiments.\n" in config and "[0.5]" in config
    assert "weaker" in clone.call("dvc", "exp", "list")
    changed = clone.values("dvc", "metrics", "diff", "--json")["metrics/results.json"]
    assert "targets.tumour.multitask.mean.high" in changed


def test_links_into_the_cache_are_replaced_never_written_through(repository):
    repository.call("dvc", "config", "cache.type", "symlink")
    repository.call("dvc", "checkout", "--relink", "--quiet")
    split = repository.folder / "results/splits/tumour/rotation.csv"
    assert split.is_symlink()
    repository.call("histopress", "audit", "adopt")
    repository.add_slide()
    assert repository.planned() == ONE_SLIDE | AGGREGATES
    repository.call("snakemake", "--cores", "2")
    assert repository.damaged() == []
    assert not split.is_symlink() and "phantom-0007-a" in split.read_text()

    assert repository.status().keys() == {"prepare", "pipeline", "audit"}
    repository.call("histopress", "summary", "--json=metrics/results.json")
    repository.call("dvc", "commit", "--force", "--quiet")
    assert repository.status() == {}


def test_a_study_in_a_folder_of_its_own_goes_by_the_recipe(begun, tmp_path):
    origin = begun[0]
    study = Repository(tmp_path / "study", origin.home)
    for part in ("config", "results", "data"):
        shutil.copytree(origin.folder / part, study.folder / part)
    shutil.copy(ROOT / "config/recipes/dvc/gitignore", study.folder / ".gitignore")
    recipe = (ROOT / "config/recipes/dvc/dvc.yaml").read_text()
    (study.folder / "dvc.yaml").write_text(
        recipe.replace("histopress: ../histopress", f"histopress: {origin.folder}")
    )
    study.call("git", "init", "--quiet")
    study.call("dvc", "init", "--quiet")
    study.commit("the study")
    output = study.call("dvc", "repro")
    assert jobs_of(output) == {}
    assert study.status() == {}
    metrics = study.values("dvc", "metrics", "show", "--json")
    assert metrics[""]["data"]["metrics/audit.json"]["data"]["modified"] == 0


def test_slides_that_dvc_tracks_leave_their_pointer_to_git(repository):
    (repository.folder / "data/slides").mkdir()
    (repository.folder / "data/slides/a.tif").write_bytes(b"a slide")
    repository.call("dvc", "add", "data/slides")
    repository.commit("slides")
    tracked = repository.call("git", "ls-files", "data").split()
    assert tracked == ["data/slides.dvc"]


def test_stages_name_parameters_that_the_embedded_study_has():
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    named = [
        name
        for stage in stages.values()
        for params in stage.get("params", ())
        for name in params["config/config.yaml"] or ()
    ]
    assert named and set(named) <= config.keys()
