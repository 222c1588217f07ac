"""The words of an RO-Crate and the collection of its entities."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from histopress.store import canonical_json

METADATA = "ro-crate-metadata.json"
README = "README.md"
WORKFLOW = "Snakefile"
ENGINE = "https://snakemake.github.io/"
CONTEXT = (
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
)
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
COMPUTATIONAL_WORKFLOW = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
FORMAL_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
COMPLETED = "http://schema.org/CompletedActionStatus"


@dataclass
class Entities:
    """The entities of a crate, by their ids; the order of adding never shows."""

    _entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    _links: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def put(self, name: str, kind: str | list[str], /, **properties: Any) -> str:
        """Describe the entity ``name`` unless it is described already; return ``name``."""
        self._entities.setdefault(name, {"@id": name, "@type": kind, **properties})
        return name

    def link(self, source: str, relation: str, targets: str | Iterable[str]) -> None:
        """Let ``source`` refer to ``targets`` by ``relation``, each once."""
        named = [targets] if isinstance(targets, str) else targets
        self._links.setdefault((source, relation), set()).update(named)

    def graph(self) -> list[dict[str, Any]]:
        """List all entities, sorted; a single reference stands without an array."""
        full = {name: dict(entity) for name, entity in self._entities.items()}
        for (source, relation), targets in self._links.items():
            references = [{"@id": target} for target in sorted(targets)]
            if references:
                full[source][relation] = references if len(references) > 1 else references[0]
        return [full[name] for name in sorted(full, key=_place)]


def _place(name: str) -> tuple[int, str]:
    """Sort the descriptor and the root before all else, as readers expect."""
    return (METADATA, "./", name).index(name), name


def ni_uri(sha256: str) -> str:
    """Name a file by its content (RFC 6920), wherever it lies.

    Examples
    --------
    >>> ni_uri("00" * 32)
    'ni:///sha-256;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return f"ni:///sha-256;{digest}"


def relative_uri(path: str) -> str:
    """Write a path inside the crate as a relative URI.

    Examples
    --------
    >>> relative_uri("results/a b.csv")
    'results/a%20b.csv'
    """
    return quote(path)


def slug(text: str) -> str:
    """Write ``text`` so that it can be part of an id.

    Examples
    --------
    >>> slug("encoder train")
    'encoder-train'
    """
    return quote(re.sub(r"[\s/]+", "-", text), safe="")


def short_digest(value: Any) -> str:
    """First digits of the digest of a value, to tell entities apart."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]
