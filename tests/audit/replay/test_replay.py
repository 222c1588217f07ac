"""Results made anew and held against what is there."""

import json
from functools import partial

import h5py
import pytest

from audit.recorded import rewrite
from audit.rerun import DRAWN, OVERLAY, RECORDS, SPLIT, TILES
from histopress.audit.record import identifier
from histopress.audit.replay.levels import Level
from histopress.audit.replay.outcome import outcome_values, write_outcome
from histopress.audit.replay.outcome_lines import outcome_lines
from histopress.audit.replay.replay import Replayer
from histopress.audit.replay.supply import Supplies
from histopress.errors import StoreError

BLUE = "BLUE = (0, 114, 179)"


@pytest.fixture
def replay(rerun, look, graph_of, tmp_path):
    """Replay the job of a verb, or of a record, with the package at hand."""

    def run(verb, **options):
        folder = tmp_path / f"replay-{len(list(tmp_path.iterdir()))}"
        replayer = Replayer(
            supplies=Supplies(look(rerun.folder), graph_of(rerun.folder), folder / "history"),
            code_of=lambda _: rerun.package.code,
            folder=folder,
            **options,
        )
        return replayer.replay(RECORDS.get(verb, verb))

    return run


def levels(outcome):
    return {output.entry.path: output.level for output in outcome.outputs}


def told(outcome):
    return "\n".join(outcome_lines(outcome))


def test_an_untouched_result_comes_out_byte_by_byte(rerun, replay):
    found = replay("tile")
    assert levels(found) == {TILES: Level.BYTES, OVERLAY: Level.BYTES}
    assert (found.is_fine, found.changes, found.inputs) == (True, (), ())


def test_another_formula_is_told_as_another_recipe_and_by_what_it_changes(rerun, replay):
    rerun.package.append("slide/overlay.py", BLUE)
    found = replay("tile")
    assert levels(found) == {TILES: Level.BYTES, OVERLAY: Level.TOLERANCE}
    assert [change.kind for change in found.changes] == ["code"]
    assert not found.is_fine
    assert "another recipe: code: " in told(found)
    assert "largest difference 1 at 'pixels', 2 is allowed there" in told(found)


def test_a_result_that_was_changed_since_is_told_and_how_far(rerun, replay):
    with h5py.File(rerun.folder / TILES, "a") as file:
        file["tissue"][0, 0] += 0.5
    found = replay("tile")
    assert (levels(found)[TILES], found.is_fine) == (Level.DIFFERS, False)
    assert "was changed since its job ran; what was rebuilt: bytes" in told(found)
    assert "largest difference 0.5 at 'tissue'" in told(found)


def test_a_result_that_is_gone_is_compared_by_its_digest(rerun, replay):
    (rerun.folder / TILES).unlink()
    found = replay("tile")
    assert (levels(found)[TILES], found.is_fine) == (Level.BYTES, True)
    assert "is not there; compared with what its record says" in told(found)


def test_an_input_that_is_gone_is_named_with_what_to_do(rerun, replay):
    (rerun.folder / DRAWN).unlink()
    with pytest.raises(StoreError, match=rf"1 of the inputs.*\n  {DRAWN}: is not there; --deep"):
        replay("tile")


def test_a_source_that_is_gone_cannot_be_rebuilt(rerun, replay):
    (rerun.folder / "config/slides.csv").unlink()
    with pytest.raises(StoreError, match=r"slides\.csv: is not there, and no job made it"):
        replay("split", deep=True)


def test_deep_rebuilds_what_was_changed_and_says_how_well(rerun, replay):
    (rerun.folder / DRAWN).write_bytes(b"another slide")
    found = replay("tile", deep=True)
    assert found.is_fine
    [slide] = found.inputs
    assert (slide.path, slide.origin, slide.level) == (DRAWN, "rebuilt", Level.BYTES)
    assert "inputs rebuilt first: 1 reached bytes" in told(found)
    assert (rerun.folder / DRAWN).read_bytes() == b"another slide"


