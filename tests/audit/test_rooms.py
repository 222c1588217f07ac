"""The audit's rooms stand in an order, and imports only point down it."""

import re
from pathlib import Path

import pytest

from histopress import audit

HOME = Path(audit.__file__).parent
ORDER = ("crate", "replay", "history", "recipes", "seal", "")
"""From the top down; what every job leaves stands below all."""


def room_of(path):
    return path.relative_to(HOME).parts[0] if path.parent != HOME else ""


@pytest.mark.parametrize("path", sorted(HOME.rglob("*.py")), ids=lambda p: str(p.relative_to(HOME)))
def test_imports_point_down(path):
    named = re.findall(r"histopress\.audit\.(\w+)\.\w", path.read_text())
    below = ORDER[ORDER.index(room_of(path)) :]
    assert {room for room in named if room in ORDER} <= set(below)


def test_every_room_has_its_place():
    assert {room_of(path) for path in HOME.rglob("*.py")} == set(ORDER)
