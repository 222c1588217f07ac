"""The runner: outputs whole or not at all, the record last, messages without traceback."""

import hashlib
import json
from pathlib import Path

import pytest

from histopress.audit.source import Source
from histopress.cli.job import Port, Request, Verb
from histopress.cli.runner import execute
from histopress.errors import HistopressError, StaleCodeError, StoreError
from histopress.seeds import derive_seed
from histopress.store import TEMPORARY
from histopress.types import settings


@settings
class Settings:
    seed: int = 1
    fail: bool = False


def work(job):
    text = job.input("source").read_text()
    job.output("first").write_text(text.upper())
    if job.settings.fail:
        raise HistopressError("slide 'x': cannot")
    job.output("second").write_text(str(job.rng("draw").random()))
    job.facts["letters"] = len(text)


VERB = Verb(
    name="work",
    environment="slide",
    settings=Settings,
    inputs=(Port(name="source", help=""),),
    outputs=(Port(name="first", help=""), Port(name="second", help="")),
    wildcards=("slide-id",),
    run=work,
)


@pytest.fixture
def request_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("histopress.cli.runner.read_source", lambda: None)
    (tmp_path / "source").write_text("abc")

    def make(verb=VERB, **changes):
        values = {
            "verb": verb,
            "settings": Settings(),
            "paths": {name: tmp_path / name for name in ("source", "first", "second")},
            "wildcards": {"slide-id": "s1"},
            "record": tmp_path / "records" / "r.json",
        }
        return Request(**(values | changes))

    return make


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_leaves_outputs_and_a_record_of_them(request_for, tmp_path):
    execute(request_for())
    assert files(tmp_path) == ["first", "r.json", "second", "source"]
    record = json.loads((tmp_path / "records/r.json").read_text())
    assert record["recipe"]["wildcards"] == {"slide-id": "s1"}
    assert record["recipe"]["settings"] == {"seed": 1, "fail": False}
    assert [entry["path"] for entry in record["outputs"]] == ["first", "second"]
    assert [entry["role"] for entry in record["inputs"]] == ["source"]
    assert record["facts"] == {"letters": 3}
    assert str(tmp_path) not in json.dumps(record)


def test_a_failed_job_leaves_everything_as_it_was(request_for, tmp_path):
    execute(request_for())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(HistopressError, match="cannot"):
        execute(request_for(settings=Settings(fail=True)))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_forgotten_output_is_an_error_and_leaves_nothing(request_for, tmp_path):
    def forget(job):
        job.output("first").write_text("x")

    with pytest.raises(HistopressError, match="wrote no 'second'"):
        execute(request_for(Verb(**(vars(VERB) | {"run": forget}))))
    assert files(tmp_path) == ["source"]


def test_what_a_killed_job_left_is_removed(request_for, tmp_path):
    (tmp_path / f"{TEMPORARY}01234567-first").write_text("half")
    execute(request_for())
    assert files(tmp_path) == ["first", "r.json", "second", "source"]


def test_without_the_record_no_output_counts_as_recorded(request_for, tmp_path):
    execute(request_for())

    def crash(job):
        work(job)
        job.output("second").unlink()
        job.output("second").mkdir()

    with pytest.raises(OSError):
        execute(request_for(Verb(**(vars(VERB) | {"run": crash}))))
    assert json.loads((tmp_path / "records/r.json").read_text())["outputs"]


def test_other_code_is_refused_before_anything_is_done(request_for, tmp_path):
    with pytest.raises(StaleCodeError, match="start the workflow again"):
        execute(request_for(code="0" * 64))
    assert files(tmp_path) == ["source"]


def test_a_missing_input_is_named(request_for, tmp_path):
    (tmp_path / "source").unlink()
    with pytest.raises(StoreError, match="source: no such file"):
        execute(request_for())


def test_equal_recipes_have_equal_ids(request_for, tmp_path):
    ids = []
    for _ in range(2):
        execute(request_for())
        ids.append(json.loads((tmp_path / "records/r.json").read_text())["recipe_id"])
    (tmp_path / "source").write_text("abd")
    execute(request_for())
    ids.append(json.loads((tmp_path / "records/r.json").read_text())["recipe_id"])
    assert ids[0] == ids[1] != ids[2]


def recorded(folder):
    return json.loads((folder / "records/r.json").read_text())


def test_the_recipe_tells_all_that_decides_a_result(request_for, tmp_path):
    def compute(job):
        work(job)
        job.numerics["threads"] = 3
        job.content["source"] = "0" * 64

    execute(request_for(Verb(**(vars(VERB) | {"run": compute}))))
    recipe = recorded(tmp_path)["recipe"]
    assert recipe["seeds"] == {"draw": derive_seed(1, "draw")}
    assert recipe["numerics"] == {"threads": 3}
    assert recipe["content"] == {"source": "0" * 64}
    assert recipe["inputs"] == [], "only the content of the source counts"
    assert recipe["pins"]["python"].startswith("=3.")


def test_a_guard_stops_a_job_and_is_no_part_of_its_recipe(request_for, tmp_path):
    guarded = Verb(**(vars(VERB) | {"guards": ("fail",)}))
    execute(request_for(guarded))
    assert recorded(tmp_path)["recipe"]["settings"] == {"seed": 1}
    with pytest.raises(HistopressError, match="cannot"):
        execute(request_for(guarded, settings=Settings(fail=True)))


def test_the_record_tells_how_the_verb_was_called(request_for, tmp_path):
    elsewhere = tmp_path.parent / "second"
    paths = {"source": tmp_path / "source", "first": tmp_path / "a/first", "second": elsewhere}
    execute(request_for(paths=paths, attempt=2))
    record = recorded(tmp_path)
    assert record["ports"] == {"source": "source", "first": "a/first", "second": "outside:second"}
    assert record["run"]["attempt"] == 2


