"""A change of anything that a verdict rests on is seen by the digest of the verb's code."""

import ast
from pathlib import Path

import histopress.cli.claims
from histopress.audit.code import imported_modules, is_excluded, module_path, reached_modules

JUDGES = (
    "arms",
    "contrast",
    "finish",
    "inclusion",
    "limit",
    "precision",
    "saliency",
    "separation",
    "trained",
)
SHARED = ("judged", "judging", "numerics")
"""Modules of other verbs that these use; labels are read by the workflow itself, too."""


def test_all_that_judges_import_counts():
    reached = reached_modules("histopress.cli.claims.claim")
    names = [f"histopress.cli.claims.{name}" for name in JUDGES]
    names += [f"histopress.cli.{name}" for name in SHARED]
    for name in names:
        found = imported_modules(ast.parse(module_path(name).read_text()))
        missing = {each for each in found if not is_excluded(each)} - set(reached)
        assert not missing, f"{name} imports what 'histopress claim' does not"


def test_no_judge_is_forgotten():
    """Modules of this room that are neither listed above nor of another verb."""
    files = {path.stem for path in Path(histopress.cli.claims.__file__).parent.glob("*.py")}
    others = {"__init__", "claim", "cuts", "init", "plan", "stated", "table"}
    assert files - others == set(JUDGES)
