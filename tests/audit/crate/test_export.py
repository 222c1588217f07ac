import base64
import hashlib
import zipfile

import pytest

from audit.crate.crated import METRICS, PATIENT, graph_of, ids, job, make_project, put
from histopress.audit.crate.export import export_crate
from histopress.errors import StoreError


@pytest.fixture
def project(tmp_path):
    place = tmp_path / "study"
    place.mkdir()
    return place


def export(project, records, name="crate", **options):
    to = project.parent / name
    return to, export_crate(records, project=project, **{"results": [METRICS], "to": to, **options})


def everything_in(crate):
    return {
        str(path.relative_to(crate)): path.read_bytes()
        for path in crate.rglob("*")
        if path.is_file()
    }


def ni(path):
    digest = hashlib.sha256(path.read_bytes()).digest()
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_every_job_is_an_action_with_its_files(project):
    records = make_project(project)
    crate, account = export(project, records)
    entities = graph_of(crate)
    action = entities[f"#job/{records[1]['record_id']}"]
    assert action["@type"] == "CreateAction"
    assert action["startTime"] == "2026-01-02T03:01:00+00:00"
    assert ni(project / "data/s1.svs") in ids(action["object"])
    assert ids(action["result"]) == {ni(project / "results/features/resnet/s1.h5")}
    tool = entities[action["instrument"]["@id"]]
    assert tool["name"] == "histopress encode"
    assert tool["softwareVersion"] == f"sha256:{records[1]['recipe']['code']}"
    assert tool["@id"] in ids(entities["Snakefile"]["hasPart"])
    assert (account.jobs, account.copied, account.referenced) == (3, (METRICS,), 4)


def test_the_run_leads_from_sources_to_results(project):
    crate, _ = export(project, make_project(project))
    entities = graph_of(crate)
    run = entities["#run"]
    assert ids(run["result"]) == {METRICS}
    files = {name for name in ids(run["object"]) if entities[name]["@type"] == "File"}
    assert files == {ni(project / "data/s1.svs"), ni(project / "config/slides.csv")}
    assert (run["startTime"], run["endTime"]) == (
        "2026-01-02T03:00:00+00:00",
        "2026-01-02T03:02:30+00:00",
    )
    engine = entities["#engine-run"]
    assert engine["@type"] == "OrganizeAction"
    assert ids(engine["result"]) == {"#run"}
    assert {entities[name]["@type"] for name in ids(engine["object"])} == {"ControlAction"}


def test_settings_are_values_of_formal_parameters(project):
    records = make_project(project)
    crate, _ = export(project, records)
    entities = graph_of(crate)
    action = entities[f"#job/{records[0]['record_id']}"]
    values = {
        entities[name]["name"]: entities[name]
        for name in ids(action["object"])
        if entities[name]["@type"] == "PropertyValue"
    }
    found = {name: value["value"] for name, value in values.items()}
    assert found == {
        "tile_px": 256,
        "tissue.min": 0.5,
        "tissue.range": "[0,1]",
        "wildcard.slide-id": "s1",
    }
    kinds = {entities[name]["additionalType"] for name in ids(values["tile_px"]["exampleOfWork"])}
    assert kinds == {"Integer"}


def test_steps_are_connected_as_files_went(project):
    crate, _ = export(project, make_project(project))
    entities = graph_of(crate)
    step = next(e for e in entities.values() if e["@type"] == "HowToStep" and e["name"] == "encode")
    pairs = {
        (entities[name]["sourceParameter"]["@id"], entities[name]["targetParameter"]["@id"])
        for name in ids(step["connection"])
    }
    named = {(a.split("/")[0] + "/" + a.split("/")[-1], b.split("/")[-1]) for a, b in pairs}
    assert ("#tile/tiles", "tiles") in named
    assert ("#workflow/slide", "slide") in named


def test_positions_follow_the_first_runs(project):
    crate, _ = export(project, list(reversed(make_project(project))))
    steps = [e for e in graph_of(crate).values() if e["@type"] == "HowToStep"]
    assert {step["name"]: step["position"] for step in steps} == {
        "tile": "0",
        "encode": "1",
        "evaluate": "2",
    }


def test_slides_and_tables_are_never_copied(project):
    records = make_project(project)
    crate, account = export(project, records, everything=True)
    names = set(everything_in(crate))
    assert len(account.copied) == 3
    assert {"results/tiles/s1.h5", METRICS, "Snakefile", "README.md"} <= names
    assert not any(name.startswith(("data/", "config/")) for name in names)
    assert f"records/{records[0]['record_id']}.json" in names


def test_a_slide_that_a_job_made_is_referenced_too(project):
    records = make_project(project)
    made = job(project, "simulate slide", inputs={}, outputs={"slide": "data/s1.svs"}, minute=0)
    scan = "data/s1.svs"
    crate, account = export(project, [made, *records], results=[scan, METRICS], everything=True)
    assert scan not in everything_in(crate)
    assert ids(graph_of(crate)["#run"]["result"]) == {METRICS, ni(project / scan)}
    assert len(account.copied) == 3


