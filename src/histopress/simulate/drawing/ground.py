"""What lies between the nuclei of a block."""

import numpy as np
from jaxtyping import Float32

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.painters import GROUPS, PAINTERS
from histopress.simulate.drawing.site import Part, Site

Plane = Float32[np.ndarray, "side side"]


def paint_ground(site: Site) -> tuple[Plane, Plane, Plane | None]:
    """Paint every tissue where it lies, soft borders between them.

    Returns
    -------
    tuple of float32 ndarray (side, side)
        Haematoxylin, eosin and haemoglobin; the last is None where there is no blood.
    """
    kinds = [kind for kind in site.fields.kinds if kind in PAINTERS]
    count = 3 if Tissue.BLOOD in kinds else 2
    total = [np.zeros((site.side, site.side), np.float32) for _ in range(count)]
    for kind in kinds:
        mask = site.fields.mask(GROUPS.get(kind, (kind,)))
        rows, cols = site.bounds(mask)
        if rows.stop <= rows.start or cols.stop <= cols.start:
            continue
        dyes = PAINTERS[kind](Part(site, rows, cols))
        share = None
        if float(mask.min()) < 1:
            share = site.fields.magnify(mask, site.pad)[rows, cols]
        for plane, dye in zip(total, dyes[:count], strict=True):
            plane[rows, cols] += dye if share is None else dye * share
    _fray(site, total)
    return total[0], total[1], total[2] if count == 3 else None


def _fray(site: Site, total: list[Plane]) -> None:
    """Fray the border to glass along the fibres, and vary the section's thickness."""
    fields = site.fields
    thick = 1 + 0.09 * fields.noise(20, 8.0) + 0.05 * fields.noise(21, 2.0)
    cover = fields.magnify(thick, site.pad)
    if Tissue.GLASS in fields.kinds:
        glass = fields.magnify(fields.mask((Tissue.GLASS,)), site.pad)
        tissue = 1 - glass + 0.12 * site.woven[0] * glass
        cover = cover * np.clip((tissue - 0.5) * 2.5 + 0.5, 0, 1) / np.maximum(1 - glass, 0.2)
    for plane in total:
        plane *= cover