def test_what_was_not_committed_is_kept_beside_the_record(request_for, tmp_path, monkeypatch):
    source = Source(commit="c" * 40, patch=b"+ new\n")
    monkeypatch.setattr("histopress.cli.runner.read_source", lambda: source)
    execute(request_for())
    assert recorded(tmp_path)["source"] == {
        "commit": "c" * 40, "dirty": True, "patch": source.patch_digest,
    }  # fmt: skip
    kept = tmp_path / f"results/records/source/{source.patch_digest}.patch"
    assert kept.read_bytes() == source.patch


def test_without_a_record_nothing_is_kept(request_for, tmp_path, monkeypatch):
    monkeypatch.setattr("histopress.cli.runner.read_source", lambda: Source(commit="c", patch=b"p"))
    execute(request_for(record=None))
    assert files(tmp_path) == ["first", "second", "source"]


def test_a_token_in_the_environment_is_in_no_record(request_for, tmp_path, monkeypatch):
    monkeypatch.setenv("HISTOPRESS_TEST_TOKEN", "s3cr3t-t0k3n")
    monkeypatch.setenv("USER", "dr-who")
    monkeypatch.setenv("HOME", "/home/dr-who")
    execute(request_for())
    text = (tmp_path / "records/r.json").read_text()
    assert "s3cr3t" not in text and "dr-who" not in text


def test_no_fact_tells_where_a_file_lies(request_for, tmp_path):
    def tell(job):
        work(job)
        elsewhere = job.request.paths["source"]
        job.facts.update(reason=f"slide 's1': {elsewhere} is cut short", all=[str(elsewhere)])

    outside = tmp_path.parent / "scans of a clinic.svs"
    outside.write_text("abc")
    paths = {"source": outside, "first": tmp_path / "first", "second": tmp_path / "second"}
    execute(request_for(Verb(**(vars(VERB) | {"run": tell})), paths=paths))
    assert str(tmp_path.parent) not in (tmp_path / "records/r.json").read_text()
    facts = recorded(tmp_path)["facts"]
    assert facts["reason"] == "slide 's1': outside:scans of a clinic.svs is cut short"
    assert facts["all"] == ["outside:scans of a clinic.svs"]


def test_a_guard_may_stand_in_a_group_of_settings():
    verb = Verb(**(vars(VERB) | {"guards": ("encoder.sha256", "sha256")}))
    given = {"encoder": {"kind": "keras", "sha256": "0"}, "sha256": None, "seed": 1}
    assert verb.decisive(given) == {"encoder": {"kind": "keras"}, "seed": 1}
    assert verb.decisive({"encoder": None, "seed": 1}) == {"encoder": None, "seed": 1}
    assert given["encoder"]["sha256"] == "0", "what was given is left as it is"


def held(change):
    """A verb that reads its source bit by bit; ``change`` happens to it meanwhile."""

    def run(job):
        job.reads("source", job.request.paths["source"], hold=True)
        work(job)
        change(job.request.paths["source"])

    return Verb(**(vars(VERB) | {"run": run}))


@pytest.mark.parametrize("change", [lambda path: path.write_text("other words"), Path.unlink])
def test_what_is_read_bit_by_bit_must_hold_still(request_for, tmp_path, change):
    with pytest.raises(StoreError, match="source: was changed while the job read it"):
        execute(request_for(held(change)))
    assert set(files(tmp_path)) <= {"source"}


def test_what_is_read_bit_by_bit_may_be_touched(request_for, tmp_path):
    execute(request_for(held(Path.touch)))
    assert recorded(tmp_path)["inputs"][0]["bytes"] == 3


def test_a_table_that_is_edited_later_is_recorded_as_it_was_read(request_for, tmp_path):
    before = hashlib.sha256(b"abc").hexdigest()

    def overtaken(job):
        work(job)
        (tmp_path / "source").write_text("a slide more")

    execute(request_for(Verb(**(vars(VERB) | {"run": overtaken}))))
    assert [entry["sha256"] for entry in recorded(tmp_path)["inputs"]] == [before]


def test_a_file_of_two_roles_is_recorded_under_both(request_for, tmp_path):
    def twice(job):
        work(job)
        job.reads("template", tmp_path / "source")

    execute(request_for(Verb(**(vars(VERB) | {"run": twice}))))
    assert [entry["role"] for entry in recorded(tmp_path)["inputs"]] == ["source", "template"]


def test_no_job_reads_what_it_writes_but_as_the_former_version(request_for, tmp_path):
    (tmp_path / "first").write_text("before")
    paths = {"source": tmp_path / "first", "first": tmp_path / "first", "second": tmp_path / "b"}
    with pytest.raises(StoreError, match="is given as source, and is to be written"):
        execute(request_for(paths=paths))
    assert (tmp_path / "first").read_text() == "before"

    def goes_on(job):
        work(job)
        job.former("first")

    execute(request_for(Verb(**(vars(VERB) | {"run": goes_on}))))
    assert [entry["role"] for entry in recorded(tmp_path)["inputs"]] == ["former first", "source"]


@pytest.mark.parametrize(("later", "edited"), [("1", False), ("2", True)])
def test_code_that_is_edited_while_it_runs_is_told(
    request_for, tmp_path, monkeypatch, later, edited
):
    digests = iter(["1" * 64, later * 64])
    monkeypatch.setattr("histopress.cli.runner.code_digest", lambda _: next(digests))
    execute(request_for())
    assert recorded(tmp_path)["run"]["edited"] is edited
    assert recorded(tmp_path)["recipe"]["code"] == "1" * 64
