"""Draw docs/phantoms.jpg: what `histopress simulate phantom` draws. python docs/phantoms.py."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.bands import draw_bands
from histopress.simulate.drawing.canvas import Canvas
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.phantom import draw_anatomy, prepare_canvas
from histopress.simulate.phantom_settings import Pattern, PhantomSettings
from histopress.simulate.phantom_slides import PhantomSlide

SIDE, FIELD, CELL = 420, 190, 95
CLEAN = {"holes": 0, "folds": 0, "pen": 0, "dust": 0, "blur": 0}


def canvas_of(
    design: str, *, pattern: Pattern | None = None, size_px: int = 4096, number: int = 1
) -> tuple[np.ndarray, Canvas]:
    """Give the class map and the canvas of one slide with tumour."""
    settings = replace(PhantomSettings(), design=design, size_px=size_px)
    slide = PhantomSlide(
        slide_id=f"shown-{number}",
        patient_id=f"S{number}",
        center="AB"[number % 2],
        tumour=1,
        tumour_fraction=0.0 if design == "node" else 0.28,
        pattern=pattern,
        mitoses_per_mm2=30.0,
        metastasis_um=600.0 if design == "node" else 0.0,
        spacing_um=settings.spacing_um,
    )
    anatomy = draw_anatomy(slide, settings=settings, seed=7)
    return anatomy.classes, prepare_canvas(anatomy, slide, settings=settings, seed=7)


def thumbnail(canvas: Canvas) -> np.ndarray:
    """Draw a whole slide, small."""
    whole = np.concatenate(list(draw_bands(canvas)))
    return cv2.resize(whole, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def fields(classes: np.ndarray, canvas: Canvas, wanted: list[Tissue]) -> list[np.ndarray]:
    """Cut a field from the middle of the thickest part of each tissue."""
    found = []
    for tissue in wanted:
        depth = cv2.distanceTransform((classes == tissue).astype(np.uint8), cv2.DIST_L2, 5)
        row, column = np.unravel_index(depth.argmax(), depth.shape)
        at = (np.array([column, row]) * canvas.cell_px).clip(FIELD, canvas.size_px - FIELD)
        field = np.ascontiguousarray(cut(canvas, at, FIELD))
        for colour, width in (((255, 255, 255), 4), ((0, 0, 0), 1)):
            look = (cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, width, cv2.LINE_AA)
            cv2.putText(field, tissue.name.lower(), (6, 16), *look)
        found.append(field)
    return found


def cut(canvas: Canvas, at: np.ndarray, side: int) -> np.ndarray:
    """Draw the pixels around a place."""
    left, top = (int(value) - side // 2 for value in at)
    first = (top // canvas.block_px, left // canvas.block_px)
    last = ((top + side) // canvas.block_px, (left + side) // canvas.block_px)
    rows = [
        np.concatenate([canvas.block(row, col) for col in range(first[1], last[1] + 1)], axis=1)
        for row in range(first[0], last[0] + 1)
    ]
    top, left = top - first[0] * canvas.block_px, left - first[1] * canvas.block_px
    return np.concatenate(rows)[top : top + side, left : left + side]


def cells(canvas: Canvas, kind: NucleusKind, count: int) -> list[np.ndarray]:
    """Cut some nuclei of a kind, magnified."""
    places = [(row, col) for row in range(canvas.blocks) for col in range(canvas.blocks)]
    found = [canvas.nuclei_of(*place) for place in places]
    at = np.concatenate([own.at[own.kind == kind] for own in found])
    inner = at[((at > CELL) & (at < canvas.size_px - CELL)).all(axis=1)]
    return [
        cv2.resize(cut(canvas, place, CELL // 2), (CELL, CELL), interpolation=cv2.INTER_CUBIC)
        for place in inner[:count]
    ]


def main() -> None:
    """Lay out slides, fields of each tissue, mitoses and look-alikes."""
    slides: list[np.ndarray] = []
    shown: list[np.ndarray] = []
    plans: list[tuple[str, Pattern | None]] = [
        ("tumour", None),
        ("growth", "desmoplastic"),
        ("growth", "pushing"),
        ("growth", "replacement"),
        ("node", None),
    ]
    for number, (design, pattern) in enumerate(plans):
        classes, canvas = canvas_of(design, pattern=pattern, number=number)
        slides.append(thumbnail(canvas))
        if design == "tumour":
            wanted = [Tissue(code) for code in range(1, 10) if (classes == code).any()]
            shown += fields(classes, canvas, wanted)
        if pattern == "pushing":
            shown += fields(classes, canvas, [Tissue.PARENCHYMA])
            figures = cells(canvas, NucleusKind.MITOSIS, 11)
            figures += cells(canvas, NucleusKind.LOOKALIKE, 11)
        if design == "node":
            shown += fields(classes, canvas, [Tissue.FOLLICLE])
    width = SIDE * len(slides)
    rows = [np.concatenate(slides, axis=1), *wrapped(shown, width), *wrapped(figures, width)]
    cv2.imwrite(
        str(Path(__file__).with_suffix(".jpg")),
        np.concatenate(rows)[..., ::-1],
        [cv2.IMWRITE_JPEG_QUALITY, 85],
    )


def wrapped(pictures: list[np.ndarray], width: int) -> list[np.ndarray]:
    """Lay pictures of one size in rows that are as wide as asked, on white."""
    side = pictures[0].shape[0]
    a_row = width // side
    rows = []
    for start in range(0, len(pictures), a_row):
        row = np.concatenate(pictures[start : start + a_row], axis=1)
        rest = ((0, 0), (0, width - row.shape[1]), (0, 0))
        rows.append(np.pad(row, rest, constant_values=255))
    return rows


if __name__ == "__main__":
    main()
