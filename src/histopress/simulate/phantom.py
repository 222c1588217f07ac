"""A cohort of drawn slides, and what is true of each.

The drawing is simple on purpose: one piece of tissue on glass, fibrous stroma, glands, areas rich
in lymphocytes and, in positive slides, nests of larger, darker, irregular nuclei. It carries a
slide-level label that a patch encoder can learn and the mean colour gives away only in part. It
is no model of disease; use it to test a pipeline, not to compare methods.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from histopress.seeds import generator
from histopress.simulate.anatomy.growing import grow_anatomy
from histopress.simulate.anatomy.scene import Composition, Organ, Scene
from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.drawing.canvas import Canvas, cell_pixels
from histopress.simulate.drawing.stain import draw_stain
from histopress.simulate.phantom_settings import PATTERNS, Design, Pattern, PhantomSettings
from histopress.simulate.pyramid import write_pyramid

MANIFEST_COLUMNS = ("slide_id", "patient_id", "path", "center", "tumour")
PURPOSE = "phantom"
ORGANS: dict[Design, Organ] = {"tumour": "bowel", "growth": "liver", "node": "node"}


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


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What is drawn on a slide, measured on its class map.

    Attributes
    ----------
    slide_id : str
        As in the manifest.
    tumour : int
        1 if any cell is tumour.
    tumour_fraction : float
        Tumour cells / tissue cells.
    areas_mm2 : dict
        Area of each class in mm².
    nests_px : tuple of (float, float)
        Centres (x, y) of connected tumour regions in level-0 pixels.
    cell_um : float
        Side of a cell of the map in µm.
    """

    slide_id: str
    tumour: int
    tumour_fraction: float
    areas_mm2: dict[str, float]
    nests_px: tuple[tuple[float, float], ...]
    cell_um: float

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)


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


def patient_series(
    n_patients: int, *, n_centers: int, prevalence: float, slides: tuple[int, int]
) -> Iterator[tuple[int, str, bool, int]]:
    """Lay out patients: number from 1, centre, label and number of slides.

    Labels are balanced within centres, numbers of slides within centre and label.
    """
    strata: dict[tuple[int, bool], int] = {}
    for index in range(n_patients):
        center = index % n_centers
        positive = positive_at(index // n_centers, prevalence)
        place = strata.get((center, positive), 0)
        strata[center, positive] = place + 1
        low, high = slides
        yield index + 1, center_name(index, n_centers), positive, low + place % (high - low + 1)


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
    for number, center, positive, slides in patient_series(
        settings.n_patients,
        n_centers=settings.n_centers,
        prevalence=1.0 if growth else settings.prevalence,
        slides=settings.slides_per_patient,
    ):
        turn = (number - 1) // settings.n_centers
        for letter in ascii_lowercase[:slides]:
            cohort.append(
                draw_slide_of(
                    f"P{number:04d}",
                    f"{PURPOSE}-{number:04d}-{letter}",
                    center=center,
                    tumour=positive,
                    pattern=PATTERNS[turn % len(PATTERNS)] if growth else None,
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
    """Draw evenly on a logarithmic scale; a lowest value of 0 is taken for a thousandth."""
    low, high = (max(bound, 1e-3) for bound in bounds)
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


def draw_anatomy(slide: PhantomSlide, *, settings: PhantomSettings, seed: int) -> Anatomy:
    """Lay out a slide's tissue on its class map."""
    rng = generator(seed, PURPOSE, slide.slide_id, "anatomy")
    composition = Composition(
        tumour=slide.tumour_fraction,
        gland=rng.uniform(*settings.gland_fraction),
        lymphocytes=rng.uniform(*settings.lymphocyte_fraction),
        muscle=rng.uniform(*settings.muscle_fraction),
        fat=rng.uniform(*settings.fat_fraction),
        mucus=rng.uniform(*settings.mucus_fraction),
        blood=rng.uniform(*settings.blood_fraction),
        necrosis=rng.uniform(*settings.necrosis_fraction),
    )
    scene = Scene(
        organ=ORGANS[settings.design],
        composition=composition,
        pattern=slide.pattern,
        metastasis_um=slide.metastasis_um,
        holes=bool(rng.random() < settings.artefacts.holes),
    )
    cells = -(-settings.size_px // cell_pixels(settings.spacing_um))
    return grow_anatomy(rng, cells, scene)


def prepare_canvas(
    anatomy: Anatomy, slide: PhantomSlide, *, settings: PhantomSettings, seed: int
) -> Canvas:
    """Stain a slide's anatomy: every block can then be drawn by itself."""
    rng = generator(seed, PURPOSE, slide.slide_id, "canvas")
    stain = draw_stain(
        generator(seed, PURPOSE, "center", slide.center),
        rng,
        center_sd=settings.center_shift,
        slide_sd=settings.slide_shift,
    )
    return Canvas(
        anatomy,
        stain,
        size_px=settings.size_px,
        spacing_um=settings.spacing_um,
        noise=settings.noise,
        root=int(rng.integers(2**63)),
    )


def measure_truth(anatomy: Anatomy, slide: PhantomSlide) -> Truth:
    """Measure on the class map what is true of a slide."""
    cell_px = cell_pixels(slide.spacing_um)
    cell_um = cell_px * slide.spacing_um
    fraction = anatomy.fraction(Tissue.TUMOUR)
    areas = {
        tissue.name.lower(): float((anatomy.classes == tissue).sum() * (cell_um / 1000) ** 2)
        for tissue in Tissue
    }
    return Truth(
        slide_id=slide.slide_id,
        tumour=int(fraction > 0),
        tumour_fraction=fraction,
        areas_mm2=areas,
        nests_px=tuple((float(x * cell_px), float(y * cell_px)) for x, y in anatomy.nests()),
        cell_um=cell_um,
    )


def draw_slide(path: Path, slide: PhantomSlide, *, settings: PhantomSettings, seed: int) -> Truth:
    """Draw a slide as a pyramidal TIFF and return what is true of it.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    slide : PhantomSlide
        One of :func:`draw_cohort` with the same settings and seed.
    settings : PhantomSettings
        Size, spacing, composition, stains, noise, quality.
    seed : int
        The run's seed.
    """
    anatomy = draw_anatomy(slide, settings=settings, seed=seed)
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=seed)
    write_pyramid(
        path,
        canvas.bands(),
        shape=(settings.size_px, settings.size_px),
        spacing_um=settings.spacing_um,
        quality=settings.quality,
    )
    return measure_truth(anatomy, slide)
