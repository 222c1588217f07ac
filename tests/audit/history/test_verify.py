"""No byte changes unseen, and nothing is said against a clean study."""

import hashlib
import os
import random
import shutil
import tracemalloc

import pytest

from audit.recorded import METRICS, make_slide, make_split, rewrite, run
from histopress.audit.findings import State
from histopress.audit.history.graph import Graph
from histopress.audit.history.uncommitted import is_patch
from histopress.audit.history.verify import verify_all, verify_results
from histopress.audit.record import FileEntry, build_record
from histopress.audit.records import read_records
from histopress.store import write_json

KINDS = {".h5", ".png", ".csv", ".safetensors", ".json", ".svg", ".tif", ".svs", ".patch"}


def faults(project, look):
    """States of what is wrong, by path."""
    found = {}
    for each in verify_all(look(project)):
        if each.is_fault:
            found.setdefault(each.path, set()).add(each.state)
    return found


def files(project):
    return sorted(path for path in project.rglob("*") if path.is_file())


def flip(path, generator):
    """Change one bit, keep the size and set all times back that can be set back."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
    path.write_bytes(data)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_nothing_is_said_against_a_clean_study(study, look):
    findings = list(verify_all(look(study)))
    assert {found.state for found in findings} == {State.VERIFIED}
    made = {str(path.relative_to(study)) for path in files(study) if "records" not in path.parts}
    given = {"config/slides.csv", "config/labels.csv", "data/given/c.svs"}
    found = {each.path for each in findings if not is_patch(each.path)}
    assert found == made - given


def test_every_one_of_100_flipped_bits_is_found(study, look):
    generator = random.Random(1)  # noqa: S311
    paths = files(study)
    assert {path.suffix for path in paths} == KINDS
    chosen = paths + generator.choices(paths, k=100 - len(paths))
    missed = []
    for path in chosen:
        before, times = path.read_bytes(), path.stat()
        flip(path, generator)
        assert path.read_bytes() != before
        name = str(path.relative_to(study))
        if name not in faults(study, look):
            missed.append(name)
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert len(chosen) == 100
    assert missed == []
    assert faults(study, look) == {}


@pytest.mark.parametrize(
    ("old", "new"), [(b"  ", b" \t"), (b"1.0", b"1.00"), (b'"bytes": ', b'"bytes": 7, "bytes": ')]
)
def test_a_record_altered_in_form_alone_is_found(study, look, old, new):
    # Parsed, the record is the same as before: its ids still fit.
    place = "results/records/tile/a.json"
    rewrite(study / place, lambda value: value["run"].update(wall_s=1.0), honest=True)
    assert faults(study, look) == {}
    data = (study / place).read_bytes()
    assert old in data
    (study / place).write_bytes(data.replace(old, new, 1))
    assert faults(study, look)[place] == {State.ALTERED}


def test_an_altered_record_vouches_for_nothing(study, look):
    place = "results/records/tile/a.json"
    rewrite(study / place, lambda value: value["facts"].update(bytes=0))
    findings = list(verify_all(look(study)))
    assert [each.path for each in findings if each.is_fault] == [place]
    verified = {each.path for each in findings if not each.is_fault}
    assert "results/tiles/b.h5" in verified
    assert "results/tiles/a.h5" not in verified


def test_a_modified_file_and_those_who_read_it(study, look):
    (study / "results/tiles/a.h5").write_text("other")
    found = faults(study, look)
    assert found == {"results/tiles/a.h5": {State.MODIFIED, State.CHANGED}}


def test_two_results_put_in_each_others_place(study, look):
    # Of one job, and of two jobs: all bytes are recorded, but not there.
    for first, second in (
        ("results/tiles/a.h5", "results/tiles/a.png"),
        ("results/features/a.h5", "results/features/b.h5"),
    ):
        one, two = (study / first).read_bytes(), (study / second).read_bytes()
        (study / first).write_bytes(two)
        (study / second).write_bytes(one)
        found = faults(study, look)
        assert State.MODIFIED in found[first]
        assert State.MODIFIED in found[second]


def test_a_copy_that_was_read_and_is_gone(study, look):
    copy = study / "results/copy.h5"
    shutil.copy(study / "results/features/a.h5", copy)
    run(
        study, "train", "train/x", inputs={"features": str(copy)}, outputs={"w": "results/w.h5"},
    )  # fmt: skip
    assert faults(study, look) == {}
    copy.unlink()
    assert faults(study, look) == {"results/copy.h5": {State.ABSENT}}


def test_a_changed_source(study, look):
    (study / "data/given/c.svs").write_text("other")
    assert faults(study, look) == {"data/given/c.svs": {State.CHANGED}}


def test_a_missing_result_is_told_once(study, look):
    (study / "results/features/a.h5").unlink()
    found = [each for each in verify_all(look(study)) if each.is_fault]
    assert [(each.path, each.state) for each in found] == [("results/features/a.h5", State.ABSENT)]


def test_a_missing_source_is_told_once(study, look):
    (study / "data/given/c.svs").unlink()
    found = [each for each in verify_all(look(study)) if each.is_fault]
    assert [(each.path, each.state) for each in found] == [("data/given/c.svs", State.ABSENT)]


def test_a_deleted_record_makes_no_source_of_a_result(study, look):
    (study / "results/records/encode/b.json").unlink()
    (found,) = (each for each in verify_all(look(study)) if each.is_fault)
    assert (found.path, found.state) == ("results/features/b.h5", State.UNRECORDED)
    assert found.record == "results/records/train/fold0.json"


def test_a_deleted_record_makes_no_source_of_a_drawn_slide(study, look):
    # The manifest names it, but the workflow draws it.
    (study / "results/records/simulate/a.json").unlink()
    assert faults(study, look) == {"data/phantom/a.tif": {State.UNRECORDED}}


def test_a_result_named_by_the_configuration_stays_a_result(study, look):
    (study / "results/records/encode/b.json").unlink()
    values = {"phantom": {}, "table": "config/labels.csv", "x": "results/features/b.h5"}
    found = [each for each in verify_all(look(study, values)) if each.is_fault]
    assert {each.path for each in found} == {"results/features/b.h5"}


def test_a_foreign_file_among_results(study, look):
    (study / "results/evaluation/best.csv").write_text("9")
    (study / "results/evaluation/.part-01234567-x.csv").write_text("half")
    assert faults(study, look) == {"results/evaluation/best.csv": {State.UNRECORDED}}


def test_a_copy_among_results_is_known_by_its_bytes(study, look):
    shutil.copy(study / METRICS, study / "results/evaluation/final.json")
    assert faults(study, look) == {}


def test_a_source_that_nobody_registered(study, look):
    outside = study.parent / "outside.txt"
    outside.write_text("x")
    tiles = {"tiles": "results/tiles/d.h5"}
    run(study, "tile", "tile/d", inputs={"slide": str(outside)}, outputs=tiles)
    assert faults(study, look) == {"outside:outside.txt": {State.UNRECORDED}}
    values = {"manifest": "config/slides.csv", "t": "config/labels.csv", "x": "../outside.txt"}
    assert faults(study, lambda project: look(project, values)) == {}
    outside.write_text("y")
    found = faults(study, lambda project: look(project, values))
    assert found == {"outside:outside.txt": {State.CHANGED}}


def test_a_slide_must_be_the_one_that_the_manifest_demands(study, look):
    path = study / "config/slides.csv"
    rows = path.read_text().splitlines()
    demanded = [rows[0] + ",sha256", *(row + "," for row in rows[1:3]), rows[3] + "," + "0" * 64]
    path.write_text("\n".join([*demanded, ""]))
    assert faults(study, look)["data/given/c.svs"] == {State.UNRECORDED}


def test_a_split_that_was_added_to_is_fine(study, look):
    for _ in range(2):
        make_split(study)
    assert faults(study, look) == {}


def test_a_split_that_grew_is_stale_for_those_who_read_it_and_not_for_itself(study, look):
    make_split(study, note="new patient")
    found = [each for each in verify_all(look(study)) if each.is_fault]
    assert [(each.path, each.state, each.record) for each in found] == [
        ("results/splits/s.csv", State.CHANGED, "results/records/train/fold0.json")
    ]


def test_a_job_run_again_leaves_those_behind_it_stale(study, look):
    make_slide(study, "a", note="new")
    found = faults(study, look)
    assert found == {"results/features/a.h5": {State.CHANGED}}
    readers = [e.record for e in verify_all(look(study)) if e.state is State.CHANGED]
    assert readers == ["results/records/train/fold0.json"]


def test_a_result_written_again_by_another_job_belongs_to_that_one(study, look):
    run(
        study, "evaluate", "evaluate/z", note="other",
        inputs={"manifest": "config/slides.csv"}, outputs={"metrics": METRICS},
    )  # fmt: skip
    assert faults(study, look) == {}


def test_a_record_cannot_point_outside(study, look):
    place = "results/records/tile/a.json"
    for path in ("../../etc/passwd", "/etc/passwd", "a/../../b"):
        rewrite(study / place, lambda v, p=path: v["inputs"][0].update(path=p), honest=True)
        assert State.ALTERED in faults(study, look)[place]


def test_planted_circles_are_found_and_do_not_hang(study, look, graph_of):
    tiles, features = (study / f"results/records/{verb}/a.json" for verb in ("tile", "encode"))
    made = {}
    rewrite(features, lambda value: made.update(value["outputs"][0]))
    rewrite(tiles, lambda v: v["inputs"].append({**made, "role": "x"}), honest=True)
    found = faults(study, look)
    assert {State.ALTERED} in found.values()
    assert set(found) <= {f"results/records/{verb}/a.json" for verb in ("tile", "encode")}
    result = [e for e in verify_results([METRICS], look(study), graph_of(study)) if e.is_fault]
    assert [each.state for each in result] == [State.ALTERED]


def test_one_result_is_checked_with_all_behind_it_and_nothing_else(study, look, graph_of):
    (study / "results/tiles/a.h5").write_text("other")
    (study / "results/evaluation/stray.txt").write_text("x")
    present, graph = look(study), graph_of(study)
    states = {each.path: each.state for each in verify_results([METRICS], present, graph)}
    assert states["results/tiles/a.h5"] in (State.MODIFIED, State.CHANGED)
    assert states[METRICS] is State.VERIFIED
    assert "results/evaluation/stray.txt" not in states
    aside = verify_results(["results/features/b.h5"], present, graph)
    assert not any(each.is_fault for each in aside)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        (METRICS, State.MODIFIED),
        ("results/new.txt", State.UNRECORDED),
    ],
)
def test_one_result_of_unknown_bytes(study, look, graph_of, name, state):
    (study / name).write_text("edited by hand")
    (found,) = verify_results([name], look(study), graph_of(study))
    assert (found.path, found.state) == (name, state)


def test_one_result_that_is_gone(study, look, graph_of):
    (study / METRICS).unlink()
    (found,) = verify_results([study / METRICS], look(study), graph_of(study))
    assert (found.path, found.state) == (METRICS, State.ABSENT)
    (found,) = verify_results(["results/none"], look(study), graph_of(study))
    assert found.state is State.UNRECORDED


def test_a_record_stands_for_its_job(study, look, graph_of):
    (study / "results/tiles/a.h5").write_text("other")
    place = "results/records/tile/a.json"
    found = {
        each.path: each.state for each in verify_results([place], look(study), graph_of(study))
    }
    assert found["results/tiles/a.h5"] is State.MODIFIED
    assert found["data/phantom/a.tif"] is State.VERIFIED
    assert METRICS not in found


def test_several_results_are_checked_together(study, look, graph_of):
    paths = ["results/features/a.h5", "results/features/b.h5", "results/tiles/a.png"]
    found = [each.path for each in verify_results(paths, look(study), graph_of(study))]
    results = [path for path in found if not is_patch(path)]
    assert sorted(results) == sorted(set(results))
    assert set(results) == {
        f"{place}/{slide}{suffix}"
        for slide in "ab"
        for place, suffix in (
            ("data/phantom", ".tif"),
            ("results/tiles", ".h5"),
            ("results/tiles", ".png"),
            ("results/features", ".h5"),
        )
    }


def test_marks_of_other_tools_are_no_strangers(study, look):
    for name in ("features.dvc", ".gitignore", ".snakemake_timestamp", ".cache/x", "README.md"):
        (study / "results" / name).parent.mkdir(exist_ok=True)
        (study / "results" / name).write_text("outs:\n- md5: x\n")
    assert faults(study, look) == {}
    for room in ("replays", "accepted"):
        (study / "results/records" / room).mkdir()
        (study / "results/records" / room / "1.json").write_text("{}")
        assert faults(study, look).pop(f"results/records/{room}/1.json") == {State.ALTERED}


def test_what_a_job_wrote_outside_is_not_missed(study, look):
    where = study.parent / "far.h5"
    slide = {"slide": "data/given/c.svs"}
    run(study, "tile", "tile/far", inputs=slide, outputs={"tiles": str(where)})
    assert faults(study, look) == {}
    where.unlink()
    assert faults(study, look) == {}


def test_records_kept_elsewhere_tell_what_was_rewritten_here(study, look):
    kept = study.parent / "kept"
    shutil.copytree(study / "results/records", kept / "results/records")

    def against_kept():
        found = verify_all(look(study), records=kept)
        return {each.path: each.state for each in found if each.is_fault}

    assert against_kept() == {}
    # Whoever makes a result anew makes its record anew, too.
    run(
        study, "evaluate", "evaluate/model", note="better",
        inputs={"model": "results/models/model.safetensors", "manifest": "config/slides.csv"},
        outputs={"metrics": METRICS, "figure": "results/evaluation/roc.svg"},
    )  # fmt: skip
    assert faults(study, look) == {}
    assert against_kept() == {
        METRICS: State.MODIFIED,
        "results/evaluation/roc.svg": State.MODIFIED,
    }
    shutil.rmtree(study / "results/records")
    graph = Graph(read_records(kept))
    found = list(verify_results([METRICS], look(study), graph, records=kept))
    assert [each.state for each in found] == [State.MODIFIED]


def test_progress_ends_where_it_said(study, look):
    told = []
    list(verify_all(look(study), progress=lambda *pair: told.append(pair)))
    assert [done for done, _ in told] == list(range(1, 23))
    assert {total for _, total in told} == {22}


LETTERS = 60_000
"""Of one record's facts."""


