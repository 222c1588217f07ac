"""Stale jobs run again as they would be today."""

import json

import pytest

from audit.rerun import DRAWN, OVERLAY, RECORDS, TILES
from histopress.audit.code import code_digest
from histopress.audit.recipes.changes import ABSENT, Change
from histopress.audit.recipes.verdicts import Verdict
from histopress.audit.records import read_record
from histopress.audit.replay.levels import Level
from histopress.audit.replay.supply import Supplies
from histopress.audit.replay.trial import acceptable, changed_settings, draw_sample, try_today
from histopress.errors import StoreError
from histopress.seeds import generator


def verdict(place, *reasons, verb="tile"):
    return Verdict(place=str(place), verb=verb, status="stale", reasons=reasons, wall_s=1.0)


CODE = Change(kind="code", old="a", new="b")
WIDTH = Change(kind="settings", key=("grid", "tile_px"), old=128, new=64)
UPSTREAM = Change(kind="upstream", key=("x.json",))
SLIDE = Change(kind="input", key=("data/a.svs",), old="a", new="b")


def test_only_reasons_of_the_recipe_itself_can_be_accepted():
    assert acceptable(verdict(1, CODE, UPSTREAM)) == (CODE,)
    assert acceptable(verdict(1, UPSTREAM)) == ()
    assert acceptable(verdict(1, CODE, SLIDE)) == ()
    for kind in ("output", "missing input", "added input", "record", "verb"):
        assert acceptable(verdict(1, CODE, Change(kind=kind))) == ()


def test_a_sample_holds_each_verb_and_each_set_of_changes():
    many = [verdict(n, CODE) for n in range(50)]
    rare = [verdict("rare", CODE, WIDTH), verdict("encode", CODE, verb="encode")]
    chosen = draw_sample([*many, *rare], 10, rng=generator(1, "x"))
    assert len({each.place for each in chosen}) == 10
    assert {each.place for each in rare} <= {each.place for each in chosen}
    assert len(draw_sample([*many, *rare], 1, rng=generator(1, "x"))) == 3
    assert len(draw_sample(rare, 10, rng=generator(1, "x"))) == 2


def test_a_sample_is_random_and_repeats_with_its_seed():
    many = [verdict(n, CODE) for n in range(50)]
    drawn = [
        [each.place for each in draw_sample(many, 5, rng=generator(s, "x"))] for s in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("change", "made"),
    [
        (WIDTH, {"grid": {"tile_px": 64, "level": 0}, "seed": 1}),
        (
            Change(kind="settings", key=("seed",), old=1, new=ABSENT),
            {"grid": {"tile_px": 128, "level": 0}},
        ),
        (
            Change(kind="settings", key=("a", "b"), old=ABSENT, new=None),
            {"grid": {"tile_px": 128, "level": 0}, "seed": 1, "a": {"b": None}},
        ),
        (CODE, {"grid": {"tile_px": 128, "level": 0}, "seed": 1}),
    ],
)
def test_changes_are_applied_to_settings(change, made):
    settings = {"grid": {"tile_px": 128, "level": 0}, "seed": 1}
    before = json.dumps(settings)
    assert changed_settings(settings, [change]) == made
    assert json.dumps(settings) == before


@pytest.fixture
def trial(rerun, look, graph_of, tmp_path):
    """Try the job of a verb with the package at hand."""

    def run(verb, *changes):
        return try_today(
            read_record(rerun.folder / RECORDS[verb], rerun.folder),
            changes,
            code=rerun.package.code,
            supplies=Supplies(look(rerun.folder), graph_of(rerun.folder), tmp_path / "history"),
            folder=tmp_path / "scratch",
        )

    return run


def code_change(rerun):
    now = code_digest("histopress.cli.tile", rerun.package.folder / "src")
    return Change(kind="code", old=rerun.record("tile")["recipe"]["code"], new=now)


def test_code_that_changes_nothing_makes_the_same_bytes(rerun, trial):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    found = trial("tile", code_change(rerun))
    assert found.differing == ()
    assert [each.comparison.level for each in found.outputs] == [Level.BYTES] * 2


def test_code_that_changes_something_is_found_out_with_the_level_that_is_left(rerun, trial):
    rerun.package.append("slide/overlay.py", "BLUE = (0, 114, 179)")
    found = trial("tile", code_change(rerun))
    [overlay] = found.differing
    assert (overlay.entry.path, overlay.comparison.level) == (OVERLAY, Level.TOLERANCE)


def test_todays_settings_are_what_is_tried(trial):
    found = trial("tile", WIDTH)
    assert {each.entry.path for each in found.differing} == {TILES, OVERLAY}


def test_what_ran_must_be_what_is_to_be_accepted(rerun, trial):
    rerun.package.append("slide/overlay.py", "LATER = 1")
    change = code_change(rerun)
    rerun.package.append("slide/overlay.py", "MEANWHILE = 1")
    with pytest.raises(StoreError, match="but another one ran"):
        trial("tile", change)


def test_pins_are_accepted_in_the_environment_that_they_pin(rerun, trial):
    environment = rerun.package.folder / "envs/slide.yaml"
    text = environment.read_text()
    [pin] = [line.strip(" -") for line in text.splitlines() if line.strip(" -").startswith("numpy")]
    environment.write_text(text.replace(pin, "numpy =1.0"))
    change = Change(
        kind="pins", key=("numpy",), old=rerun.record("tile")["recipe"]["pins"]["numpy"], new="=1.0"
    )
    with pytest.raises(StoreError, match=r"pinned =1\.0.*accept in the environment"):
        trial("tile", change)


def test_a_job_whose_input_changed_says_nothing_about_its_recipe(rerun, trial):
    (rerun.folder / DRAWN).write_bytes(b"other")
    with pytest.raises(StoreError, match="nothing can be said about its recipe"):
        trial("tile", CODE)


def test_a_split_that_was_added_to_is_tried_with_what_is_there(rerun, trial):
    table = rerun.folder / "config/slides.csv"
    table.write_text(table.read_text() + "phantom-0007-a,P0007,data/phantom/7.tif,A,1\n")
    rerun.job("split")
    assert trial("split").differing == ()
