"""Which settings somebody chose."""

from histopress.cli.audit.chosen import chosen_settings

TILE = {
    "grid": {"tile_px": 64, "stride_px": 64, "spacing_um": 0.5},
    "sha256": None,
    "spacing_um": None,
    "on_bad_slide": "fail",
}


def test_defaults_are_left_out_and_choices_stay():
    from dataclasses import asdict

    from histopress.slide.settings import GridSettings

    grid = asdict(GridSettings(tile_px=64, stride_px=64))
    chosen = chosen_settings("tile", TILE | {"grid": grid})
    assert chosen["grid"]["tile_px"] == 64
    assert "tissue" not in chosen["grid"]
    assert "on_bad_slide" not in chosen


def test_settings_that_this_version_does_not_know_are_told_whole():
    for verb, settings in (("fly", {"height": 3}), ("tile", TILE | {"grid": {"sides": 6}})):
        assert chosen_settings(verb, settings) == settings


def test_nothing_is_changed_by_asking():
    before = {"seed": 1, "target": {"kind": "classification", "column": "x"}}
    asked = {"seed": 1, "target": {"kind": "classification", "column": "x"}}
    assert chosen_settings("split", asked)["target"] == before["target"]
    assert asked == before
