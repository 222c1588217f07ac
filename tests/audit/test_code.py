import ast

import pytest

from histopress.audit.code import code_digest, dump_tree, reached_modules

VERB = "histopress.cli.verb"


@pytest.fixture
def package(tmp_path):
    """A small package: a verb that imports a room late, the room imports a module below."""
    files = {
        "__init__": "",
        "errors": "class E(Exception): pass",
        "config": "from histopress.plots import draw",
        "plots": "draw = 1",
        "low": '"""Text."""\nX = 1\n',
        "unused": "Y = 1",
        "cli/__init__": "",
        "cli/verb": "import histopress.config\ndef f():\n    from histopress.room import high\n",
        "room/__init__": "",
        "room/high": "from histopress import errors\nfrom histopress.low import X\n",
    }
    for name, text in files.items():
        path = tmp_path / "histopress" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def change(package, name, text):
    (package / "histopress" / f"{name}.py").write_text(text)


def test_reaches_late_imports_and_stops_at_what_only_steers(package):
    assert set(reached_modules(VERB, package)) == {
        "histopress",
        "histopress.low",
        "histopress.room",
        "histopress.room.high",
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("low", '"""Other text."""\n# and a comment\nX = 1\n'),
        ("low", "X    =    1"),
        ("errors", "class F(Exception): pass"),
        ("unused", "Y = 2"),
        ("config", "from histopress.plots import draw as d"),
        ("cli/verb", "# comment\nfrom histopress.room import high\n"),
    ],
)
def test_what_changes_no_result_changes_no_digest(package, name, text):
    before = code_digest(VERB, package)
    change(package, name, text)
    assert code_digest(VERB, package) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("low", "X = 2"),
        ("room/high", "from histopress.low import X\nZ = X + 1"),
        ("__init__", "A = 1"),
    ],
)
def test_what_changes_a_result_changes_the_digest(package, name, text):
    before = code_digest(VERB, package)
    change(package, name, text)
    assert code_digest(VERB, package) != before


def test_tiling_does_not_depend_on_learning():
    reached = set(reached_modules("histopress.cli.tile"))
    assert "histopress.slide.tissue" in reached
    assert not any(
        module.startswith(("histopress.learn", "histopress.encoder")) for module in reached
    )


def test_the_text_of_a_tree_names_only_what_is_there():
    # the same text under Python 3.11 to 3.14, whose syntax trees differ in their empty fields
    tree = ast.parse("def f(a, *, b=None):\n    return a.x[0] if a else 'µ'")
    assert dump_tree(tree) == (
        "Module(body=[FunctionDef(name='f', args=arguments(args=[arg(arg='a')], "
        "kwonlyargs=[arg(arg='b')], kw_defaults=[Constant()]), body=[Return(value=IfExp("
        "test=Name(id='a'), body=Subscript(value=Attribute(value=Name(id='a'), attr='x'), "
        "slice=Constant(value=0)), orelse=Constant(value='µ')))])])"
    )
