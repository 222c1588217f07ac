"""From bytes to sources, whatever the file is called now."""

import json
import shutil
from pathlib import Path

import pytest

from audit.recorded import METRICS, make_slide, make_split, rewrite, run
from histopress.audit.cache import DigestCache
from histopress.audit.findings import State
from histopress.audit.history.graph import Graph
from histopress.audit.history.plain import trace_values
from histopress.audit.history.present import Present
from histopress.audit.history.registry import read_registry
from histopress.audit.history.trace import FORMER, project_name, trace
from histopress.audit.history.tree import render_trace
from histopress.audit.history.verify import verify_results
from histopress.audit.records import read_records
from histopress.store import canonical_json, file_digest


@pytest.fixture
def follow(study, look):
    def follow(path=METRICS):
        full = study / path
        return trace(
            full,
            sha256=file_digest(full),
            present=look(study),
            graph=Graph(read_records(study)),
        )

    return follow


def test_a_result_leads_to_all_its_jobs_and_sources(study, follow):
    found = follow()
    jobs = {str(path.relative_to(study)) for path in (study / "results/records").rglob("*.json")}
    assert found.is_whole
    assert set(found.steps) == jobs
    assert next(iter(found.steps)) == found.maker == "results/records/evaluate/model.json"
    sources = {
        link.entry.path: link.origin
        for step in found.steps.values()
        for link in step.links
        if link.maker is None
    }
    assert sources == {
        "config/slides.csv": "manifest",
        "config/labels.csv": "configuration",
        "data/given/c.svs": "manifest's slide",
    }


def test_a_renamed_copy_has_the_same_history(study, follow):
    shutil.copy(study / METRICS, study.parent / "final (2).json")
    copy = follow(study.parent / "final (2).json")
    assert copy.path == "outside:final (2).json"
    assert (copy.maker, copy.steps) == (follow().maker, follow().steps)


def test_every_result_is_traced_to_registered_sources(study, follow):
    results = [path for path in (study / "results").rglob("*") if path.is_file()]
    made = [path for path in results if "records" not in path.parts]
    assert len(made) == 14
    assert all(follow(path).is_whole for path in made)


def test_a_slide_given_is_a_source_and_one_drawn_is_a_result(study, follow):
    assert follow("data/given/c.svs").origin == "manifest's slide"
    assert follow("data/phantom/a.tif").maker == "results/records/simulate/a.json"


def test_a_deleted_record_leaves_an_unrecorded_ancestor(study, follow):
    (study / "results/records/encode/b.json").unlink()
    found = follow()
    ((place, entry),) = found.unrecorded
    assert (place, entry.path) == ("results/records/train/fold0.json", "results/features/b.h5")
    assert not found.is_whole
    assert "results/features/b.h5" in render_trace(found).splitlines()[-1]


def test_an_altered_record_is_told(study, follow):
    place = "results/records/encode/b.json"
    rewrite(study / place, lambda value: value["recipe"]["settings"].update(seed=2))
    found = follow()
    assert [record.place for record in found.altered] == [place]
    assert not found.is_whole
    assert place in render_trace(found)


def test_what_was_made_anew_since_is_told_with_its_record(study, follow):
    make_slide(study, "a", note="new")
    found = follow()
    links = {link.entry.path: link for step in found.steps.values() for link in step.links}
    link = links["results/features/a.h5"]
    assert link.is_unrecorded
    assert link.rewritten == "results/records/encode/a.json"
    assert "encode/a.json has made it anew since" in render_trace(found)


def test_a_former_version_is_an_origin_of_its_own(study, follow):
    make_split(study)
    found = follow("results/splits/s.csv")
    (step,) = found.steps.values()
    assert {link.entry.role: link.origin for link in step.links} == {
        "manifest": "manifest",
        "former split": FORMER,
    }
    assert found.is_whole


def test_an_unknown_file_has_no_history(study, follow):
    (study / "results/x.txt").write_text("x")
    found = follow("results/x.txt")
    assert (found.maker, found.origin, found.steps, found.is_whole) == (None, None, {}, False)
    assert "unrecorded" in render_trace(found)


def test_a_circle_is_told_and_printed_once(study, follow):
    made = {}
    rewrite(study / "results/records/encode/a.json", lambda v: made.update(v["outputs"][0]))
    rewrite(
        study / "results/records/tile/a.json",
        lambda v: v["inputs"].append({**made, "role": "x"}),
        honest=True,
    )
    found = follow()
    assert len(found.circles) == 1
    assert not found.is_whole
    assert render_trace(found).count("told above") >= 1


def test_names_are_those_of_records(tmp_path):
    for given in ("a/b", "./a/b", "c/../a/b", tmp_path / "a" / "b"):
        assert project_name(Path(given), tmp_path) == "a/b"
    assert project_name(Path("../b"), tmp_path) == "outside:b"


def test_values_are_json_and_whole(follow):
    found = follow()
    values = json.loads(canonical_json(trace_values(found)))
    assert values["whole"] is True
    assert [step["record"] for step in values["steps"]] == list(found.steps)
    inputs = [entry for step in values["steps"] for entry in step["inputs"]]
    assert all(entry["maker"] or entry["origin"] for entry in inputs)
    assert {len(entry["sha256"]) for entry in inputs} == {64}


def test_what_counted_of_a_file_made_anew_may_be_as_it_was(study):
    """The second job takes the number alone; the first one is run again with another text."""

    def told(text):
        (study / "source.txt").write_text(text)
        run(
            study, "evaluate", "evaluate/number", inputs={"source": "source.txt"},
            outputs={"metrics": "results/m.json"}, note=text,
        )  # fmt: skip

    told("first")
    run(
        study, "null", "null/x", inputs={"metrics": "results/m.json"},
        outputs={"null": "results/null.json"},
    )  # fmt: skip
    place = study / "results/records/null/x.json"
    rewrite(place, lambda v: v["recipe"].update(content={"metrics": "0" * 64}), honest=True)
    told("second")
    registry = read_registry(study, {"source": "source.txt", "manifest": None})
    for counted in (True, False):
        present = Present(
            study, registry, DigestCache(full=True), counted=lambda *_, answer=counted: answer
        )
        graph = Graph(read_records(study))
        path = study / "results/null.json"
        found = trace(path, sha256=file_digest(path), present=present, graph=graph)
        (link,) = found.steps["results/records/null/x.json"].links
        assert found.is_whole == link.in_part == counted
        assert ("results/records/evaluate/number.json" in found.steps) == counted
        assert ("made anew since, but not in what counted" in render_trace(found)) == counted
        states = {e.path: e.state for e in verify_results([path], present, graph)}
        assert states["results/m.json"] is (State.VERIFIED if counted else State.CHANGED)
