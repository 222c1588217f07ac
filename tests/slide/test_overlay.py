from dataclasses import replace

import numpy as np
import pytest

from histopress.errors import UnreadableSlide
from histopress.slide.overlay import BLACK, BLUE, draw_overlay
from histopress.slide.settings import GridSettings
from histopress.slide.tiles import no_tiles
from histopress.slide.tiling import Tiling, survey_slide


@pytest.fixture(scope="module")
def tiling(tmp_path_factory, write_pyramid, stained):
    image = stained(1600, 2100, radius=600)
    path = write_pyramid(tmp_path_factory.mktemp("o") / "a.tif", [image], spacing_um=0.5)
    return survey_slide(path, slide_id="A1")


def pixels_of(image, colour, height):
    return np.argwhere((np.asarray(image)[:height] == colour).all(axis=-1))


def test_outline_and_tiles_stand_where_they_belong(tiling):
    image = draw_overlay(tiling)
    height, width = tiling.thumbnail.rgb.shape[:2]
    assert (width, image.width) == (1400, 1400)
    scale = tiling.thumbnail.downsample
    outline = pixels_of(image, BLUE, height) * scale
    radii = np.hypot(outline[:, 0] - 800, outline[:, 1] - 1050)
    assert abs(np.median(radii) - 600) < 25
    corners = {tuple(place) for place in pixels_of(image, BLACK, height).tolist()}
    drawn = [
        tuple(place) in corners
        for place in np.rint(tiling.tiles.coords[:, ::-1] / scale).astype(int).tolist()
    ]
    assert np.mean(drawn) > 0.85


def test_tiles_too_small_to_see_are_drawn_as_one_area(tmp_path, write_pyramid, stained):
    path = write_pyramid(tmp_path / "a.tif", [stained(1600, 2100, radius=600)], spacing_um=0.5)
    fine = survey_slide(path, slide_id="A1", settings=GridSettings(tile_px=16, stride_px=16))
    small = replace(fine, thumbnail=fine.thumbnail.fit(640))
    assert fine.tiles.geometry.tile_px0 / small.thumbnail.downsample < 5
    image = draw_overlay(small)
    places = pixels_of(image, BLACK, small.thumbnail.rgb.shape[0]) * small.thumbnail.downsample
    radii = np.hypot(places[:, 0] - 800, places[:, 1] - 1050)
    assert radii.min() > 540
    assert abs(np.median(radii) - 600) < 30


def test_an_excluded_slide_still_has_a_picture(tmp_path, write_pyramid, stained):
    path = write_pyramid(tmp_path / "a.tif", [stained(300, 400, radius=0)], spacing_um=0.5)
    excluded = survey_slide(path, slide_id="A1")
    assert excluded.tiles.excluded
    seen = np.asarray(draw_overlay(excluded))
    assert (seen[:300, 120:520] == 242).all()
    unreadable = Tiling(tiles=no_tiles("A1", "cannot be opened"), fault=UnreadableSlide("x"))
    card = draw_overlay(unreadable)
    assert card.height < 200
    assert (np.asarray(card) < 255).any()
