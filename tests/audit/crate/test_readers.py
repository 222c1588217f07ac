"""What other people's programs say of a crate; skipped where they are not installed."""

import io
import json

import pytest

from audit.crate.crated import METRICS, make_project
from histopress.audit.crate.export import export_crate

CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1-context.json",
    "https://w3id.org/ro/terms/workflow-run/context": "workflow-run-context.json",
}


@pytest.fixture
def crate(tmp_path):
    project = tmp_path / "study"
    project.mkdir()
    records = make_project(project)
    export_crate(records, project=project, results=[METRICS], to=tmp_path / "crate")
    return tmp_path / "crate"


@pytest.fixture(scope="module")
def cache(data, tmp_path_factory):
    """The validator's cache with the two contexts, so that it never asks the network."""
    requests_cache = pytest.importorskip("requests_cache", reason="needs roc-validator")
    import urllib3
    from requests.adapters import HTTPAdapter

    if not (data / "rocrate").is_dir():
        pytest.skip("the contexts of RO-Crate are not among the data")

    class FromFile(HTTPAdapter):
        def send(self, request, **options):
            body = (data / "rocrate" / CONTEXTS[request.url]).read_bytes()
            answer = urllib3.HTTPResponse(
                body=io.BytesIO(body),
                headers={"Content-Type": "application/ld+json"},
                status=200,
                preload_content=False,
            )
            return self.build_response(request, answer)

    place = tmp_path_factory.mktemp("contexts") / "cache"
    with requests_cache.CachedSession(str(place), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", FromFile())
        for url in CONTEXTS:
            session.get(url)
    return place


def issues(crate, cache):
    services = pytest.importorskip("rocrate_validator.services", reason="needs roc-validator")
    from rocrate_validator.models.settings import ValidationSettings

    result = services.validate(
        ValidationSettings(
            rocrate_uri=str(crate),
            profile_identifier="provenance-run-crate-0.5",
            requirement_severity="REQUIRED",
            offline=True,
            cache_path=cache,
            cache_max_age=-1,
        )
    )
    return [issue.message for issue in result.get_issues()]


def test_the_public_validator_finds_nothing(crate, cache):
    assert issues(crate, cache) == []


def test_the_public_validator_would_find_something(crate, cache):
    path = crate / "ro-crate-metadata.json"
    content = json.loads(path.read_text())
    for entity in content["@graph"]:
        if entity["@type"] == "OrganizeAction":
            del entity["result"]
    path.write_text(json.dumps(content))
    assert len(issues(crate, cache)) == 1


def test_rocrate_reads_it(crate):
    rocrate = pytest.importorskip("rocrate.rocrate", reason="needs rocrate")
    read = rocrate.ROCrate(crate)
    assert read.mainEntity.id == "Snakefile"
    assert read.dereference(METRICS) is not None


def test_runcrate_tells_the_actions(crate):
    report = pytest.importorskip("runcrate.report", reason="needs runcrate")
    text = io.StringIO()
    report.dump_crate_actions(crate, f=text)
    assert text.getvalue().count("action: ") == 4
