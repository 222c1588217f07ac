import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.claims.class_map import cover_cells


def covered(classes: np.ndarray, codes: list[int], **sides: object) -> np.ndarray:
    return cover_cells(
        classes, codes, **{"cell_um": 16.0, "tile_um": 64.0, "stride_um": 64.0, **sides}
    )


def by_pixels(classes: np.ndarray, code: int, shape: tuple[int, int], **px: int) -> np.ndarray:
    """Count pixels: cells, tiles and strides of whole pixels."""
    fine = (classes == code).repeat(px["cell"], 0).repeat(px["cell"], 1)
    room = px["stride"] * max(shape) + px["tile"]
    canvas = np.zeros((max(room, len(fine)), max(room, fine.shape[1])))
    canvas[: fine.shape[0], : fine.shape[1]] = fine
    return np.array(
        [
            [
                canvas[
                    row * px["stride"] : row * px["stride"] + px["tile"],
                    column * px["stride"] : column * px["stride"] + px["tile"],
                ].mean()
                for column in range(shape[1])
            ]
            for row in range(shape[0])
        ]
    )


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))
def test_it_is_what_counting_pixels_gives(seed: int, cell: int, tile: int, stride: int) -> None:
    classes = np.random.default_rng(seed).integers(0, 4, (7, 5)).astype(np.uint8)
    found = cover_cells(
        classes, [2], cell_um=cell * 0.5, tile_um=tile * 0.5, stride_um=stride * 0.5, shape=(3, 4)
    )
    direct = by_pixels(classes, 2, (3, 4), cell=cell, tile=tile, stride=stride)
    assert found == pytest.approx(direct, abs=1e-12)


def test_classes_share_out_each_tile_within_the_map() -> None:
    classes = np.random.default_rng(0).integers(0, 5, (12, 16)).astype(np.uint8)
    parts = [covered(classes, [code], shape=(3, 4)) for code in range(5)]
    assert sum(parts) == pytest.approx(np.ones((3, 4)))
    together = covered(classes, [1, 4], shape=(3, 4))
    assert together == pytest.approx(parts[1] + parts[4])


def test_rows_are_rows_and_columns_are_columns() -> None:
    classes = np.zeros((4, 8), np.uint8)
    classes[0:2, 4:8] = 4
    assert covered(classes, [4], shape=(1, 2)).tolist() == [[0.0, 0.5]]
    assert covered(classes, [4], shape=(2, 2), tile_um=32.0, stride_um=32.0)[0, 1] == 0.0
    assert covered(classes, [4], shape=(2, 4), tile_um=32.0, stride_um=32.0)[0, 2] == 1.0
