"""``histopress schema``: the configuration's JSON Schema and key table, from its models."""

import argparse
import json
from pathlib import Path
from typing import Any

from histopress.config import json_schema
from histopress.store import atomic

START, END = "<!-- keys: begin -->", "<!-- keys: end -->"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--folder", type=Path, default=Path("config"), metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")


def run(options: argparse.Namespace) -> int:
    """Bring ``schema.json`` and the table in ``README.md`` up to date."""
    schema_file, readme = options.folder / "schema.json", options.folder / "README.md"
    wanted = {
        schema_file: schema_text(),
        readme: insert_table(readme.read_text(encoding="utf-8"), key_table(json_schema())),
    }
    stale = [
        path for path, text in wanted.items() if not path.is_file() or path.read_text() != text
    ]
    if options.check:
        for path in stale:
            print(f"{path}: differs from the models; run 'histopress schema'")
        return 1 if stale else 0
    for path in stale:
        with atomic(path) as temporary:
            temporary.write_text(wanted[path], encoding="utf-8")
        print(f"{path}: written")
    return 0


def schema_text() -> str:
    """Give the JSON Schema as it stands on disk."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def insert_table(text: str, table: str) -> str:
    """Replace what stands between the marks."""
    before, rest = text.split(START)
    return f"{before}{START}\n{table}\n{rest[rest.index(END) :]}"


def key_table(schema: dict[str, Any]) -> str:
    """Make a table of all keys: path, default, what is allowed, what it means."""
    rows = ["| key | default | allowed | meaning |", "|---|---|---|---|"]
    rows += [f"| `{' | '.join(row)} |" for row in _rows(schema, schema, "", {})]
    return "\n".join(rows)


def _rows(
    schema: dict[str, Any], part: dict[str, Any], path: str, told: dict[str, str]
) -> list[tuple[str, ...]]:
    """List the keys of one part; ``told`` says where a group of keys was listed before."""
    rows: list[tuple[str, ...]] = []
    required = part.get("required", [])
    for name, raw in part.get("properties", {}).items():
        key = f"{path}.{name}" if path else name
        value = _resolve(schema, raw)
        default = "required" if name in required else _default(raw)
        text = raw.get("description") or value.get("description", "")
        group = value.get("title", "") if "properties" in value else ""
        before = told.setdefault(group, key) if group else key
        allowed = _allowed(schema, value) if before == key else f"keys of `{before}`"
        rows.append((f"{key}`", default, allowed, text.replace("\n", " ")))
        rows += _below(schema, value, key, told) if before == key else []
    return rows


def _below(
    schema: dict[str, Any], value: dict[str, Any], key: str, told: dict[str, str]
) -> list[tuple[str, ...]]:
    entries = value.get("additionalProperties")
    if isinstance(entries, dict):
        entry = _resolve(schema, entries)
        if "discriminator" in entry or "properties" in entry:
            return _below(schema, entry, f"{key}.NAME", told)
        return []
    tags = value.get("discriminator", {}).get("mapping", {})
    if tags:
        return [
            row
            for tag, reference in tags.items()
            for row in _rows(schema, _resolve(schema, {"$ref": reference}), f"{key}({tag})", told)
        ]
    return _rows(schema, value, key, told) if "properties" in value else []


def _resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        return schema["$defs"][part["$ref"].rsplit("/", 1)[-1]]
    for option in part.get("anyOf", []):
        if "$ref" in option:
            return _resolve(schema, option)
    return part


def _default(raw: dict[str, Any]) -> str:
    if "default" not in raw:
        return "see below"
    value = raw["default"]
    return "none" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _allowed(schema: dict[str, Any], value: dict[str, Any]) -> str:
    if "discriminator" in value:
        return "one of the kinds below"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{option}`" for option in value["enum"])
    if "anyOf" in value:
        return " or ".join(
            _allowed(schema, _resolve(schema, option))
            for option in value["anyOf"]
            if option.get("type") != "null"
        )
    if value.get("type") == "array":
        inner = value.get("items") or (value.get("prefixItems") or [{}])[0]
        return f"list of {_allowed(schema, _resolve(schema, inner))}"
    if isinstance(value.get("additionalProperties"), dict):
        return "named entries"
    kind = {"object": "keys below", "string": "text", "boolean": "`true`, `false`"}
    bounds = [
        f"{sign} {value[name]:g}"
        for name, sign in (
            ("minimum", "≥"),
            ("exclusiveMinimum", ">"),
            ("maximum", "≤"),
            ("exclusiveMaximum", "<"),
        )
        if name in value
    ]
    name = kind.get(value.get("type", ""), value.get("type", ""))
    return " ".join([name, ", ".join(bounds)]).strip()
