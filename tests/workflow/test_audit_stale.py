"""What is stale, held against Snakemake and against recipes put together anew."""

import csv
import json
import shutil
from collections import Counter
from contextlib import chdir

import pytest

from histopress.audit.cache import DigestCache
from histopress.cli.audit.expected.rules import RULE
from histopress.cli.audit.expected.wanted import Wanted
from histopress.cli.audit.judging import judge
from histopress.cli.audit.opening import Project as Audited
from histopress.cli.plan import Plan
from histopress.store import file_digest
from histopress.study import read_values

from . import conftest
from .conftest import LABELS, ROOT, TOY, WITH_CONTROLS, add_columns, changed
from .everything import make_everything
from .recomputed import planned_jobs, recomputed

DRAWN = "data/phantom/phantom-0001-a.tif"
AGGREGATES = ("train", "evaluate", "select", "compare")


def judged(project, *, full=False):
    """Judge a project as 'histopress audit stale' does."""
    values = read_values(project.folder / "config/config.yaml")
    with chdir(project.folder), DigestCache(full=full) as digests:
        return judge(Audited(project.folder, values, digests))


def stale(found):
    return {verdict.place for verdict in found.of("stale")}


def to_run(found):
    """Count by verb the jobs that a run would do; a job may become another verb's."""
    verbs = Counter(
        next((reason.new for reason in job.reasons if reason.kind == "verb"), job.verb)
        for job in found.of("stale")
    )
    return dict(verbs + Counter(found.unmade))


def by_verb(planned):
    """Count Snakemake's jobs by verb; kinds of evaluation are rules of their own."""
    counts = Counter()
    for rule, count in planned.items():
        counts["evaluate" if rule.startswith("evaluate") else rule.replace("_", " ")] += count
    return dict(counts)


@pytest.fixture(scope="session")
def plans():
    """Ask Snakemake once for the jobs of a study that nobody touches."""
    known = {}

    def ask(project):
        if project.folder not in known:
            known[project.folder] = planned_jobs(project)
        return known[project.folder]

    return ask


@pytest.fixture
def before(finished, plans):
    """What Snakemake planned for the finished study."""
    return plans(finished)


def expected_alike(project, jobs):
    """Compare the jobs that are expected with those that Snakemake plans; gives their verbs."""
    values = read_values(project.folder / "config/config.yaml")
    wanted = Wanted.of(Plan.load(values, project.folder, check_files=False))
    assert wanted.counts() == by_verb(Counter(job.rule for job in jobs.values()))
    for job in jobs.values():
        own = wanted.maker(job.outputs[0])
        assert (own.rule.verb, set(own.paths)) == (*by_verb({job.rule: 1}), job.inputs)
    return set(wanted.counts())


def test_each_job_is_expected_to_read_what_snakemake_gives_it(either, plans):
    expected_alike(either, plans(either))


def test_so_is_a_job_of_every_rule(tmp_path):
    project = make_everything(tmp_path / "study")
    assert expected_alike(project, planned_jobs(project)) == set(RULE)


def test_what_a_job_read_is_expected_of_it_again(either, plans):
    found = judged(either)
    assert (found.counts(), found.unmade) == ({}, {})
    assert {verdict.place for verdict in found.of("fresh")} == set(plans(either))


def edit_manifest(project, change):
    path = project.folder / "config/slides.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    rows = change(rows) or rows
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def new_slide(project, **cells):
    shutil.copy(project.folder / DRAWN, project.folder / "data/new slide.tif")
    row = {"slide_id": "new", "patient_id": "Q1", "path": "data/new slide.tif", "center": "A"}
    return row | {"tumour": "0"} | cells


def add_slide(project):
    edit_manifest(project, lambda rows: [*rows, new_slide(project)])


def replace_slide(project):
    edit_manifest(project, lambda rows: [*rows[:-1], new_slide(project, tumour=rows[-1]["tumour"])])


def swap_labels(project):
    def swap(rows):
        rows[0]["tumour"], rows[1]["tumour"] = rows[1]["tumour"], rows[0]["tumour"]

    edit_manifest(project, swap)


