"""Each rule's environment names what its verb imports, and no verb drags in another's libraries."""

import ast
import re
import sys
from functools import cache

import pytest
import yaml

from histopress.audit.code import SOURCE, WITHOUT, imported_modules, module_path, reached_modules
from histopress.cli.main import JOBS

from .conftest import ROOT

PACKAGES = {
    "PIL": "pillow",
    "cv2": "py-opencv",
    "matplotlib": "matplotlib-base",
    "openslide": "openslide-python",
    "sklearn": "scikit-learn",
    "torch": "pytorch-cpu",
    "yaml": "pyyaml",
}

BY_HAND = {
    "predict": "learn",  # of another cohort, which has a manifest of its own
    "compress export": "slide",  # for other tools; nothing in a study reads what it writes
}
"""Verbs that no rule runs, with the environment that holds what they import."""
SHARED = ("job", "runner", "progress", "settings", "cohort")
"""Modules of verbs that count for none of them: labels are read by the workflow itself, too."""


def rules():
    """Verb and environment file of every rule."""
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for rule in path.read_text().split("\nrule ")[1:]:
            verb = re.search(r'python -m histopress ([a-z ]+) "', rule)[1]
            yield verb, re.search(r"envs/(\w+)\.yaml", rule)[1]


def environment(name):
    listed = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())["dependencies"]
    return {entry.split()[0] for entry in listed}


@cache
def third_party(module):
    """What a module imports from outside, at the top or late."""
    found = set()
    for node in ast.walk(ast.parse(module_path(module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"histopress"}


def helpers(verb):
    """Modules that a verb shares with others or is divided into, none of them a verb itself."""
    found = imported_modules(ast.parse(module_path(f"histopress.cli.{JOBS[verb][0]}").read_text()))
    files = {name: module_path(name).read_text() for name in found if ".cli." in name}
    return {
        name: text
        for name, text in files.items()
        if "\nVERB = " not in text and name.split(".")[-1] not in SHARED
    }


def test_every_job_has_a_rule_or_is_for_people():
    assert sorted({verb for verb, _ in rules()} | set(BY_HAND)) == sorted(JOBS)
    assert not {verb for verb, _ in rules()} & set(BY_HAND)


@pytest.mark.parametrize("verb", JOBS)
def test_changed_code_behind_a_helper_is_seen_by_its_verb(verb):
    reached = reached_modules(f"histopress.cli.{JOBS[verb][0]}")
    for name, text in helpers(verb).items():
        missing = {
            each
            for each in imported_modules(ast.parse(text)) - set(reached)
            if not each.startswith(WITHOUT)
        }
        assert not missing, f"{name} imports what 'histopress {verb}' does not"


@pytest.mark.parametrize(("verb", "name"), [*rules(), *BY_HAND.items()])
def test_an_environment_holds_what_its_verb_imports(verb, name):
    start = f"histopress.cli.{JOBS[verb][0]}"
    modules = {*reached_modules(start), start, "histopress.cli.runner", "histopress.cli.settings"}
    modules |= {"histopress.config", "histopress.cli.cohort", "histopress.cli.progress"}
    needed = {PACKAGES.get(each, each) for module in modules for each in third_party(module)}
    assert needed - environment(name) == set()


def test_the_driver_pins_what_the_package_imports():
    text = (ROOT / "pyproject.toml").read_text()
    pinned = set(re.findall(r'^  "([A-Za-z0-9-]+)==', text, re.MULTILINE))
    driver = {"PIL": "pillow", "cv2": "opencv-python-headless", "openslide": "openslide-python"}
    driver |= {"sklearn": "scikit-learn", "yaml": "pyyaml"}
    modules = [
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path in (SOURCE / "histopress").rglob("*.py")
        if path.name != "__init__.py"
    ]
    needed = {driver.get(each, each) for module in modules for each in third_party(module)}
    assert needed - pinned == set()