def _many_records(project, number):
    """Write records whose files are small: what counts is how many there are."""
    folder = project / "results/records/tile"
    folder.mkdir(parents=True)
    (project / "results/tiles").mkdir()
    (project / "slide").write_text("x")
    source = FileEntry(role="slide", path="slide", sha256=hashlib.sha256(b"x").hexdigest(), bytes=1)
    for index in range(number):
        text = str(index).encode()
        name = f"results/tiles/s{index}.h5"
        (project / name).write_bytes(text)
        made = FileEntry(
            role="tiles", path=name, sha256=hashlib.sha256(text).hexdigest(), bytes=len(text)
        )
        facts = {"reason": "x" * LETTERS}
        record = build_record(
            recipe={"verb": "tile", "wildcards": {}, "settings": {}, "code": ""},
            inputs=[source],
            outputs=[made],
            facts=facts,
            run={},
        )
        write_json(folder / f"s{index}.json", record)


def test_records_are_not_held(tmp_path, look):
    number = 200
    _many_records(tmp_path, number)
    present = look(tmp_path, {"source": "slide"})
    tracemalloc.start()
    count = sum(not found.is_fault for found in verify_all(present))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == number
    # 12 MB of text lie on the disk; held are digests and paths, and one record at a time.
    assert peak < LETTERS * number / 2


def test_a_graph_of_nothing(tmp_path, look):
    assert list(verify_all(look(tmp_path))) == []
    assert Graph().maker("0" * 64, "x") is None
