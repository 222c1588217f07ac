"""AtlasPatch: one ``{slide}.h5`` with ``coords`` and a dataset ``features/{encoder}`` each.

AtlasAnalyticsLab/AtlasPatch writes ``coords`` (N, 5) int32, the columns being x and y in level-0
px, width and height to read, and level; float32 ``features/{encoder}`` (N, D); and TRIDENT's names
as attributes of the file (``H5PatchWriter`` in ``atlas_patch/services/storage.py``; its own reader
takes them from ``coords`` as well, ``atlas_patch/utils/feature_h5.py``). As with CLAM, the patches
of each piece of tissue start at its bounding box (``_iter_patch_entries`` in
``atlas_patch/services/extraction.py``). Its ``overlap`` is 0 also where steps are wider than
patches, so that a stride taken from it is compared with the patches.
"""

from pathlib import Path

import h5py
import numpy as np

from histopress.compress.neighbours.contents import (
    STRIDE,
    array,
    create_foreign,
    describe,
    listed,
    open_foreign,
    store,
)
from histopress.compress.neighbours.foreign import (
    ForeignFeatures,
    checked,
    in_unit,
    plain_coords,
    plain_vectors,
)
from histopress.compress.neighbours.trident import geometry_attributes, patch_geometry
from histopress.errors import SlideFault

_NEEDED = ("patch_size", "patch_size_level0", "target_magnification")


def read_atlaspatch(path: Path, slide_id: str, dataset: str | None = None) -> ForeignFeatures:
    """Read one slide.

    Parameters
    ----------
    path : Path
        The file.
    slide_id : str
        As in the manifest.
    dataset : str or None
        Name of the encoder; may be left out where the file holds one.

    Raises
    ------
    SlideFault
        The file is damaged, its contents do not fit together, or the encoder must be named.
    """
    with open_foreign(path, slide_id) as file:
        name = _chosen(file, dataset, slide_id)
        vectors = plain_vectors(array(file, f"features/{name}", slide_id))
        coords = plain_coords(array(file, "coords", slide_id))
        attributes = {**file["coords"].attrs, **file.attrs}
    return checked(
        ForeignFeatures(
            slide_id=slide_id,
            vectors=vectors,
            coords=coords[:, :2] if coords.ndim == 2 else coords,
            unit="px",
            convention="atlaspatch",
            encoder=name,
            several_lattices=STRIDE not in attributes,
            **patch_geometry(attributes),
        )
    )


def _chosen(file: h5py.File, dataset: str | None, slide_id: str) -> str:
    group = file.get("features")
    if not isinstance(group, h5py.Group):
        raise SlideFault(
            f"slide '{slide_id}': {file.filename} has no group 'features'; it holds {listed(file)}"
        )
    names = sorted(group)
    if dataset is None and len(names) == 1:
        return str(names[0])
    if dataset not in names:
        raise SlideFault(
            f"slide '{slide_id}': the setting dataset is {dataset or 'none'}; "
            f"{file.filename} holds features of {', '.join(names) or 'no encoder'}"
        )
    return str(dataset)


def write_atlaspatch(path: Path, features: ForeignFeatures) -> None:
    """Write one slide.

    Raises
    ------
    SlideFault
        Places in level-0 px, or what AtlasPatch's reader must know of patches, cannot be told.
    """
    features = in_unit(features, "px")
    attributes = geometry_attributes(features)
    missing = [name for name in _NEEDED if name not in attributes]
    if missing:
        raise SlideFault(
            f"slide '{features.slide_id}': AtlasPatch needs {', '.join(missing)}, which are "
            "unknown; give --tiles"
        )
    # Its reader truncates to whole numbers: 19.98 would become 19.
    for name in ("level0_magnification", "target_magnification"):
        attributes[name] = round(attributes[name])
    side = int(attributes["patch_size_level0"])
    places = np.zeros((len(features.coords), 5), np.int32)
    places[:, :2] = np.rint(features.coords)
    places[:, 2:4] = side
    with create_foreign(path) as file:
        store(file, "coords", places)
        store(
            file.create_group("features"),
            features.encoder or "histopress",
            features.vectors.astype(np.float32),
        )
        describe(file, {**attributes, "num_patches": len(places)})
