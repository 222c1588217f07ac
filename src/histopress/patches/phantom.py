"""Labelled patches of drawn tissue, from patients who are in no cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError
from histopress.patches.phantom_sampling import pick_places, share_evenly
from histopress.patches.phantom_settings import PhantomPatchSettings, follow_cohort
from histopress.patches.phantom_slide import Corners, PatchSlide
from histopress.patches.phantom_task import PhantomTask, choose_task
from histopress.patches.table import PatchTable
from histopress.seeds import generator
from histopress.simulate.phantom_settings import PATTERNS, PhantomSettings
from histopress.simulate.phantom_slides import center_name, draw_slide_of

PURPOSE = "phantom-patches"
MOST_SLIDES = len(ascii_lowercase)
NOTE = "Drawn phantom tissue; shows that software works, not how well on patients."


def draw_patches(
    slides: PhantomSettings, patches: PhantomPatchSettings, *, name: str, seed: int
) -> PatchTable:
    """Cut labelled patches from slides drawn like the cohort's, of patients name-T0001, ….

    Any task can be cut for any cohort: spacing, centres, stains, noise and JPEG are the cohort's
    (:func:`~histopress.patches.phantom_settings.follow_cohort`), what the slides show is the
    task's (:class:`~histopress.patches.phantom_task.PhantomTask`). Of each class every centre
    gives equally many patches, and so does every patient of a centre, as far as numbers divide;
    a patient has as many slides as that takes. Tasks of other names have other patients, and no
    cohort has any of them.

    Parameters
    ----------
    slides : PhantomSettings
        The cohort that the encoder is meant for.
    patches : PhantomPatchSettings
        Task, patients, number and size of the patches.
    name : str
        Name of the task.
    seed : int
        The run's seed.

    Returns
    -------
    PatchTable
        ``n_per_class`` patches of each class in the order of patients, then classes; all in the
        training part.

    Raises
    ------
    ConfigError
        A patient's 26 slides do not hold enough patches of a class.

    Notes
    -----
    Only the blocks of a slide that patches need are drawn. Memory: the patches, and the class
    maps and textures of one patient.
    """
    slides = follow_cohort(slides)
    task = choose_task(patches, slides)
    labels = np.array([pool.label for pool in task.pools])
    centers = [center_name(number, slides.n_centers) for number in range(patches.n_patients)]
    quotas = share_evenly(_count_pools(task, patches.n_per_class), centers)
    images = np.empty((int(quotas.sum()), patches.tile_px, patches.tile_px, 3), np.uint8)
    groups: list[_Patient] = []
    for number, quota in enumerate(quotas):
        patient = _Patient(
            patient_id=f"{name}-T{number + 1:04d}",
            center=centers[number],
            turn=number // slides.n_centers,
        )
        places = _lay_out(patient, task, quota, slides=slides, patches=patches, seed=seed)
        rng = generator(seed, PURPOSE, patient.patient_id, "picks")
        own = images[len(groups) : len(groups) + int(quota.sum())]
        _cut(places, quota, rng, images=own)
        groups += [patient] * len(own)
    return PatchTable(
        images=images,
        labels=np.repeat(np.tile(labels, len(quotas)), quotas.ravel()),
        classes=task.classes,
        groups=tuple(patient.patient_id for patient in groups),
        centers=tuple(patient.center for patient in groups),
        spacing_um=slides.spacing_um,
        facts=_facts(task, name=name, kind=patches.task),
    )


@dataclass(frozen=True, kw_only=True)
class _Patient:
    """A patient: id, centre, and how many of the centre come before."""

    patient_id: str
    center: str
    turn: int


@dataclass(frozen=True, kw_only=True)
class _Places:
    """A slide, and the corners of the patches that it offers, pool by pool."""

    slide: PatchSlide
    corners: Sequence[Corners]


def _count_pools(task: PhantomTask, n_per_class: int) -> Int64[np.ndarray, "pools"]:
    """Split each class's number over its pools; an odd one goes to the first."""
    counts = np.array([int(n_per_class * pool.share) for pool in task.pools], np.int64)
    for label in range(len(task.classes)):
        pools = [place for place, pool in enumerate(task.pools) if pool.label == label]
        counts[pools[0]] += n_per_class - counts[pools].sum()
    return counts


def _lay_out(
    patient: _Patient,
    task: PhantomTask,
    quota: Int64[np.ndarray, "pools"],
    *,
    slides: PhantomSettings,
    patches: PhantomPatchSettings,
    seed: int,
) -> list[_Places]:
    """Lay out slides of a patient until they offer what is asked."""
    places: list[_Places] = []
    offered = np.zeros_like(quota)
    while (offered < quota).any() and len(places) < MOST_SLIDES:
        settings = task.settings(slides, turn=len(places), tile_px=patches.tile_px)
        slide_id = f"phantom-{patient.patient_id}-{ascii_lowercase[len(places)]}"
        growth = settings.design == "growth"
        drawn = draw_slide_of(
            patient.patient_id,
            slide_id,
            center=patient.center,
            tumour=True,
            pattern=PATTERNS[patient.turn % len(PATTERNS)] if growth else None,
            settings=settings,
            seed=seed,
        )
        slide = PatchSlide(drawn, settings=settings, seed=seed, tile_px=patches.tile_px)
        corners = task.find(slide, generator(seed, PURPOSE, slide_id, "places"))
        places.append(_Places(slide=slide, corners=corners))
        offered += [len(found) for found in corners]
    _check_offer(patient, task, offered=offered, quota=quota)
    return places


def _check_offer(
    patient: _Patient,
    task: PhantomTask,
    *,
    offered: Int64[np.ndarray, "pools"],
    quota: Int64[np.ndarray, "pools"],
) -> None:
    """Refuse a patient whose slides are short of a class."""
    short = {
        pool.name: f"{count} of {wanted}"
        for pool, count, wanted in zip(task.pools, offered.tolist(), quota.tolist(), strict=True)
        if count < wanted
    }
    if short:
        raise ConfigError(
            f"phantom patient '{patient.patient_id}': {MOST_SLIDES} slides, the most of one "
            f"patient, give too few patches: {short}; lower 'n_per_class' or raise 'n_patients'"
        )


def _cut(
    places: Sequence[_Places],
    quota: Int64[np.ndarray, "pools"],
    rng: np.random.Generator,
    *,
    images: UInt8[np.ndarray, "N h h 3"],
) -> None:
    """Pick a patient's patches at random from all slides alike, and draw them into ``images``."""
    owners, corners = pick_places([found.corners for found in places], quota, rng)
    for number, found in enumerate(places):
        (chosen,) = np.nonzero(owners == number)
        if len(chosen):
            images[chosen] = found.slide.cut(corners[chosen])


def _facts(task: PhantomTask, *, name: str, kind: str) -> dict[str, Any]:
    """Tell cards of the patches."""
    return {
        "task": name,
        "kind": kind,
        "designs": list(task.designs),
        "grouping": "patient",
        "licence": "none needed: drawn",
        "note": f"{NOTE} {task.note}",
        "warnings": [],
    }
