"""Labelled patches of drawn tissue, from patients who are in no cohort."""

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError
from histopress.patches.table import PatchTable
from histopress.seeds import generator
from histopress.simulate.anatomy import Anatomy, Tissue
from histopress.simulate.canvas import cell_pixels
from histopress.simulate.phantom import (
    PhantomSlide,
    center_name,
    draw_anatomy,
    prepare_canvas,
)
from histopress.simulate.settings import PhantomSettings
from histopress.simulate.tiles import read_picture

CLASSES = (Tissue.STROMA, Tissue.GLAND, Tissue.LYMPHOCYTES, Tissue.TUMOUR)
PURITY = 0.65
"""A patch shows a class if so much of its area on the class map does."""
DRAWN_PX = 2048
"""Side of the slides that patches are cut from, unless the cohort's are smaller."""


def draw_patches(
    settings: PhantomSettings,
    *,
    seed: int,
    n_patients: int,
    n_per_class: int,
    tile_px: int = 128,
) -> PatchTable:
    """Cut labelled patches from slides drawn like the cohort's, of patients T0001, T0002, ….

    A patient's slide depends on the seed and the patient's id alone, and no id of a cohort begins
    with T. Each slide holds all classes; a patch's class covers at least 65 % of it. Patches of
    one patient may overlap, patches of two cannot. They pass through JPEG as slides do.

    Parameters
    ----------
    settings : PhantomSettings
        Spacing, composition, centres and stains of the cohort that the encoder is meant for.
    seed : int
        The run's seed.
    n_patients, n_per_class : int
        Patients to draw, and patches of each class in all.
    tile_px : int
        Side of a patch in pixels of ``settings.spacing_um``.

    Returns
    -------
    PatchTable
        ``4 × n_per_class`` patches in the order of patients, then classes.

    Raises
    ------
    ConfigError
        The slides do not hold enough patches of a class.
    """
    size = min(settings.size_px, DRAWN_PX)
    settings = replace(settings, size_px=size)
    images: list[np.ndarray] = []
    labels: list[int] = []
    patient_ids: list[str] = []
    for number in range(n_patients):
        slide = _slide(number, settings)
        anatomy = draw_anatomy(slide, settings=settings, seed=seed)
        canvas = prepare_canvas(anatomy, slide, settings=settings, seed=seed)
        picture = _through_jpeg(np.concatenate(list(canvas.bands())), settings.quality)
        rng = generator(seed, "phantom-patches", slide.patient_id)
        for label, tissue in enumerate(CLASSES):
            # What earlier patients could not give is asked of the later ones.
            missing = n_per_class - labels.count(label)
            quota = -(-missing // (n_patients - number))
            corners = find_patches(
                anatomy,
                tissue,
                cell_px=cell_pixels(settings.spacing_um),
                tile_px=tile_px,
                size=size,
            )
            picks = rng.permutation(len(corners))[:quota]
            for left, top in corners[picks]:
                images.append(picture[top : top + tile_px, left : left + tile_px])
            labels += [label] * len(picks)
            patient_ids += [slide.patient_id] * len(picks)
    _check_counts(labels, n_per_class, n_patients)
    return PatchTable(
        images=np.stack(images),
        labels=np.asarray(labels, np.int64),
        classes=tuple(tissue.name.lower() for tissue in CLASSES),
        patient_ids=tuple(patient_ids),
        spacing_um=settings.spacing_um,
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


def _slide(number: int, settings: PhantomSettings) -> PhantomSlide:
    """Name the only slide of a training patient; it shows as much tumour as a slide may."""
    return PhantomSlide(
        slide_id=f"phantom-T{number + 1:04d}",
        patient_id=f"T{number + 1:04d}",
        center=center_name(number, settings.n_centers),
        tumour=1,
        tumour_fraction=settings.tumour_fraction[1],
        spacing_um=settings.spacing_um,
    )


def _through_jpeg(picture: UInt8[np.ndarray, "H W 3"], quality: int) -> UInt8[np.ndarray, "H W 3"]:
    """Lose what a slide's JPEG tiles lose."""
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return read_picture(data.tobytes(), "phantom")


def _check_counts(labels: list[int], n_per_class: int, n_patients: int) -> None:
    """Refuse a table that is short of a class."""
    short = {
        tissue.name.lower(): labels.count(label)
        for label, tissue in enumerate(CLASSES)
        if labels.count(label) < n_per_class
    }
    if short:
        raise ConfigError(
            f"{n_patients} phantom patients give too few patches: {short} of {n_per_class} each; "
            "lower 'n_per_class', or raise 'n_patients' or the class's fraction"
        )
