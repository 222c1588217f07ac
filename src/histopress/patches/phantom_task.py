"""The patch tasks that phantoms serve: their classes, their slides and where patches lie."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from histopress.patches.phantom_mitosis import find_mitoses
from histopress.patches.phantom_settings import PhantomPatchSettings
from histopress.patches.phantom_slide import Corners, PatchSlide
from histopress.patches.phantom_tissue import find_epithelium, find_metastases, find_tissues
from histopress.simulate.anatomy.tissue import NINE, Tissue
from histopress.simulate.drawing.canvas import cell_pixels
from histopress.simulate.phantom_settings import (
    ArtefactSettings,
    Design,
    MitosisSettings,
    PhantomSettings,
)

SIDE_CELLS, SIDE_TILES = 128, 16
"""A slide is so many cells of the class map wide (2 mm), and so many patches at least."""
MITOSES = MitosisSettings(per_mm2=(80.0, 80.0), dark_per_mm2=160.0)
MIXTURE: dict[str, Any] = {
    "tumour_fraction": (0.12, 0.18),
    "gland_fraction": (0.1, 0.16),
    "lymphocyte_fraction": (0.08, 0.12),
    "muscle_fraction": (0.08, 0.1),
    "fat_fraction": (0.08, 0.1),
    "mucus_fraction": (0.05, 0.08),
    "blood_fraction": (0.04, 0.06),
    "necrosis_fraction": (0.04, 0.06),
    "metastasis_um": (100.0, 1000.0),
}
"""Rich in what is rare in cohorts, with a sixth of the tissue left for stroma."""

Finder = Callable[[PatchSlide, np.random.Generator], Sequence[Corners]]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Places of one kind: the class that their patches show, and their share of its patches."""

    name: str
    label: int
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PhantomTask:
    """A patch task.

    Attributes
    ----------
    classes : tuple of str
        Names in the order of the labels.
    pools : tuple of Pool
        Kinds of places that the finder tells apart.
    designs : tuple of Design
        What the slides of a patient are of, in turn.
    find : callable
        Gives the places of each pool on a slide.
    note : str
        What the classes mean, for the card.
    changes : mapping
        Settings of the slides that are the task's own, beyond :data:`MIXTURE`.
    """

    classes: tuple[str, ...]
    pools: tuple[Pool, ...]
    designs: tuple[Design, ...]
    find: Finder
    note: str
    changes: dict[str, Any]

    def settings(self, cohort: PhantomSettings, *, turn: int, tile_px: int) -> PhantomSettings:
        """Say how a patient's slide of one turn is drawn.

        Spacing, centres, stains, noise and JPEG quality are the cohort's. Everything else is the
        task's: the design, a mixture in which no class is rare, no artefacts, and a size of 2 mm
        or 16 patches, whichever is more.
        """
        side = max(SIDE_CELLS * cell_pixels(cohort.spacing_um), SIDE_TILES * tile_px)
        chosen = MIXTURE | {"mitoses": MitosisSettings()} | self.changes
        return replace(
            cohort,
            design=self.designs[turn % len(self.designs)],
            size_px=side,
            artefacts=ArtefactSettings(holes=0, folds=0, pen=0, dust=0, blur=0),
            **chosen,
        )


def choose_task(patches: PhantomPatchSettings, cohort: PhantomSettings) -> PhantomTask:
    """Choose what the settings ask for; mitoses are of the cohort's own organ, if it has any."""
    if patches.task == "epithelium":
        return EPITHELIUM
    if patches.task == "metastasis":
        return METASTASIS
    if patches.task == "mitosis":
        return replace(MITOSIS, designs=("growth" if cohort.design == "growth" else "tumour",))
    return tissue_task(tuple(Tissue[name.upper()] for name in patches.classes) or NINE)


def tissue_task(kinds: tuple[Tissue, ...]) -> PhantomTask:
    """Tell kinds of tissue apart; slides are of every organ that the kinds need.

    Examples
    --------
    >>> tissue_task((Tissue.STROMA, Tissue.PARENCHYMA)).designs
    ('tumour', 'growth')
    """
    homes: dict[Tissue, Design] = {Tissue.PARENCHYMA: "growth", Tissue.FOLLICLE: "node"}
    names = tuple(kind.name.lower() for kind in kinds)
    return PhantomTask(
        classes=names,
        pools=tuple(Pool(name=name, label=label) for label, name in enumerate(names)),
        designs=tuple(dict.fromkeys(homes.get(kind, "tumour") for kind in kinds)),
        find=partial(find_tissues, kinds=kinds),
        note="A patch's class covers at least 65 % of it.",
        changes={},
    )


EPITHELIUM = PhantomTask(
    classes=("epithelium", "other"),
    pools=(Pool(name="epithelium", label=0), Pool(name="other", label=1)),
    designs=("tumour",),
    find=find_epithelium,
    note="Epithelium: glands and tumour cover more than half of a patch.",
    changes={},
)
METASTASIS = PhantomTask(
    classes=("tumour", "normal"),
    pools=(Pool(name="tumour", label=0), Pool(name="normal", label=1)),
    designs=("node",),
    find=find_metastases,
    note="Tumour: the middle of a patch of a lymph node is tumour; normal: it has none.",
    changes={},
)
MITOSIS = PhantomTask(
    classes=("mitosis", "none"),
    pools=(
        Pool(name="mitosis", label=0),
        Pool(name="none, with a look-alike", label=1, share=0.5),
        Pool(name="none, without a look-alike", label=1, share=0.5),
    ),
    designs=("tumour",),
    find=find_mitoses,
    note="Mitosis: a mitotic figure lies in the central half of a patch of tumour; none: a "
    "look-alike lies there (half of them), or no dark nucleus anywhere, and no mitosis.",
    changes={"mitoses": MITOSES, "tumour_fraction": (0.4, 0.5)},
)