def move_to_another_centre(project):
    edit_manifest(project, lambda rows: rows[2].update(center="B"))


CHANGES = {
    "a tile setting": {"grids__half-um__min_tissue": 0.5},
    "an encoder setting": {"encoders__tiny__channels": 5},
    "views of an encoder": {"encoders__mean-rgb__views": 1},
    "a model setting": {"models__mean__strengths": [0.5]},
    "the seed": {"seed": 4},
    "the protocol": {"protocol__repeats": 2},
    "an evaluation setting": {"evaluation__bootstrap": 300},
    "a probe setting": {"probe__settings__strengths": [0.1]},
    "one slide more": add_slide,
    "one slide replaced": replace_slide,
    "two labels": swap_labels,
    "a centre": move_to_another_centre,
    "a model less": lambda project: project.configure(
        TOY | {"models": {"mean": TOY["models"]["mean"]}}
    ),
}
MOVES_JOBS = ("the protocol", "one slide more", "one slide replaced", "a model less")
"""Changes after which other jobs are asked for, or are given other files."""


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_makes_stale_what_other_recipes_name(project, before, what):
    change = CHANGES[what]
    if callable(change):
        change(project)
    else:
        project.configure(changed(**change))
    jobs = planned_jobs(project) if what in MOVES_JOBS else before
    named = recomputed(project, jobs, before)
    found = judged(project)
    assert stale(found) == named
    assert named
    assert sum(found.unmade.values()) == len(set(jobs) - set(before))


@pytest.mark.parametrize("what", ["a model setting", "one slide more"])
def test_snakemake_would_run_what_is_stale(project, what):
    change = CHANGES[what]
    if callable(change):
        change(project)
    else:
        project.configure(changed(**change))
    assert to_run(judged(project)) == by_verb(project.planned())


def redefine_encoder(project):
    other = TOY["encoders"]["tiny"] | {"channels": 6}
    project.configure(changed(**{"encoders__mean-rgb": other}))


def test_an_encoder_made_otherwise_is_stale_with_all_that_it_embeds(project):
    redefine_encoder(project)
    found = judged(project)
    assert to_run(found) == by_verb(project.planned())
    reasons = [reason for verdict in found.of("stale") for reason in verdict.reasons]
    assert [(one.old, one.new) for one in reasons if one.kind == "verb"] == [
        ("encoder define", "encoder train")
    ]


def given_slides(project):
    """Let slides and patches be files that the study was given, not drawn."""
    project.configure(TOY | {"phantom": None})


def test_other_bytes_of_a_slide_are_found_where_no_digest_is_registered(project, before):
    given_slides(project)
    assert not stale(judged(project))
    with (project.folder / DRAWN).open("ab") as slide:
        slide.write(b"more")
    jobs = {place: job for place, job in before.items() if "simulate" not in job.rule}
    named = recomputed(project, jobs, before)
    assert stale(judged(project)) == named
    assert {jobs[place].rule for place in named} == {"tile", "encode", "compress", *AGGREGATES}


def test_a_registered_slide_is_read_only_if_asked_and_its_digest_counts(project):
    given_slides(project)
    digest = file_digest(project.folder / DRAWN)
    edit_manifest(project, lambda rows: [row | {"sha256": ""} for row in rows])
    edit_manifest(project, lambda rows: rows[0].update(sha256=digest))
    assert not stale(judged(project))

    with (project.folder / DRAWN).open("ab") as slide:
        slide.write(b"more")
    assert not stale(judged(project))
    assert "tile" in to_run(judged(project, full=True))

    edit_manifest(project, lambda rows: rows[0].update(sha256="0" * 64))
    (own,) = [one for one in judged(project).of("stale") if one.verb == "tile"]
    assert [(one.kind, one.key, one.old) for one in own.reasons] == [("input", (DRAWN,), digest)]


