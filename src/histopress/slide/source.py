"""Slide files through OpenSlide, with its faults put into words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import openslide
from jaxtyping import UInt8

from histopress.errors import SlideMissing, UnreadableSlide

_WHITE = (255, 255, 255)


def open_slide(path: Path, slide_id: str) -> openslide.OpenSlide:
    """Open a slide; the caller closes it.

    Parameters
    ----------
    path : Path
        Any format that OpenSlide reads.
    slide_id : str
        Named in messages.

    Raises
    ------
    SlideMissing
        No such file.
    UnreadableSlide
        The format is unknown or the file is damaged.
    OSError
        The file system failed or refused: not a fact of the slide, so it may be tried again.
    """
    _probe(path, slide_id)
    with _in_words(path, slide_id, "cannot be opened"):
        slide = openslide.OpenSlide(str(path))
    if slide.level_count < 1:
        slide.close()
        raise UnreadableSlide(f"slide '{slide_id}': {path} has no level; convert it again")
    return slide


def read_rgb(
    slide: openslide.OpenSlide,
    *,
    path: Path,
    slide_id: str,
    xy: tuple[int, int],
    level: int,
    size: tuple[int, int],
) -> UInt8[np.ndarray, "height width 3"]:
    """Read a region and lay what is transparent on the slide's background colour.

    Parameters
    ----------
    slide : OpenSlide
        Open handle.
    path, slide_id
        Named in messages.
    xy : tuple of int
        Top left corner in level-0 px.
    level : int
        Level to read.
    size : tuple of int
        Width and height in px of ``level``.

    Returns
    -------
    uint8 ndarray (height, width, 3)
        RGB, writable and contiguous.

    Raises
    ------
    UnreadableSlide
        The pixels cannot be decoded.
    OSError
        The file itself has become unreadable meanwhile.
    """
    with _in_words(path, slide_id, f"pixels at level-0 position {xy}, level {level}, are damaged"):
        rgba = np.asarray(slide.read_region(xy, level, size))
    rgb, alpha = rgba[..., :3], rgba[..., 3:]
    if alpha.min() == 255:
        return np.ascontiguousarray(rgb)
    weight = alpha.astype(np.uint16)
    below = np.asarray(_background(slide), np.uint16)
    return ((rgb * weight + below * (255 - weight) + 127) // 255).astype(np.uint8)


def _background(slide: openslide.OpenSlide) -> tuple[int, ...]:
    text = slide.properties.get(openslide.PROPERTY_NAME_BACKGROUND_COLOR, "")
    try:
        return tuple(bytes.fromhex(text)) if len(text) == 6 else _WHITE
    except ValueError:
        return _WHITE


def _probe(path: Path, slide_id: str) -> None:
    """Tell a failing file system from a failing slide."""
    try:
        if path.is_dir():
            raise UnreadableSlide(
                f"slide '{slide_id}': {path} is a folder; name the slide's file in the manifest "
                "(MIRAX: the .mrxs beside the folder; DICOM: any .dcm of the series)"
            )
        with path.open("rb") as handle:
            handle.read(1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SlideMissing(
            f"slide '{slide_id}': no file {path}; correct 'path' in the manifest or bring the file"
        ) from error


@contextmanager
def _in_words(path: Path, slide_id: str, what: str) -> Iterator[None]:
    try:
        yield
    except openslide.OpenSlideUnsupportedFormatError as error:
        _probe(path, slide_id)
        raise UnreadableSlide(
            f"slide '{slide_id}': {path} is in no format that OpenSlide reads, or is cut short; "
            "copy it again from the scanner or convert it to a pyramidal TIFF"
        ) from error
    except openslide.OpenSlideError as error:
        _probe(path, slide_id)
        raise UnreadableSlide(
            f"slide '{slide_id}': {path} {what} (OpenSlide: {error}); "
            "copy it again from the scanner or leave the slide out"
        ) from error
