"""Small manifests on disk and in memory."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from histopress.cohort.manifest import Manifest, SlideRow


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a manifest whose slides ``a.svs`` to ``d.svs`` exist under ``root/``."""
    root = tmp_path / "root"
    root.mkdir()
    for name in "abcd":
        (root / f"{name}.svs").write_bytes(name.encode())
    (root / "folder").mkdir()
    (tmp_path / "outside.svs").write_bytes(b"outside")

    def write_manifest(text: str, name: str = "slides.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write_manifest


@pytest.fixture
def cohort() -> Callable[..., Manifest]:
    """Build a manifest from (slide, patient, label[, centre]) tuples."""

    def build(rows: Sequence[tuple[str, ...]]) -> Manifest:
        return Manifest(
            tuple(
                SlideRow(
                    slide_id=slide,
                    patient_id=patient,
                    path=f"{slide}.svs",
                    center=center[0] if center else None,
                    spacing_um=None,
                    mask_path=None,
                    sha256=None,
                    labels={"tumour": label},
                )
                for slide, patient, label, *center in rows
            ),
            ("slide_id", "patient_id", "path", "center", "tumour"),
        )

    return build
