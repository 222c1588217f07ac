"""The digest of the code that a verb's result depends on.

It covers the syntax trees, without docstrings, of all modules of the package that the verb
reaches by import, late imports too. So a comment, a docstring or a new message reruns nothing; a
changed constant in the tissue detector reruns tiling and what follows.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = "histopress"
SOURCE = Path(__file__).resolve().parents[2]
"""The folder that holds the package."""

WITHOUT = tuple(
    f"{PACKAGE}.{part}" for part in ("cli", "config", "errors", "types", "report", "audit")
)
"""Modules that steer, describe or check, and change no result."""


def module_path(module: str, source: Path = SOURCE) -> Path | None:
    """Find the file of ``module``; None if the package has no such module."""
    base = source.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def imported_modules(tree: ast.AST, source: Path = SOURCE) -> set[str]:
    """List the package's own modules that ``tree`` imports anywhere, with their parents."""
    return _own(_imported_names(ast.walk(tree)), source)


def _imported_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Dotted names of all that is imported; what stands behind ``from`` may be no module."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _own(names: set[str], source: Path) -> set[str]:
    own = {name for name in names if name.split(".")[0] == PACKAGE}
    own |= {".".join(name.split(".")[:2]) for name in own}
    return {name for name in own if module_path(name, source)}


def _foreign(names: set[str]) -> set[str]:
    """Keep the packages that are neither ours nor Python's own."""
    return {name.partition(".")[0] for name in names} - {PACKAGE} - sys.stdlib_module_names


def is_excluded(module: str) -> bool:
    """Whether ``module`` cannot change a result."""
    return any(module == part or module.startswith(part + ".") for part in WITHOUT)


def strip_docstrings(tree: ast.Module) -> ast.Module:
    """Remove the docstrings of ``tree`` in place."""
    _strip(list(ast.walk(tree)))
    return tree


def _strip(nodes: Iterable[ast.AST]) -> None:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in nodes:
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        elif isinstance(node, ast.ClassDef | ast.Module):
            node.body = [part for part in node.body if not _is_text(part)] or [ast.Pass()]


def dump_tree(node: Any) -> str:
    """Write a syntax tree as text that is the same under every version of Python.

    Unlike :func:`ast.dump`, whose text changes with the fields that versions add, empty fields
    are left out; so a cluster's environments may have another Python than the driver.
    """
    if isinstance(node, list):
        return f"[{', '.join(map(dump_tree, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={dump_tree(value)}"
        for name, value in ast.iter_fields(node)
        if name not in ("ctx", "kind", "type_comment") and value is not None and value != []
    )
    return f"{type(node).__name__}({', '.join(fields)})"


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def _parsed(path: Path, data: bytes, source: Path) -> tuple[str, frozenset[str], frozenset[str]]:
    """Normalised tree, own modules imported, other people's packages imported."""
    tree = ast.parse(data, filename=str(path))
    nodes = list(ast.walk(tree))  # once: walking takes as long as parsing
    names = _imported_names(nodes)
    _strip(nodes)
    return dump_tree(tree), frozenset(_own(names, source)), frozenset(_foreign(names))


def reached_modules(verb_module: str, source: Path = SOURCE) -> dict[str, str]:
    """Map each module that counts for ``verb_module`` to its normalised syntax tree."""
    found: dict[str, str] = {}
    seen = {verb_module}
    pending = [verb_module]
    while pending:
        module = pending.pop()
        path = module_path(module, source)
        if path is None:
            continue
        dump, imports, _ = _parsed(path, path.read_bytes(), source)
        if not is_excluded(module):
            found[module] = dump
        new = {name for name in imports if name not in seen and not is_excluded(name)}
        seen |= new
        pending.extend(new)
    return found


def reached_packages(verb_module: str, source: Path = SOURCE) -> set[str]:
    """List other people's packages that the code behind one verb imports anywhere."""
    found: set[str] = set()
    for module in {verb_module, *reached_modules(verb_module, source)}:
        path = module_path(module, source)
        if path is not None:
            found |= _parsed(path, path.read_bytes(), source)[2]
    return found


def code_digest(verb_module: str, source: Path = SOURCE) -> str:
    """Digest the code behind one verb.

    Parameters
    ----------
    verb_module : str
        Dotted name of the verb's module, such as ``"histopress.cli.tile"``.
    source : Path
        Folder that holds the package.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for module, dump in sorted(reached_modules(verb_module, source).items()):
        digest.update(f"{module}\n{dump}\n".encode())
    return digest.hexdigest()
