"""Imports only ever point down the floors of the house."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "histopress"
FLOORS = [
    ("__main__",),
    ("cli",),
    ("study",),
    ("audit", "report"),
    ("config",),
    ("claims",),
    ("haystack",),
    ("probe",),
    ("explain", "evaluate"),
    ("learn",),
    ("compress",),
    ("encoder",),
    ("patches",),
    ("simulate",),
    ("cohort",),
    ("slide",),
    ("pictures", "faults", "store", "types", "errors", "seeds", "__init__"),
]
FLOOR = {room: len(FLOORS) - height for height, rooms in enumerate(FLOORS) for room in rooms}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        rooms |= {m.split(".")[1] for m in modules if m.startswith("histopress.")}
    return rooms & set(FLOOR)


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_imports_point_down(path):
    own = room_of(path)
    above = {
        room
        for room in imported_rooms(path)
        if room != own and FLOOR[room] >= FLOOR[own] and room not in ("__init__",)
    }
    same = {room for room in above if FLOOR[room] == FLOOR[own] and own in FLOORS[-1]}
    assert above - same == set()


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_no_module_is_too_long(path):
    assert len(path.read_text().splitlines()) <= 300
