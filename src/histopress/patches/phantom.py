"""Labelled patches of drawn tissue, from patients who are in no cohort."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError
from histopress.patches.table import PatchTable
from histopress.pictures import read_picture
from histopress.seeds import generator
from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.drawing.canvas import cell_pixels
from histopress.simulate.phantom import (
    PhantomSlide,
    center_name,
    draw_anatomy,
    prepare_canvas,
)
from histopress.simulate.phantom_settings import PhantomSettings

CLASSES = ("stroma", "gland", "lymphocytes", "tumour")
"""Kinds of tissue: names of :class:`~histopress.simulate.anatomy.tissue.Tissue` in lower case."""
FACTS = {
    "grouping": "patient",
    "licence": "none needed: drawn",
    "note": "Drawn phantom tissue; shows that software works, not how well on patients.",
    "warnings": [],
}
PURITY = 0.65
"""A patch shows a class if so much of its area on the class map does."""
DRAWN_PX = 2048
"""Side of the slides that patches are cut from, unless the cohort's are smaller."""


def draw_patches(
    settings: PhantomSettings,
    *,
    name: str,
    seed: int,
    n_patients: int,
    n_per_class: int,
    tile_px: int = 128,
    classes: Sequence[str] = CLASSES,
) -> PatchTable:
    """Cut labelled patches from slides drawn like the cohort's, of patients name-T0001, ….

    A patient's slide depends on the seed and the patient's id alone; tasks of other names have
    other patients, and no cohort has any of them. Each slide holds all classes; a patch's class
    covers at least 65 % of it. Patches of one patient may overlap, patches of two cannot. They
    pass through JPEG as slides do.

    Parameters
    ----------
    settings : PhantomSettings
        Spacing, composition, centres and stains of the cohort that the encoder is meant for.
    name : str
        Name of the task.
    seed : int
        The run's seed.
    n_patients, n_per_class : int
        Patients to draw, and patches of each class in all.
    tile_px : int
        Side of a patch in pixels of ``settings.spacing_um``.
    classes : sequence of str
        Some of :data:`CLASSES`, in the order of the labels.

    Returns
    -------
    PatchTable
        ``n_per_class`` patches of each class in the order of patients, then classes; all in the
        training part.

    Raises
    ------
    ConfigError
        The slides do not hold enough patches of a class.
    """
    settings = replace(settings, size_px=(size := min(settings.size_px, DRAWN_PX)))
    slides = [_slide(number, settings, name) for number in range(n_patients)]
    # Anatomies are small and quickly drawn: so it is known who can give what before any pixel is.
    anatomies = [draw_anatomy(slide, settings=settings, seed=seed) for slide in slides]
    cell_px = cell_pixels(settings.spacing_um)
    corners = [
        [
            find_patches(anatomy, Tissue[kind.upper()], cell_px=cell_px, tile_px=tile_px, size=size)
            for kind in classes
        ]
        for anatomy in anatomies
    ]
    available = np.array([[len(found) for found in places] for places in corners], np.int64)
    _check_counts(available.sum(0), classes, n_per_class=n_per_class, n_patients=n_patients)
    quotas = np.stack([share_out(counts, n_per_class) for counts in available.T], axis=1)
    images = np.empty((int(quotas.sum()), tile_px, tile_px, 3), np.uint8)
    start = 0
    for number, (slide, anatomy) in enumerate(zip(slides, anatomies, strict=True)):
        rng = generator(seed, "phantom-patches", name, slide.patient_id)
        picks = np.concatenate(
            [
                places[rng.permutation(len(places))[:quota]]
                for places, quota in zip(corners[number], quotas[number], strict=True)
            ]
        )
        picture = _paint(slide, anatomy, settings=settings, seed=seed)
        for place, (left, top) in enumerate(picks, start=start):
            images[place] = picture[top : top + tile_px, left : left + tile_px]
        start += len(picks)
    owners = [slides[number] for number in np.repeat(np.arange(n_patients), quotas.sum(1))]
    return PatchTable(
        images=images,
        labels=np.repeat(np.tile(np.arange(len(classes)), n_patients), quotas.ravel()),
        classes=tuple(classes),
        groups=tuple(slide.patient_id for slide in owners),
        centers=tuple(slide.center for slide in owners),
        spacing_um=settings.spacing_um,
        facts={"task": name, **FACTS},
    )


def find_patches(
    anatomy: Anatomy, tissue: Tissue, *, cell_px: int, tile_px: int, size: int
) -> Int64[np.ndarray, "N 2"]:
    """Corners (x, y) in pixels, on half-cell steps, of the patches that show a class."""
    is_class = (anatomy.classes == tissue).astype(np.float64)
    # Every cell becomes 2 × 2, so that patches may start in the middle of one.
    halves = np.pad(np.kron(is_class, np.ones((2, 2))).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    step = cell_px / 2
    span = max(round(tile_px / step), 1)
    area = (
        halves[span:, span:]
        - halves[:-span, span:]
        - halves[span:, :-span]
        + halves[:-span, :-span]
    )
    rows, cols = np.nonzero(area >= PURITY * span**2)
    corners = (np.stack([cols, rows], axis=1) * step).astype(np.int64)
    return corners[(corners + tile_px <= size).all(axis=1)]


def share_out(available: Int64[np.ndarray, "N"], wanted: int) -> Int64[np.ndarray, "N"]:
    """Ask each for an equal share of ``wanted``; what some cannot give, those with more do.

    Examples
    --------
    >>> share_out(np.array([9, 1, 9]), 9).tolist()
    [4, 1, 4]
    """
    quotas = np.zeros_like(available)
    for place, index in enumerate(np.argsort(available, kind="stable")):
        share = (wanted - int(quotas.sum())) // (len(available) - place)
        quotas[index] = min(int(available[index]), share)
    return quotas


def _slide(number: int, settings: PhantomSettings, name: str) -> PhantomSlide:
    """Name the only slide of a training patient; it shows as much tumour as a slide may."""
    return PhantomSlide(
        slide_id=f"phantom-{name}-T{number + 1:04d}",
        patient_id=f"{name}-T{number + 1:04d}",
        center=center_name(number, settings.n_centers),
        tumour=1,
        tumour_fraction=settings.tumour_fraction[1],
        spacing_um=settings.spacing_um,
    )


def _paint(
    slide: PhantomSlide, anatomy: Anatomy, *, settings: PhantomSettings, seed: int
) -> UInt8[np.ndarray, "H W 3"]:
    """Draw a whole slide, less what its JPEG tiles would lose."""
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=seed)
    picture = np.concatenate(list(canvas.bands()))[..., ::-1]
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, settings.quality])[1]
    return read_picture(data.tobytes(), slide.slide_id)


def _check_counts(
    available: Int64[np.ndarray, "K"], classes: Sequence[str], *, n_per_class: int, n_patients: int
) -> None:
    """Refuse slides that are short of a class."""
    short = {
        kind: count
        for kind, count in zip(classes, available.tolist(), strict=True)
        if count < n_per_class
    }
    if short:
        raise ConfigError(
            f"{n_patients} phantom patients give too few patches: {short} of {n_per_class} each; "
            "lower 'n_per_class', or raise 'n_patients' or the class's fraction"
        )
