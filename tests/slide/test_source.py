import errno
from pathlib import Path

import numpy as np
import openslide
import pytest
from PIL import Image

from histopress.errors import SlideMissing, UnreadableSlide
from histopress.slide.source import open_slide, read_rgb


class Fake:
    """Stands for an open slide."""

    def __init__(self, rgba=None, properties=None, error=None):
        self.rgba, self.properties, self.error = rgba, properties or {}, error

    def read_region(self, *_region):
        if self.error:
            raise self.error
        return Image.fromarray(self.rgba)


def read(fake, path=Path("slide.svs")):
    return read_rgb(fake, path=path, slide_id="A1", xy=(3, 4), level=0, size=(2, 1))


def test_transparent_px_show_the_background():
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 201, 51]]], np.uint8)
    white = read(Fake(rgba))
    assert white.tolist() == [[[10, 20, 30], [255, 255, 255], [204, 224, 244]]]
    half = read(Fake(np.array([[[10, 11, 12, 200]]], np.uint8)))
    assert half.tolist() == [[[63, 64, 64]]]
    black = read(Fake(rgba, {"openslide.background-color": "000000"}))
    assert black.tolist() == [[[10, 20, 30], [0, 0, 0], [0, 20, 40]]]


def test_a_missing_file_is_not_a_fault_of_the_slide(tmp_path):
    with pytest.raises(SlideMissing, match=r"slide 'A1': no file .*gone\.svs.*'path'"):
        open_slide(tmp_path / "gone.svs", "A1")
    (tmp_path / "file").touch()
    with pytest.raises(SlideMissing):
        open_slide(tmp_path / "file" / "gone.svs", "A1")


def test_a_folder_is_named_as_such(tmp_path):
    with pytest.raises(UnreadableSlide, match=r"is a folder.*\.mrxs"):
        open_slide(tmp_path, "A1")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_failing_file_system_is_no_fault_of_the_slide(tmp_path, monkeypatch, number):
    path = tmp_path / "a.svs"
    path.write_bytes(b"no slide")
    with pytest.raises(UnreadableSlide, match="A1"):
        open_slide(path, "A1")

    def fail(*args, **options):
        raise OSError(number, "failing")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(OSError, match="failing"):
        open_slide(path, "A1")
    with pytest.raises(OSError, match="failing"):
        read(Fake(error=openslide.OpenSlideError("bad tile")), path)


def test_damaged_pixels_tell_slide_and_place(tmp_path):
    path = tmp_path / "a.svs"
    path.touch()
    with pytest.raises(UnreadableSlide, match=r"slide 'A1'.*\(3, 4\).*bad tile"):
        read(Fake(error=openslide.OpenSlideError("bad tile")), path)


def test_file_names_outside_ascii(tmp_path, write_pyramid, stained):
    path = write_pyramid(tmp_path / "Präparat 😐 'x' $HOME.tif", [stained(300, 300, radius=9)])
    with open_slide(path, "A1") as slide:
        assert slide.dimensions == (300, 300)
