"""Each rule's environment names what its verb imports, and no verb drags in another's libraries."""

import ast
import re
import sys

import pytest
import yaml

from histopress.audit.code import SOURCE, module_path, reached_modules
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


def rules():
    """Verb and environment file of every rule."""
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for rule in path.read_text().split("\nrule ")[1:]:
            verb = re.search(r'python -m histopress ([a-z ]+) "', rule)[1]
            yield verb, re.search(r"envs/(\w+)\.yaml", rule)[1]


def environment(name):
    listed = yaml.safe_load((ROOT / f"envs/{name}.yaml").read_text())["dependencies"]
    return {entry.split()[0] for entry in listed}


def third_party(module):
    """What a module imports from outside, at the top or late."""
    found = set()
    for node in ast.walk(ast.parse(module_path(module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"histopress"}


def test_every_job_has_a_rule():
    assert {verb for verb, _ in rules()} == set(JOBS)


@pytest.mark.parametrize(("verb", "name"), list(rules()))
def test_an_environment_holds_what_its_verb_imports(verb, name):
    start = f"histopress.cli.{JOBS[verb][0]}"
    modules = {*reached_modules(start), start, "histopress.cli.job", "histopress.cli.settings"}
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
