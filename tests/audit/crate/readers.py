"""The public validator of crates, kept from the network."""

import io

import pytest

CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1-context.json",
    "https://w3id.org/ro/terms/workflow-run/context": "workflow-run-context.json",
}


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
