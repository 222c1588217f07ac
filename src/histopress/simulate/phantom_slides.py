"""Whom a phantom cohort is of: patients, centres, slides, and what each slide is to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from histopress.seeds import generator
from histopress.simulate.phantom_settings import LEAST_MITOSES, PATTERNS, Pattern, PhantomSettings

MANIFEST_COLUMNS = ("slide_id", "patient_id", "path", "center", "tumour")
PURPOSE = "phantom"


@dataclass(frozen=True, kw_only=True)
class PhantomSlide:
    """One slide to draw.

    Attributes
    ----------
    slide_id, patient_id, center : str
        Such as ``phantom-0001-a``, ``P0001``, ``A``.
    tumour : int
        1 if the patient has tumour (then each of the patient's slides shows it), else 0.
    tumour_fraction : float
        Share of the tissue area that the drawing aims for, 0 to 1; 0 in nodes, whose metastasis
        has a diameter instead.
    pattern : str or None
        Growth pattern of the patient's liver metastasis; None in other designs.
    mitoses_per_mm2 : float
        Mitoses a mm² of the patient's tumour that the drawing aims for.
    metastasis_um : float
        Diameter of a node's metastasis in µm; 0 without one and in other designs.
    spacing_um : float
        µm/px.
    """

    slide_id: str
    patient_id: str
    center: str
    tumour: int
    tumour_fraction: float
    pattern: Pattern | None = None
    mitoses_per_mm2: float = 0.0
    metastasis_um: float = 0.0
    spacing_um: float


def positive_at(index: int, prevalence: float) -> bool:
    """Tell whether the ``index``-th of a series is positive.

    Positives are spread evenly, so that any beginning of the series holds the prevalence as
    nearly as it can and a longer series changes none of its beginning.

    Examples
    --------
    >>> [positive_at(i, 0.5) for i in range(4)]
    [False, True, False, True]
    """
    # A count a hair below a whole number is that number: 3 · (1/3) must give 1.
    return int((index + 1) * prevalence + 1e-9) > int(index * prevalence + 1e-9)


def center_name(index: int, n_centers: int) -> str:
    """Name the centre of the ``index``-th patient; patients go to the centres in turn.

    Examples
    --------
    >>> "".join(center_name(i, 3) for i in range(5))
    'ABCAB'
    """
    return ascii_uppercase[index % n_centers]


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient of a drawn cohort.

    Attributes
    ----------
    number : int
        From 1.
    center : str
    tumour : bool
    pattern : str or None
        Growth pattern, where the design has patterns.
    slides : int
    """

    number: int
    center: str
    tumour: bool
    pattern: Pattern | None
    slides: int


def patient_series(
    n_patients: int,
    *,
    n_centers: int,
    prevalence: float,
    slides: tuple[int, int],
    patterns: Sequence[Pattern] = (),
) -> Iterator[Patient]:
    """Lay out patients one after the other.

    Labels and growth patterns are balanced within centres; numbers of slides take turns within
    centre, label and pattern, so that they tell neither.
    """
    strata: dict[tuple[int, bool, Pattern | None], int] = {}
    low, high = slides
    for index in range(n_patients):
        center, turn = index % n_centers, index // n_centers
        positive = positive_at(turn, prevalence)
        pattern = patterns[turn % len(patterns)] if patterns else None
        place = strata.get((center, positive, pattern), 0)
        strata[center, positive, pattern] = place + 1
        yield Patient(
            number=index + 1,
            center=center_name(index, n_centers),
            tumour=positive,
            pattern=pattern,
            slides=low + place % (high - low + 1),
        )


def draw_cohort(settings: PhantomSettings, *, seed: int) -> tuple[PhantomSlide, ...]:
    """Name the slides of a cohort and draw what each is to show.

    A slide's numbers follow from the seed and the ids of slide and patient alone: more patients
    change no slide. In the design ``growth`` every patient has tumour, and the growth patterns
    take turns within centres.

    Examples
    --------
    >>> cohort = draw_cohort(PhantomSettings(n_patients=4), seed=1)
    >>> [(slide.slide_id, slide.center, slide.tumour) for slide in cohort][2:]
    [('phantom-0003-a', 'A', 1), ('phantom-0004-a', 'B', 1)]
    """
    growth = settings.design == "growth"
    cohort = []
    for patient in patient_series(
        settings.n_patients,
        n_centers=settings.n_centers,
        prevalence=1.0 if growth else settings.prevalence,
        slides=settings.slides_per_patient,
        patterns=PATTERNS if growth else (),
    ):
        for letter in ascii_lowercase[: patient.slides]:
            cohort.append(
                draw_slide_of(
                    f"P{patient.number:04d}",
                    f"{PURPOSE}-{patient.number:04d}-{letter}",
                    center=patient.center,
                    tumour=patient.tumour,
                    pattern=patient.pattern,
                    settings=settings,
                    seed=seed,
                )
            )
    return tuple(cohort)


def draw_slide_of(
    patient_id: str,
    slide_id: str,
    *,
    center: str,
    tumour: bool,
    pattern: Pattern | None,
    settings: PhantomSettings,
    seed: int,
) -> PhantomSlide:
    """Draw what one slide of a patient is to show; its mitoses are the patient's."""
    share = generator(seed, PURPOSE, slide_id, "tumour").uniform(*settings.tumour_fraction)
    diameter = _log_uniform(generator(seed, PURPOSE, slide_id, "size"), settings.metastasis_um)
    mitoses = _log_uniform(
        generator(seed, PURPOSE, patient_id, "mitoses"), settings.mitoses.per_mm2
    )
    node = settings.design == "node"
    return PhantomSlide(
        slide_id=slide_id,
        patient_id=patient_id,
        center=center,
        tumour=int(tumour),
        tumour_fraction=float(share) if tumour and not node else 0.0,
        pattern=pattern,
        mitoses_per_mm2=mitoses if tumour else 0.0,
        metastasis_um=diameter if tumour and node else 0.0,
        spacing_um=settings.spacing_um,
    )


def _log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    """Draw evenly on a logarithmic scale; 0 is taken for the least density of mitoses."""
    low, high = (max(bound, LEAST_MITOSES) for bound in bounds)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def manifest_rows(
    cohort: Sequence[PhantomSlide], *, folder: str = "data/phantom"
) -> list[dict[str, Any]]:
    """Rows of the manifest with :data:`MANIFEST_COLUMNS`; files are ``{folder}/{slide_id}.tif``."""
    return [
        {
            "slide_id": slide.slide_id,
            "patient_id": slide.patient_id,
            "path": f"{folder}/{slide.slide_id}.tif",
            "center": slide.center,
            "tumour": slide.tumour,
        }
        for slide in cohort
    ]
