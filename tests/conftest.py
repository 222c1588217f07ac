"""What several rooms' tests share."""

import os
from pathlib import Path

import hypothesis
import pytest

# Machines are slow at times: how long an example takes is no law. CI looks at the same examples
# every time; elsewhere new ones are looked for.
hypothesis.settings.register_profile(
    "histopress", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
hypothesis.settings.load_profile("histopress")

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("HISTOPRESS_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real slides, tiles and encoders; tests that need it are skipped without."""
    if not DATA.is_dir():
        pytest.skip("no real data: set HISTOPRESS_DATA")
    return DATA
