"""One phantom slide, from what it is to show to its file.

Drawn tissue carries labels that a patch encoder can learn and mean colours give away only in
part: H&E in optical density, eleven tissues, nine kinds of nuclei, artefacts, stains and scanners
by centre. Its truth is known to the pixel. It is no model of disease: what holds on it shows that
a method works as it should, not how well it does on patients.
"""

from pathlib import Path

from histopress.seeds import generator
from histopress.simulate.anatomy.growing import grow_anatomy
from histopress.simulate.anatomy.scene import Composition, Organ, Scene
from histopress.simulate.anatomy.tissue import Anatomy
from histopress.simulate.bands import draw_bands
from histopress.simulate.drawing.artefacts import draw_artefacts
from histopress.simulate.drawing.canvas import Canvas, cell_pixels
from histopress.simulate.drawing.cells import Dark
from histopress.simulate.drawing.scanner import draw_scanner
from histopress.simulate.drawing.stain import draw_stain
from histopress.simulate.phantom_settings import Design, PhantomSettings
from histopress.simulate.phantom_slides import PURPOSE, PhantomSlide
from histopress.simulate.pyramid import write_pyramid
from histopress.simulate.truth import Truth, measure_truth
from histopress.simulate.truth_files import TruthFiles, write_truth

ORGANS: dict[Design, Organ] = {"tumour": "bowel", "growth": "liver", "node": "node"}


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
    scanner = draw_scanner(
        generator(seed, PURPOSE, "scanner", slide.center), center_sd=settings.center_shift
    )
    mitoses = slide.mitoses_per_mm2
    return Canvas(
        anatomy,
        stain,
        size_px=settings.size_px,
        spacing_um=settings.spacing_um,
        noise=settings.noise,
        root=int(rng.integers(2**63)),
        dark=Dark(
            mitoses_per_mm2=mitoses,
            lookalikes_per_mm2=max(settings.mitoses.dark_per_mm2 - mitoses, 0.0),
        ),
        scanner=scanner,
        artefacts=draw_artefacts(
            generator(seed, PURPOSE, slide.slide_id, "artefacts"),
            anatomy.classes,
            settings.artefacts,
        ),
    )


def draw_slide(
    path: Path,
    slide: PhantomSlide,
    *,
    settings: PhantomSettings,
    seed: int,
    threads: int = 1,
    beside: TruthFiles | None = None,
) -> Truth:
    """Draw a slide as a pyramidal TIFF and return what is true of it.

    Parameters
    ----------
    path : Path
        Written in place; give a temporary path and publish it when whole.
    slide : PhantomSlide
        One of :func:`histopress.simulate.phantom_slides.draw_cohort` with the same settings and
        seed.
    settings : PhantomSettings
        Size, spacing, composition, stains, noise, quality, container.
    seed : int
        The run's seed.
    threads : int
        Blocks drawn at the same time; pixels do not depend on it.
    beside : TruthFiles, optional
        Where the class map, the nuclei and the regions are written.
    """
    anatomy = draw_anatomy(slide, settings=settings, seed=seed)
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=seed)
    write_pyramid(
        path,
        draw_bands(canvas, threads),
        shape=(settings.size_px, settings.size_px),
        spacing_um=settings.spacing_um,
        quality=settings.quality,
        container=settings.container,
    )
    if beside is not None:
        write_truth(beside, anatomy, canvas)
    return measure_truth(anatomy, slide)