def test_an_input_that_is_rebuilt_otherwise_is_told_with_its_level(rerun, replay):
    (rerun.folder / DRAWN).unlink()
    rerun.package.append("simulate/anatomy/tissue.py", "CELL_UM = 17.0")
    found = replay("tile", deep=True)
    assert [each.level for each in found.inputs] == [Level.DIFFERS]
    assert found.level is Level.DIFFERS
    assert not any(change.kind == "input" for change in found.changes)


def test_from_sources_rebuilds_what_is_there(rerun, replay):
    assert [each.origin for each in replay("tile", from_sources=True).inputs] == ["rebuilt"]
    assert replay("tile", deep=True).inputs == ()


def test_a_maker_that_fails_leaves_its_product_as_it_is_and_this_is_told(rerun, replay):
    rewrite(rerun.folder / RECORDS["simulate slide"], partial(without, "ports"), honest=True)
    found = replay("tile", from_sources=True)
    assert found.is_fine
    [slide] = found.inputs
    assert (slide.origin, slide.level) == ("in place", None)
    assert "could not be rebuilt" in slide.detail
    assert "earlier version" in told(found)


def without(part, record):
    record[part] = {}


def test_a_record_that_was_altered_is_not_replayed(rerun, replay):
    rewrite(rerun.folder / RECORDS["tile"], partial(without, "facts"))
    with pytest.raises(StoreError, match="cannot be replayed"):
        replay("tile")


def test_columns_that_do_not_count_may_have_come_to_a_table(rerun, replay):
    table = rerun.folder / "config/slides.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([lines[0] + ",note", *(f"{line},x" for line in lines[1:])]) + "\n")
    found = replay("split")
    assert (found.is_fine, found.changes) == (True, ())
    assert [each.origin for each in found.inputs] == ["in part"]


def test_a_table_whose_labels_changed_is_another_recipe(rerun, replay):
    table = rerun.folder / "config/slides.csv"
    table.write_text(table.read_text().replace(",A,1", ",A,0", 1).replace(",A,0", ",A,1", 1))
    found = replay("split")
    assert not found.is_fine
    assert {change.kind for change in found.changes} == {"content"}


def test_a_split_that_was_added_to_is_rebuilt_from_its_former_version(rerun, replay):
    table = rerun.folder / "config/slides.csv"
    table.write_text(table.read_text() + "phantom-0007-a,P0007,data/phantom/7.tif,A,1\n")
    former = (rerun.folder / SPLIT).read_bytes()
    rerun.job("split")
    with pytest.raises(StoreError, match=r"added to a former version .* keep the file in git"):
        replay("split")
    kept = rerun.folder / SPLIT
    now = kept.read_bytes()
    rerun.package.git("init", "--quiet", str(rerun.folder))
    for content in (former, now):
        kept.write_bytes(content)
        rerun.package.git("-C", str(rerun.folder), "add", "--force", SPLIT)
        rerun.package.git("-C", str(rerun.folder), "commit", "--quiet", "--message=x")
    found = replay("split")
    assert levels(found) == {SPLIT: Level.BYTES}
    assert [each.origin for each in found.inputs] == ["git history"]


def test_a_split_that_a_person_made_anew_is_rebuilt_from_the_version_kept_beside_it(rerun, replay):
    moved = (rerun.folder / SPLIT).read_text().replace(",1,", ",0,")
    (rerun.folder / SPLIT).write_text(moved)
    rerun.histopress("split", "rebalance")
    [place] = (rerun.folder / "results/records/split_rebalance").rglob("*.json")
    found = replay(place.relative_to(rerun.folder).as_posix())
    assert set(levels(found).values()) == {Level.BYTES}
    assert (found.is_fine, [each.origin for each in found.inputs]) == (True, ["a copy"])


def test_an_outcome_is_written_whole_under_an_id_of_its_own(rerun, replay):
    values = outcome_values(replay("tile"))
    place = write_outcome(rerun.folder, values)
    assert place.parent == rerun.folder / "results/records/replays"
    read = json.loads(place.read_text())
    assert read.pop("replay_id") == identifier(read)
    assert (read["level"], read["record"]) == ("bytes", RECORDS["tile"])
    assert read["run"]["versions"]["python"]
    assert str(rerun.folder) not in place.read_text()
