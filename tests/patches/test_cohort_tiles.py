from dataclasses import replace

import numpy as np
import openslide
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from histopress.errors import ConfigError, StoreError
from histopress.patches.cohort_tiles import SlidePatches, open_cohort
from histopress.patches.settings import CohortSource
from histopress.slide.geometry import Geometry
from histopress.slide.settings import GridSettings
from histopress.slide.tiles import Tiles, no_tiles, write_tiles
from histopress.slide.tiling import tile_slide

GRID = GridSettings(tile_px=64, stride_px=64)


def geometry(slide_id, **changes):
    plain = Geometry(
        slide_id=slide_id,
        width=640,
        height=640,
        spacing_um=0.5,
        spacing_source="file",
        asked_um=0.5,
        read_um=0.5,
        level=0,
        downsample=1.0,
        level_width=640,
        level_height=640,
        shrink="none",
        factor=1.0,
        tile_px=64,
        stride_px=64,
    )
    return replace(plain, **changes)


def tiles_of(slide_id, kept, **changes):
    index = np.full(kept.shape, -1, np.int32)
    index[kept] = np.arange(kept.sum())
    rows, columns = np.nonzero(kept)
    return Tiles(
        slide_id=slide_id,
        geometry=geometry(slide_id, **changes),
        coords=np.stack([columns, rows], axis=1) * 64,
        tile_index=index,
        tissue=kept.astype(np.float32),
    )


@pytest.fixture(scope="module")
def draw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")

    def write_and_open(*all_tiles, n_per_slide=8, seed=1, input_px=64) -> SlidePatches:
        slides = []
        for tiles in all_tiles:
            path = folder / f"{tiles.slide_id}.h5"
            write_tiles(path, tiles, GRID)
            name = tiles.slide_id
            slides.append((name, f"P-{name}", "Utrecht", folder / f"{name}.tif", path))
        source = CohortSource(kind="cohort", grid="g", n_per_slide=n_per_slide)
        return open_cohort(source, slides=slides, input_px=input_px, margin_px=0, seed=seed)

    return write_and_open


FULL = np.ones((10, 10), bool)


@given(arrays(bool, (6, 7)), st.integers(2, 30), st.integers(0, 99))
def test_tiles_come_in_pairs_that_lie_side_by_side(draw, kept, n_per_slide, seed):
    kept[0, :2] = True
    found = draw(tiles_of("A", kept), n_per_slide=n_per_slide, seed=seed)
    assert 2 <= len(found.origins) <= n_per_slide
    places = found.places[:, 1:] // 64
    assert len(np.unique(places, axis=0)) == len(places)
    for place, origin in enumerate(found.origins):
        assert found.origins[origin.neighbour].neighbour == place
        assert np.abs(places[place] - places[origin.neighbour]).sum() == 1
        assert kept[places[place][1], places[place][0]]
    if len(found.origins) < n_per_slide - 1:
        rest = kept.copy()
        rest[places[:, 1], places[:, 0]] = False
        assert not (rest[1:] & rest[:-1]).any()
        assert not (rest[:, 1:] & rest[:, :-1]).any()


def test_draws_depend_on_seed_and_slide_alone(draw):
    a, b = tiles_of("A", FULL), tiles_of("B", FULL)
    alone, both = draw(a), draw(b, a)
    assert len(both.origins) == 16
    assert np.array_equal(both.places[8:, 1:], alone.places[:, 1:])
    assert [origin.neighbour for origin in both.origins[8:]] == [
        origin.neighbour + 8 for origin in alone.origins
    ]
    assert not np.array_equal(both.places[:8, 1:], alone.places[:, 1:])
    assert not np.array_equal(draw(a, seed=2).places, alone.places)
    rows = [(y, x) for _, x, y in alone.places.tolist()]
    assert rows == sorted(rows)


def test_all_steps_are_taken(draw):
    """Pairs lie across as well as down, and a slide's tiles are drawn from all over it."""
    found = draw(tiles_of("A", FULL), n_per_slide=60)
    places = found.places[:, 1:] // 64
    partner = np.array([origin.neighbour for origin in found.origins])
    across = (places[:, 0] != places[partner, 0]).mean()
    assert 0.2 < across < 0.8
    assert len(np.unique(places[:, 0])) == len(np.unique(places[:, 1])) == 10


def test_facts_of_the_study_reach_the_origins(draw):
    origin = draw(tiles_of("A", FULL)).origins[0]
    assert (origin.label, origin.slide_id, origin.patient_id, origin.center, origin.part) == (
        "tissue",
        "A",
        "P-A",
        "Utrecht",
        "",
    )


def test_slides_without_pairs_give_nothing(draw):
    scattered = np.indices((6, 6)).sum(axis=0) % 2 == 0
    none = [no_tiles("X", "no tissue", geometry("X")), no_tiles("Y", "cannot be opened")]
    found = draw(*none, tiles_of("S", scattered), tiles_of("A", FULL))
    assert {origin.slide_id for origin in found.origins} == {"A"}
    assert set(found.places[:, 0]) == {0}
    with pytest.raises(ConfigError, match="grid 'g': none of 3 slides has two kept tiles"):
        draw(*none, tiles_of("S", scattered))


def test_slides_must_share_spacing_and_tiles(draw):
    a, c = tiles_of("A", FULL), tiles_of("C", FULL, read_um=0.524)
    assert draw(a, a, c).spacing_um == 0.5
    with pytest.raises(ConfigError, match="slide 'A' is read at 0.5 .*slide 'B' at 0.53"):
        draw(a, tiles_of("B", FULL, read_um=0.53), c)
    with pytest.raises(ConfigError, match=r"tiles have \[64, 128\] px"):
        draw(a, tiles_of("B", FULL, tile_px=128))
    with pytest.raises(ConfigError, match="tiles of 64 px are smaller than .* 96 px"):
        draw(a, input_px=96)


def test_tiles_of_another_slide_are_refused(tmp_path):
    write_tiles(tmp_path / "a.h5", tiles_of("A", FULL), GRID)
    source = CohortSource(kind="cohort", grid="g")
    slide = ("B", "P", "", tmp_path / "b.svs", tmp_path / "a.h5")
    with pytest.raises(StoreError, match="holds the tiles of slide 'A', not of 'B'"):
        open_cohort(source, slides=[slide], input_px=64, margin_px=0, seed=1)


def test_tiles_of_real_slides_are_the_px_that_openslide_reads(data, tmp_path):
    paths = {
        "cmu": data / "slides/he/cmu-1-small-region.svs",
        "tcga": data / "slides/he/tcga-cr-7395.no-mpp.svs",
    }
    slides = []
    for name, path in paths.items():
        tiling = tile_slide(path, slide_id=name, declared_spacing_um=0.5, settings=GRID)
        write_tiles(tmp_path / f"{name}.h5", tiling.tiles, GRID)
        slides.append((name, name, "", path, tmp_path / f"{name}.h5"))
    source = CohortSource(kind="cohort", grid="g", n_per_slide=6)
    found = open_cohort(source, slides=slides, input_px=64, margin_px=0, seed=1)
    assert [origin.slide_id for origin in found.origins] == ["cmu"] * 6 + ["tcga"] * 6
    # Back and forth between the slides.
    for index in (0, 6, 1, 7, 11, 5):
        _, x, y = found.places[index].tolist()
        with openslide.OpenSlide(paths[found.origins[index].slide_id]) as handle:
            direct = np.asarray(handle.read_region((x, y), 0, (64, 64)).convert("RGB"))
        assert np.array_equal(found.read(index), direct)