def test_all_references_lead_somewhere(project):
    crate, _ = export(project, make_project(project))
    entities = graph_of(crate)
    for entity in entities.values():
        for name, value in entity.items():
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict) and name not in ("url", "identifier"):
                    known = part["@id"] in entities or name == "conformsTo"
                    assert known, (entity["@id"], name, part)
            assert not (isinstance(value, list) and len(value) == 1), (entity["@id"], name)


def test_equal_inputs_give_equal_bytes(project):
    records = make_project(project)
    first, _ = export(project, records, "a.zip")
    second, _ = export(project, list(reversed(records)), "b.zip")
    assert first.read_bytes() == second.read_bytes()
    folder, _ = export(project, records)
    with zipfile.ZipFile(first) as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    assert zipped == everything_in(folder)


def test_no_patient_and_no_folder_leaves(project):
    slide = f"{PATIENT}-a"
    records = make_project(project, slide=slide, metrics=f'{{"worst": "{PATIENT}"}}\n')
    records[2]["recipe"]["settings"]["table"] = str(project / "labels.csv")
    crate, account = export(project, records, private=[PATIENT], everything=True)
    for name, content in everything_in(crate).items():
        assert PATIENT not in name
        assert PATIENT.encode() not in content
        assert str(project).encode() not in content
    assert "results/tiles/patient-1-a.h5" in everything_in(crate)
    assert METRICS in account.withheld
    assert {record["record_id"] for record in records} == set(account.records_withheld)
    assert ni(project / METRICS) in graph_of(crate)


def test_short_identifiers_change_no_settings(project):
    records = make_project(project, slide="1-a")
    crate, _ = export(project, records, private=["1", ""])
    entities = graph_of(crate)
    values = {e["name"]: e["value"] for e in entities.values() if e["@type"] == "PropertyValue"}
    assert values["positive"] == "1"
    assert values["wildcard.slide-id"] == "patient-1-a"


def test_authors_and_licence_come_from_the_citation(project):
    crate, _ = export(project, make_project(project))
    entities = graph_of(crate)
    root = entities["./"]
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    names = {entities[name]["name"]: entities[name]["@type"] for name in ids(root["author"])}
    assert names == {"Jane Doe": "Person", "The developers": "Organization"}


def test_the_workflow_leaves_with_what_it_includes(project):
    records = make_project(project)
    for name in ("workflow/rules/tile.smk", "envs/slide.yaml", "workflow/notes.txt"):
        put(project, name, name)
    crate, _ = export(project, records)
    names = set(everything_in(crate))
    assert {"Snakefile", "workflow/rules/tile.smk", "envs/slide.yaml"} <= names
    assert "workflow/notes.txt" not in names
    entities = graph_of(crate)
    parts = ids(entities["./"]["hasPart"])
    digest = hashlib.sha256(b"envs/slide.yaml").hexdigest()
    assert entities["envs/slide.yaml"]["sha256"] == digest
    assert {"workflow/rules/tile.smk", "envs/slide.yaml"} <= parts


def test_what_the_project_lacks_is_taken_from_the_workflow_s_folder(project, tmp_path):
    records = make_project(project)
    home = tmp_path / "home"
    home.mkdir()
    (project / "Snakefile").rename(home / "Snakefile")
    crate, _ = export(project, records, home=home)
    assert (crate / "Snakefile").read_text() == "rule all:\n"
    assert "Jane Doe" in (crate / "ro-crate-metadata.json").read_text()


def test_a_changed_result_is_not_exported(project):
    records = make_project(project)
    put(project, METRICS, '{"auc": 0.99}\n')
    with pytest.raises(StoreError, match=r"metrics\.json: is not what was recorded"):
        export(project, records)
    assert not (project.parent / "crate").exists()


def test_a_result_without_record_is_refused(project):
    records = make_project(project)
    with pytest.raises(StoreError, match="no record says how this file was made"):
        export(project, records[:2])
    with pytest.raises(StoreError, match="no result was named"):
        export(project, records, results=[])


@pytest.mark.parametrize("missing", ["Snakefile", "CITATION.cff"])
def test_what_a_project_lacks_is_named(project, missing):
    records = make_project(project)
    (project / missing).unlink()
    with pytest.raises(StoreError, match=missing):
        export(project, records)


def test_nothing_is_overwritten(project):
    records = make_project(project)
    crate, _ = export(project, records)
    before = everything_in(crate)
    with pytest.raises(StoreError, match="exists already"):
        export(project, records[2:])
    assert everything_in(crate) == before
    assert {path.name for path in project.parent.iterdir()} == {"study", "crate"}


def test_a_damaged_record_is_refused(project):
    records = make_project(project)
    del records[0]["run"]
    with pytest.raises(StoreError, match="'run'"):
        export(project, records)


def test_times_have_the_form_that_readers_accept(project):
    records = make_project(project)
    records[0]["run"]["start"] = "2026-01-02T03:00:00.123456Z"
    crate, _ = export(project, records)
    action = graph_of(crate)[f"#job/{records[0]['record_id']}"]
    assert action["startTime"] == "2026-01-02T03:00:00+00:00"
