import pytest
from pydantic import TypeAdapter, ValidationError

from histopress.slide.settings import GridSettings

GRID = TypeAdapter(GridSettings)


def test_defaults_are_the_published_grid():
    grid = GridSettings()
    assert (grid.tile_px, grid.stride_px, grid.spacing_um, grid.min_tissue) == (128, 128, 0.5, 0.6)
    assert GRID.validate_python({}) == grid


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"tile_px": 15}, "tile_px"),
        ({"stride_px": 4097}, "stride_px"),
        ({"spacing_um": 0.04}, "spacing_um"),
        ({"min_tissue": 1.0}, "min_tissue"),
        ({"tissue": {"spacing_um": 0}}, "spacing_um"),
        ({"tisue": {}}, "tisue"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(values, key):
    with pytest.raises(ValidationError) as caught:
        GRID.validate_python(values)
    assert caught.value.errors()[0]["loc"][-1] == key