def test_a_column_that_nobody_asks_for_makes_nothing_stale_and_a_label_does(other):
    table = other.folder / "config/survival.csv"
    add_columns(table, {"remark": LABELS["score"]})
    add_columns(other.folder / "config/slides.csv", {"remark": LABELS["score"]})
    assert not stale(judged(other))
    table.write_text(table.read_text().replace(",40,1,", ",41,1,"))
    found = judged(other)
    assert to_run(found) == by_verb(other.planned())
    assert found.counts()["content"] > 0


@pytest.mark.parametrize(
    ("keys", "null"),
    [
        (
            {
                "evaluation__level": 0.9,
                "targets__os__note": "of one centre",
                "targets__os__subgroups": ["tumour"],
            },
            False,
        ),
        ({"seeds": [0, 1]}, True),
    ],
)
def test_the_null_follows_the_figure_that_it_is_held_against(other, keys, null):
    other.configure(changed(WITH_CONTROLS, **keys))
    found = judged(other)
    assert to_run(found) == by_verb(other.planned())
    assert ("null" in to_run(found)) is null


def test_an_altered_record_and_an_absent_output_are_told(project):
    place = project.folder / "results/records/compress/tiny/phantom-0002-a.json"
    record = json.loads(place.read_text())
    record["facts"]["status"] = "excluded"
    place.write_text(json.dumps(record, sort_keys=True, ensure_ascii=False, indent=2) + "\n")
    (project.folder / "results/tiles/half-um/phantom-0003-a.png").unlink()
    kinds = {
        (verdict.verb, reason.kind)
        for verdict in judged(project).of("stale")
        for reason in verdict.reasons
        if reason.kind != "upstream"
    }
    assert kinds == {("compress", "record"), ("tile", "output")}


def test_a_job_by_hand_is_judged_by_what_it_was_given(project):
    run = project.histopress(
        "compress export",
        "--compressed=results/compressed/tiny/phantom-0001-a.h5",
        "--tiles=results/tiles/half-um/phantom-0001-a.h5",
        "--exported=results/exported.h5",
        '--settings={"convention": "clam"}',
    )
    assert run.returncode == 0, run.stderr
    place = "results/records/compress_export/phantom-0001-a.json"
    assert place in {verdict.place for verdict in judged(project).of("fresh")}
    project.configure(changed(encoders__tiny__channels=5))
    assert place in stale(judged(project))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of the repository, which runs in place of it."""
    tree = tmp_path / "repository"
    for name in ("src", "workflow", "envs", "profiles"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", tree / "Snakefile")
    monkeypatch.setattr(conftest, "ROOT", tree)
    return tree


def told(project):
    """Places that the command names."""
    run = project.histopress("audit stale", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == bool(found["stale"]), run.stderr
    return {one["record"] for one in found["stale"]}


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_reworded_docstring_reruns_nothing_and_a_formula_what_uses_it(project, before, tree):
    module = tree / "src/histopress/compress/distance.py"
    edit(module, "Weigh each tissue cell by", "# Depth counts.\n    Weigh cells by")
    edit(module, "    weight = ", "    # Deep cells count more.\n    weight = ")
    assert (told(project), project.planned()) == (set(), {})

    edit(module, "** 2", "** 3")
    found = told(project)
    assert found == recomputed(project, before, before, source=tree / "src")
    assert Counter(before[place].rule for place in found) == project.planned()
    assert {before[place].rule for place in found} == {"compress", *AGGREGATES}


def test_a_pin_makes_stale_what_imports_the_library(project, before, tree):
    edit(tree / "envs/learn.yaml", "pytorch-cpu =2.13", "pytorch-cpu =2.14")
    found = told(project)
    assert found == recomputed(project, before, before, source=tree / "src")
    rules = {before[place].rule for place in found}
    assert "encoder_train" in rules and "encode" in rules
    assert not rules & {"tile", "split", "simulate_slide"}


def test_frozen_code_is_judged_all_the_same(project, tree):
    project.configure(changed(provenance__rerun_on_code=False))
    edit(tree / "src/histopress/compress/distance.py", "** 2", "** 3")
    assert any(place.startswith("results/records/compress/") for place in told(project))
