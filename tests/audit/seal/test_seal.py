"""What stands under the root."""

import pytest

from audit.recorded import METRICS, rewrite
from histopress.audit.cache import DigestCache
from histopress.audit.findings import State
from histopress.audit.seal.ledger import append_entry
from histopress.audit.seal.seal import departures, read_seal, record_contents, whole_seal
from histopress.errors import StoreError
from histopress.store import file_digest

EVALUATED = "results/records/evaluate/model.json"


def seal_of(project):
    return read_seal(record_contents(project))


def names(paths, project):
    return {path.relative_to(project).as_posix() for path in paths}


def departed(project):
    found = departures(seal_of(project), project, DigestCache(full=True))
    return {each.path: each.state for each in found}


def test_records_and_outputs_stand_with_their_digests(study):
    seal = seal_of(study)
    places = names(study.glob("results/records/**/*.json"), study)
    assert {leaf.path for leaf in seal.records} == places
    made = {path for room in ("results", "data/phantom") for path in study.glob(f"{room}/**/*.*")}
    outputs = names((path for path in made if "records" not in path.parts), study)
    assert {leaf.path for leaf in seal.outputs} == outputs
    assert all(file_digest(study / leaf.path) == leaf.sha256 for leaf in seal.leaves)


@pytest.mark.parametrize("change", ["touched", "removed", "added"])
def test_no_record_changes_unseen(study, change):
    before, place = seal_of(study).root, study / EVALUATED
    if change == "touched":
        place.write_bytes(place.read_bytes() + b" ")
    elif change == "removed":
        place.unlink()
    else:
        place.with_name("copy.json").write_bytes(place.read_bytes())
    assert seal_of(study).root != before


def test_the_ledger_and_a_file_in_place_of_an_output_leave_the_root_alone(study):
    before = seal_of(study).root
    append_entry(study, "close", {})
    (study / METRICS).write_text("{}")
    assert seal_of(study).root == before
    assert departed(study) == {METRICS: State.MODIFIED}


def test_outputs_that_are_gone_are_told(study):
    assert departed(study) == {}
    (study / METRICS).unlink()
    assert departed(study) == {METRICS: State.ABSENT}


def test_a_path_that_two_records_claim_stands_twice(study):
    # The record of a rule that has another name by now is still there.
    place = study / "results/records/former/model.json"
    place.parent.mkdir()
    place.write_bytes((study / EVALUATED).read_bytes())
    rewrite(place, lambda value: value["outputs"][0].update(sha256="0" * 64), honest=True)
    seal = seal_of(study)
    claimed = [leaf.sha256 for leaf in seal.outputs if leaf.path == METRICS]
    assert len(claimed) == 2 and "0" * 64 in claimed
    assert departed(study) == {}


def test_an_altered_record_is_under_the_root_but_not_whole(study):
    rewrite(study / EVALUATED, lambda value: value["facts"].update(bytes=0))
    assert len(seal_of(study).faults) == 1
    with pytest.raises(StoreError, match=r"evaluate/model\.json: record_id is"):
        whole_seal(study)


def test_without_records_there_is_nothing_to_vouch_for(tmp_path):
    with pytest.raises(StoreError, match="no records"):
        whole_seal(tmp_path)
