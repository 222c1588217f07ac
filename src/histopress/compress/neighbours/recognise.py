"""Which tool wrote a file, and reading it accordingly."""

from pathlib import Path

import h5py

from histopress.compress.neighbours.atlaspatch import read_atlaspatch
from histopress.compress.neighbours.clam import read_clam
from histopress.compress.neighbours.contents import listed, open_foreign
from histopress.compress.neighbours.foreign import Convention, ForeignFeatures
from histopress.compress.neighbours.nic import read_nic
from histopress.compress.neighbours.stamp import read_stamp
from histopress.compress.neighbours.trident import read_trident
from histopress.errors import SlideFault

_TRIDENT = ("patch_size_level0", "target_magnification")


def recognise(path: Path, slide_id: str) -> Convention:
    """Tell whose convention a file follows.

    Raises
    ------
    SlideFault
        It follows none that is known, or holds no places.
    """
    _refuse_tensors(path, slide_id)
    if path.suffix.lower() == ".npy":
        return "nic"
    with open_foreign(path, slide_id) as file:
        found = _layout(file)
        if found is None:
            raise SlideFault(
                f"slide '{slide_id}': {path} holds {listed(file)}; read are features and coords "
                "(CLAM, TRIDENT), features/ENCODER and coords (AtlasPatch), feats and coords "
                "(STAMP)"
            )
    return found


def _refuse_tensors(path: Path, slide_id: str) -> None:
    """Refuse ``pt_files/`` unopened: they hold no coordinates, and they are pickles."""
    if path.suffix.lower() in (".pt", ".pth"):
        raise SlideFault(
            f"slide '{slide_id}': {path} holds vectors without places, so that no grid can be "
            "laid; give the .h5 file of the same run (CLAM: h5_files/, TRIDENT: without saveas pt)"
        )


def _layout(file: h5py.File) -> Convention | None:
    coords, features = file.get("coords"), file.get("features")
    if not isinstance(coords, h5py.Dataset):
        return None
    if "feats" in file:
        return "stamp"
    if isinstance(features, h5py.Group):
        return "atlaspatch"
    if isinstance(features, h5py.Dataset):
        return "trident" if any(name in coords.attrs for name in _TRIDENT) else "clam"
    return None


def read_foreign(
    path: Path,
    slide_id: str,
    *,
    convention: Convention | None = None,
    dataset: str | None = None,
    transpose: bool = False,
) -> ForeignFeatures:
    """Read one slide's features as another tool left them.

    Parameters
    ----------
    path : Path
        An HDF5 file or an ``.npy`` grid.
    slide_id : str
        As in the manifest.
    convention : str or None
        Whose layout it is; None looks.
    dataset : str or None
        Encoder to take from an AtlasPatch file that holds several.
    transpose : bool
        A NIC grid is (H, W, C).

    Raises
    ------
    SlideFault
        The file cannot be used; the message says why and what to do.
    """
    _refuse_tensors(path, slide_id)
    chosen = convention or recognise(path, slide_id)
    if chosen == "atlaspatch":
        return read_atlaspatch(path, slide_id, dataset)
    if chosen == "nic":
        return read_nic(path, slide_id, transpose=transpose)
    readers = {"clam": read_clam, "trident": read_trident, "stamp": read_stamp}
    return readers[chosen](path, slide_id)
