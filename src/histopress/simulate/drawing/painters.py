"""How every tissue looks between its nuclei."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float32

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing import cells
from histopress.simulate.drawing.chance import uniform
from histopress.simulate.drawing.fields import LUMEN
from histopress.simulate.drawing.site import Part

Plane = Float32[np.ndarray, "H W"]
Dyes = tuple[Plane | float, Plane | float, Plane | float]
"""Haematoxylin, eosin and haemoglobin, in units of their stain vectors."""


def _step(plane: Plane, middle: float, slope: float) -> Plane:
    """Rise from 0 to 1 around ``middle``."""
    return np.asarray(np.clip((plane - middle) * np.float32(slope) + 0.5, 0, 1))


def _stroma(part: Part) -> Dyes:
    """Wavy collagen: bundles parted by slits, here dense, there loose."""
    bundles, fibrils, slits = part.woven()
    loose = part.noise(22, 4.0)
    full = _step(bundles - 0.5 * loose, -1.0, 0.8)
    full *= np.clip(1 - (0.8 + 0.25 * np.clip(loose, -1, 1)) * slits, 0, 1)
    depth = 0.62 + 0.07 * part.noise(29, 2.0)
    eosin = full * (depth + 0.17 * fibrils + 0.11 * bundles) + 0.05
    return 0.11 - 0.02 * full + 0.03 * fibrils * full, np.maximum(eosin, 0.02), 0.0


def _muscle(part: Part) -> Dyes:
    """Parallel fascicles, even and pink, with few thin clefts."""
    bundles, fibrils, slits = part.woven()
    cleft = 1 - 0.75 * slits * _step(part.noise(27, 1.5), 0.3, 1.0)
    eosin = (0.58 + 0.08 * bundles + 0.12 * fibrils) * cleft
    return (0.12 + 0.02 * fibrils) * cleft, eosin, 0.0


def _lymphoid(part: Part) -> Dyes:
    """Lymph nodes' pale net between lymphocytes."""
    grain = part.grain()
    return 0.15 + 0.05 * grain, np.maximum(0.2 + 0.1 * part.grain(77), 0.01), 0.0


def _follicle(part: Part) -> Dyes:
    """Paler than its mantle, with the pale cytoplasm of macrophages here and there."""
    grain = part.grain()
    pale = 1 - 0.75 * _step(part.noise(23, 1.2), 2.0, 3.0)
    return (0.16 + 0.03 * grain) * pale, np.maximum(0.2 + 0.06 * part.grain(77), 0.01) * pale, 0.0


def _tumour(part: Part) -> Dyes:
    """Cells with amphophilic cytoplasm, each of its own tone, and visible borders."""
    reach = round(14 * part.px)
    points = cells.tumour_nuclei(part.fields, part.box.grow(reach), cells.Dark())
    mosaic = part.mosaic(points.at, reach)
    tone = mosaic.values(0.75 + 0.5 * uniform(points.key, 12))
    lines = mosaic.lines() * (1 + 0.4 * np.clip(part.noise(28, 1.2), -1, 2))
    eosin = (0.44 + 0.12 * part.grain()) * tone * (1 - 0.6 * lines)
    haematoxylin = (0.21 + 0.07 * part.grain(77)) * tone * (1 - 0.5 * lines)
    return haematoxylin, np.maximum(eosin, 0.02), 0.0


def _liver(part: Part) -> Dyes:
    """Plates of polygonal granular hepatocytes between sinusoids."""
    reach = round(22 * part.px)
    seeds = cells.liver_seeds(part.fields, part.box.grow(reach))
    mosaic = part.mosaic(seeds.at, reach)
    tone = mosaic.values(0.85 + 0.3 * uniform(seeds.key, 12))
    width = np.clip(part.noise(24, 1.3), -1.5, 1.5)
    slits = 1 - 0.8 * _step(mosaic.lines(seeds.plate, grow=2) + 0.35 * width, 0.65, 2.5)
    eosin = ((0.52 + 0.11 * part.grain()) * tone + 0.1 * mosaic.lines()) * slits
    return (0.15 + 0.045 * part.grain(77)) * tone * slits, eosin, 0.0


def _fat(part: Part) -> Dyes:
    """Empty round cells with thin pink membranes; one more where fat meets glass."""
    reach = round(cells.FAT_REACH_UM * part.px)
    seeds = cells.fat_seeds(part.fields, part.box.grow(reach))
    lines = part.mosaic(seeds, reach).lines(grow=1)
    if Tissue.GLASS in part.fields.kinds:
        glass = part.whole(part.fields.mask((Tissue.GLASS,)))
        lines = np.maximum(lines, 4.5 * glass * (1 - glass))
    uneven = 0.45 + 0.16 * part.noise(25, 0.7)
    return 0.1 * lines, lines * np.maximum(uneven, 0.1), 0.0


def _mucus(part: Part) -> Dyes:
    """Pale blue, streaky."""
    bundles, fibrils, _ = part.woven()
    streaks = np.clip(0.5 + 0.4 * bundles + 0.2 * fibrils, 0, 1.6)
    return 0.06 + 0.1 * streaks + 0.01 * part.grain(), 0.03 + 0.04 * streaks, 0.0


def _blood(part: Part) -> Dyes:
    """Red cells, packed, in pale plasma."""
    tile = part.site.textures.tiles.cells
    red = tile.window(part.left, part.top, part.shape)
    return 0.02, 0.06 + 0.02 * part.grain(), red


def _necrosis(part: Part) -> Dyes:
    """Granular pink ghosts of cells, and nuclear dust."""
    eosin, dust = part.site.textures.tiles.debris
    return (
        dust.window(part.left, part.top, part.shape),
        eosin.window(part.left, part.top, part.shape),
        0.0,
    )


def _lumen(_part: Part) -> Dyes:
    """Hollows of gland-like tumour: nearly empty."""
    return 0.02, 0.03, 0.0


GROUPS: dict[int, tuple[int, ...]] = {Tissue.STROMA: (Tissue.STROMA, Tissue.GLAND)}
"""Codes that one painter takes together: glands are laid over the stroma around them."""
PAINTERS: dict[int, Callable[[Part], Dyes]] = {
    Tissue.STROMA: _stroma,
    Tissue.LYMPHOCYTES: _lymphoid,
    Tissue.TUMOUR: _tumour,
    Tissue.MUSCLE: _muscle,
    Tissue.FAT: _fat,
    Tissue.MUCUS: _mucus,
    Tissue.BLOOD: _blood,
    Tissue.NECROSIS: _necrosis,
    Tissue.PARENCHYMA: _liver,
    Tissue.FOLLICLE: _follicle,
    LUMEN: _lumen,
}
