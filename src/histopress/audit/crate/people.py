"""Authors and licence of a project, from its CITATION.cff."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from histopress.audit.crate.terms import Entities, slug
from histopress.errors import StoreError

CITATION = "CITATION.cff"


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who made something; ``orcid`` is the full URL."""

    name: str
    person: bool
    orcid: str | None = None


@dataclass(frozen=True, kw_only=True)
class Citation:
    """What a project says of itself.

    ``licence`` is an SPDX identifier.
    """

    title: str
    authors: tuple[Author, ...]
    licence: str


def read_citation(project: Path) -> Citation:
    """Read title, authors and licence.

    Raises
    ------
    StoreError
        The file is missing, damaged, or lacks one of them.
    """
    path = project / CITATION
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Citation(
            title=content["title"],
            authors=tuple(map(_author, content["authors"])),
            licence=content["license"],
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path}: a crate needs title, authors and license from it ({error})"
        ) from error


def _author(entry: Mapping[str, Any]) -> Author:
    if "family-names" in entry:
        name = f"{entry.get('given-names', '')} {entry['family-names']}".strip()
        return Author(name=name, person=True, orcid=entry.get("orcid"))
    return Author(name=entry["name"], person=False)


def add_author(entities: Entities, author: Author) -> str:
    """Describe a person or an organisation."""
    name = author.orcid or f"#author/{slug(author.name)}"
    return entities.put(name, "Person" if author.person else "Organization", name=author.name)


def add_licence(entities: Entities, identifier: str) -> str:
    """Describe a licence by its SPDX identifier."""
    url = f"https://spdx.org/licenses/{slug(identifier)}"
    return entities.put(
        url, "CreativeWork", name=identifier, description="SPDX licence", url={"@id": url}
    )
