"""Ours to theirs and back: the grid is the same."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from histopress.compress.distance import distance_map
from histopress.compress.neighbours.atlaspatch import write_atlaspatch
from histopress.compress.neighbours.clam import write_clam
from histopress.compress.neighbours.gather import gather
from histopress.compress.neighbours.lay import Laying, lay_foreign
from histopress.compress.neighbours.nic import read_nic, write_nic
from histopress.compress.neighbours.recognise import read_foreign, recognise
from histopress.compress.neighbours.stamp import write_stamp
from histopress.compress.neighbours.trident import write_trident
from histopress.compress.slide import CompressedSlide, read_compressed, write_compressed
from histopress.encoder.features import FeaturesHeader, write_features
from histopress.errors import SlideFault, StoreError
from histopress.slide.geometry import lay_geometry
from histopress.slide.settings import GridSettings
from histopress.slide.spacing import Spacing
from histopress.slide.tiles import Tiles

WRITERS = {
    "clam": write_clam,
    "trident": write_trident,
    "atlaspatch": write_atlaspatch,
    "stamp": write_stamp,
}


def ours(seed=0, *, spacing=0.2527, asked=0.5, tile=64, stride=64, share=0.4, size=(9000, 7000)):
    """Tiles of a slide whose strides are no whole number of level-0 px, and its grid."""
    rng = np.random.default_rng(seed)
    geometry = lay_geometry(
        slide_id="s",
        sizes=[size, (size[0] // 4, size[1] // 4)],
        downsamples=[1.0, 4.0],
        spacing=Spacing(spacing_um=spacing, source="manifest"),
        settings=GridSettings(tile_px=tile, stride_px=stride, spacing_um=asked),
    )
    kept = rng.random(geometry.shape) < share
    kept[tuple(rng.integers(geometry.shape))] = True
    row, column = np.nonzero(kept)
    index = np.full(kept.shape, -1, np.int32)
    index[kept] = np.arange(kept.sum())
    tiles = Tiles(
        slide_id="s",
        geometry=geometry,
        coords=np.stack([geometry.lefts[column], geometry.tops[row]], axis=1),
        tile_index=index,
        tissue=kept.astype(np.float32),
    )
    grid = (rng.normal(size=(2, 5, *kept.shape)) * kept).astype(np.float16)
    slide = CompressedSlide(
        slide_id="s",
        grid=grid,
        tissue=kept.astype(np.float32),
        distance=distance_map(kept),
        views=(3, 0),
        attributes={"encoder": "mean-rgb"},
    )
    return slide, tiles


@pytest.mark.parametrize("convention", WRITERS)
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**16),
    spacing=st.floats(0.2, 0.3),
    asked=st.sampled_from([0.31, 0.5, 1.0]),
    tile=st.sampled_from([64, 100]),
    stride=st.sampled_from([50, 64]),
    share=st.sampled_from([0.0, 0.05, 0.4, 1.0]),
)
def test_a_grid_returns_from_every_convention(tmp_path, convention, **drawn):
    slide, tiles = ours(**drawn)
    path = tmp_path / f"{convention}.h5"
    WRITERS[convention](path, gather(slide, tiles))
    assert recognise(path, "s") == convention
    found = lay_foreign(read_foreign(path, "s"), Laying())
    assert np.array_equal(found.grid[0], slide.grid[1])
    assert np.array_equal(found.distance, slide.distance)


@pytest.mark.parametrize("convention", WRITERS)
def test_a_foreign_slide_goes_out_as_it_came_in(tmp_path, convention):
    slide, tiles = ours(stride=50)
    write_trident(tmp_path / "in.h5", gather(slide, tiles))
    foreign = lay_foreign(read_foreign(tmp_path / "in.h5", "s"), Laying())
    write_compressed(tmp_path / "c.h5", foreign)
    stored = read_compressed(tmp_path / "c.h5")
    WRITERS[convention](tmp_path / "out.h5", gather(stored))
    found = lay_foreign(read_foreign(tmp_path / "out.h5", "s"), Laying())
    assert np.array_equal(found.grid, foreign.grid)
    assert found.attributes["stride"] == pytest.approx(
        foreign.attributes["stride"] * (0.2527 if convention == "stamp" else 1), rel=1e-3
    )


@pytest.mark.parametrize("convention", WRITERS)
def test_equal_slides_are_equal_bytes(tmp_path, convention):
    for name in ("a", "b"):
        WRITERS[convention](tmp_path / name, gather(*ours()))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_grid_returns_from_nic(tmp_path):
    slide, _ = ours()
    assert write_nic(tmp_path / "s.npy", slide) == 0
    assert np.load(tmp_path / "s.npy", allow_pickle=False).dtype == np.float16
    found = lay_foreign(read_nic(tmp_path / "s.npy", "s"), Laying())
    assert np.array_equal(found.grid[0], slide.grid[1])
    slide.grid[1][:, slide.kept] *= np.arange(slide.kept.sum()) > 2
    assert write_nic(tmp_path / "s.npy", slide) == 3


def test_places_must_be_known():
    slide, tiles = ours()
    with pytest.raises(StoreError, match="does not say where its cells lie; give --tiles"):
        gather(slide)
    other, _ = ours(1)
    with pytest.raises(StoreError, match="not those that it was compressed from"):
        gather(other, tiles)


def test_nics_grid_has_no_place_for_the_others(tmp_path):
    slide, _ = ours()
    write_nic(tmp_path / "s.npy", slide)
    foreign = lay_foreign(read_nic(tmp_path / "s.npy", "s"), Laying())
    with pytest.raises(SlideFault, match="no place on the slide; give --tiles"):
        write_clam(tmp_path / "o.h5", gather(foreign))


def test_micrometres_need_the_spacing(tmp_path):
    slide, tiles = ours()
    write_stamp(tmp_path / "s.h5", gather(slide, tiles))
    foreign = lay_foreign(read_foreign(tmp_path / "s.h5", "s"), Laying())
    with pytest.raises(SlideFault, match="in um, asked are px; give the setting spacing_um"):
        write_clam(tmp_path / "o.h5", gather(foreign))
    write_clam(tmp_path / "o.h5", gather(foreign, spacing0_um=0.2527))
    found = read_foreign(tmp_path / "o.h5", "s")
    assert np.abs(found.coords - tiles.coords).max() <= 2


@pytest.mark.parametrize("stride", [50, 64, 90])
def test_our_own_features_files_are_read_and_written_for_others(tmp_path, stride):
    slide, tiles = ours(stride=stride)
    geometry = tiles.geometry
    header = FeaturesHeader(
        slide_id="s",
        coords=tiles.coords,
        channels=5,
        views=(0, 3),
        attributes={"encoder": "mean-rgb"},
        patch={
            "patch_size": 64,
            "patch_size_level0": round(geometry.tile_px0),
            "level0_magnification": 10 / geometry.spacing_um,
            "target_magnification": 10 / geometry.read_um,
            "overlap": 64 - stride,
            "level0_width": geometry.width,
            "level0_height": geometry.height,
            "name": "s",
        },
    )
    vectors = slide.grid[::-1][:, :, slide.kept].transpose(0, 2, 1)
    write_features(tmp_path / "f.h5", header, [(0, vectors)])
    found = read_foreign(tmp_path / "f.h5", "s")
    assert (found.convention, found.encoder) == ("trident", "mean-rgb")
    assert np.array_equal(lay_foreign(found, Laying()).grid[0], slide.grid[1])
    write_stamp(tmp_path / "o.h5", found)
    again = lay_foreign(read_foreign(tmp_path / "o.h5", "s"), Laying())
    # STAMP's files do not tell how far the slide reaches beyond its tissue.
    kept = slide.grid[1][:, : again.kept.shape[0], : again.kept.shape[1]]
    assert np.array_equal(again.grid[0], kept)
