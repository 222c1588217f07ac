"""What jobs take from the tables of a study, as digests.

A table holds more than one job reads: a column that nobody asks for makes no result stale. So
records name, beside a table's bytes, the digest of what counted, and reruns follow that.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from histopress.store import canonical_json

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.splitting.parts import Parts
    from histopress.cohort.splitting.settings import ProtocolSettings
    from histopress.cohort.targets import Labels


def dividing_columns(protocol: "ProtocolSettings") -> list[str]:
    """Columns of the manifest that divide the patients, beside centre and label."""
    column = getattr(protocol, "column", None)
    external = getattr(protocol, "external", None)
    found = [column] if column else []
    return found + ([external.column] if external else [])


def labels_digest(
    manifest: "Manifest", labels: "Labels", columns: Iterable[str], *, left_out: bool = False
) -> str:
    """Digest what learning takes from the manifest and the tables of the labels.

    Parameters
    ----------
    manifest : Manifest
    labels : Labels
        As read from manifest or tables.
    columns : iterable of str
        Other columns of the manifest that count.
    left_out : bool
        Whether it also counts why slides have no label.
    """
    extra = [manifest.column(name) for name in columns]
    rows: list[list[Any]] = sorted(
        [row.slide_id, row.patient_id, row.center or "", *(cells[row.slide_id] for cells in extra)]
        for row in manifest
    )
    for row in rows:
        row.append(labels.values.get(row[0]))
        row += [labels.left_out.get(row[0])] if left_out else []
    return _digest([rows, labels.classes, labels.unit])


def people_digest(manifest: "Manifest", *, ordered: bool = False) -> str:
    """Digest whose slides the slides are and of which centre; ``ordered`` also their order."""
    rows = [[row.slide_id, row.patient_id, row.center or ""] for row in manifest]
    return _digest(rows if ordered else sorted(rows))


def divisions_digest(found: "Collection[Parts]") -> str:
    """Digest the divisions that another tool's split tables hold."""
    return _digest([asdict(parts) for parts in found])


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
