import pytest

from audit.conftest import look, made_once, rerun, rerun_once, study
from audit.recorded import VALUES
from histopress.store import write_json

__all__ = ["look", "made_once", "rerun", "rerun_once", "study"]


@pytest.fixture
def configured(study, tmp_path, monkeypatch):
    """A finished study with its configuration, and a cache of its own."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    write_json(study / "config/config.yaml", VALUES)  # JSON is YAML
    return study
