"""Tables of the designs ``growth`` and ``node``: what a manifest tells, and what it keeps back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from histopress.simulate.latents import PatientLatents
from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import MANIFEST_COLUMNS, PhantomSlide, manifest_rows
from histopress.simulate.truth import measure_truth

HEAD = MANIFEST_COLUMNS[:-1]
"""Of every manifest: slide, patient, file, centre."""

RECORDED = ("growth_pattern", "proliferation", "survival_months", "censorship", "age")
GROWTH_COLUMNS = (*HEAD, *RECORDED)
GROWTH_LATENTS = ("patient_id", "pattern", "mitoses_per_mm2", "true_log_hazard")
NODE_COLUMNS = (*HEAD, "metastasis")
NODE_LATENTS = ("slide_id", "patient_id", "metastasis_um")


def growth_rows(
    cohort: Sequence[PhantomSlide],
    latents: Sequence[PatientLatents],
    *,
    folder: str = "data/phantom",
) -> list[dict[str, Any]]:
    """Rows of a growth cohort's manifest with :data:`GROWTH_COLUMNS`.

    Slides of a patient tell the same; ``censorship`` is 1 where follow-up ended before the event.
    """
    patients = {each.patient_id: asdict(each) for each in latents}
    return [
        {name: row[name] for name in HEAD}
        | {name: patients[row["patient_id"]][name] for name in RECORDED}
        for row in manifest_rows(cohort, folder=folder)
    ]


def growth_latents(latents: Sequence[PatientLatents]) -> list[dict[str, Any]]:
    """Rows with :data:`GROWTH_LATENTS`, one a patient: for oracles, never for a model."""
    return [{name: getattr(each, name) for name in GROWTH_LATENTS} for each in latents]


def node_rows(
    cohort: Sequence[PhantomSlide], *, folder: str = "data/phantom"
) -> list[dict[str, Any]]:
    """Rows of a node cohort's manifest with :data:`NODE_COLUMNS`; a label belongs to its slide."""
    return [
        {name: row[name] for name in HEAD} | {"metastasis": int(slide.metastasis_um > 0)}
        for row, slide in zip(manifest_rows(cohort, folder=folder), cohort, strict=True)
    ]


def node_latents(cohort: Sequence[PhantomSlide]) -> list[dict[str, Any]]:
    """Rows with :data:`NODE_LATENTS`, one a slide: for oracles, never for a model."""
    return [{name: getattr(slide, name) for name in NODE_LATENTS} for slide in cohort]


def measure_tumour_mm2(
    cohort: Sequence[PhantomSlide], *, settings: PhantomSettings, seed: int
) -> dict[str, float]:
    """Measure the tumour on all slides of each patient in mm², without drawing its pixels."""
    areas: dict[str, float] = {}
    for slide in cohort:
        anatomy = draw_anatomy(slide, settings=settings, seed=seed)
        own = measure_truth(anatomy, slide).areas_mm2["tumour"]
        areas[slide.patient_id] = areas.get(slide.patient_id, 0.0) + own
    return areas
