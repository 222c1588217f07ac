"""What several rooms' tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("HISTOPRESS_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real slides, tiles and encoders; tests that need it are skipped without."""
    if not DATA.is_dir():
        pytest.skip("no real data: set HISTOPRESS_DATA")
    return DATA
