"""What is true of a phantom slide, measured on its class map."""

from dataclasses import asdict, dataclass
from typing import Any

from histopress.simulate.anatomy.tissue import Anatomy, Tissue
from histopress.simulate.drawing.canvas import cell_pixels
from histopress.simulate.phantom_slides import PhantomSlide


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
