import copy
import json
import re
from dataclasses import replace
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from histopress.audit.recipes.changes import ABSENT, Change
from histopress.audit.recipes.lines import stale_json, stale_lines
from histopress.audit.recipes.stale import find_stale
from histopress.audit.recipes.verdicts import Expected
from histopress.audit.record import FileEntry, build_record, identifier
from histopress.errors import StoreError
from histopress.seeds import generator

JOBS, SOURCES, VERBS = 200, 30, ("tile", "encode", "train", "evaluate")


class World:
    """A made-up study: what each job is given; changing it changes what the jobs would make."""

    def __init__(self, seed=0, jobs=JOBS):
        rng = generator(seed, "world")
        self.sources = {f"data/{n}.svs": f"bytes {n}" for n in range(SOURCES)}
        self.code = {verb: f"code of {verb}" for verb in VERBS}
        self.pins = {verb: {"numpy": "=2.4", "torch": "=2.13"} for verb in VERBS}
        self.jobs = {}
        files = list(self.sources)
        for n in range(jobs):
            chosen = rng.choice(len(files), size=min(len(files), int(rng.integers(0, 4))))
            self.jobs[f"results/records/{n:03d}.json"] = {
                "verb": VERBS[int(rng.integers(len(VERBS)))],
                "settings": {"seed": 1, "net": {"width": int(rng.integers(9)), "drop": None}},
                "inputs": sorted({files[int(at)] for at in chosen}),
                "outputs": [f"results/{n}.{part}" for part in range(int(rng.integers(1, 3)))],
                "asked": True,
                "salt": 0,
            }
            files += self.jobs[f"results/records/{n:03d}.json"]["outputs"]

    @cached_property
    def records(self):
        """What was made before anything changed."""
        return self.run()

    def run(self):
        """Make everything: each output follows from its whole recipe."""
        digests = {path: identifier(content) for path, content in self.sources.items()}
        records = {}
        for place, job in self.jobs.items():
            recipe = {
                "verb": job["verb"],
                "wildcards": {"n": place},
                "settings": job["settings"],
                "code": self.code[job["verb"]],
                "pins": self.pins[job["verb"]],
            }
            read = [
                FileEntry(role="in", path=path, sha256=digests[path], bytes=1)
                for path in job["inputs"]
            ]
            told = identifier([recipe, [[one.path, one.sha256] for one in read], job["salt"]])
            made = [
                FileEntry(role=f"o{k}", path=path, sha256=identifier([told, k]), bytes=1)
                for k, path in enumerate(job["outputs"])
            ]
            digests |= {one.path: one.sha256 for one in made}
            records[place] = build_record(
                recipe=recipe, inputs=read, outputs=made, facts={}, run={"wall_s": 36.0}
            )
        return records

    def expected(self, disk):
        """What the wiring tells of today; `disk` holds the digests of what is there."""

        def answer(record):
            job = self.jobs[record["recipe"]["wildcards"]["n"]]
            if not job["asked"]:
                return None
            return Expected(
                settings=job["settings"],
                code=self.code[job["verb"]],
                inputs={path: disk.get(path) for path in job["inputs"]},
                pins=self.pins[job["verb"]],
            )

        return answer


def changed(world):
    """A copy of a world, to be changed."""
    after = copy.copy(world)
    after.__dict__.pop("records", None)
    for name in ("sources", "code", "pins", "jobs"):
        setattr(after, name, copy.deepcopy(getattr(world, name)))
    return after


def judged(before, after, *, look=True, missing=()):
    """Judge the records of one world by another; intermediates need not be looked at."""
    records = before.records
    disk = {path: identifier(content) for path, content in after.sources.items()}
    if look:
        outputs = [entry for record in records.values() for entry in record["outputs"]]
        disk |= {one["path"]: one["sha256"] for one in outputs if one["path"] not in missing}
    return find_stale(
        records, expected=after.expected(disk), exists=lambda path: path not in missing
    )


def recomputed(before, after):
    """Name by brute force the jobs that come out otherwise when everything is run again."""
    old, new = before.records, after.run()
    return {
        place
        for place in old
        if after.jobs[place]["asked"] and old[place]["outputs"] != new[place]["outputs"]
    }


def stale(found):
    return {verdict.place for verdict in found.of("stale")}


def change_settings(settings, field):
    """Change one setting; whether `field` names one."""
    net = settings["net"]
    if field == "value":
        net["width"] += 100
    elif field == "type":
        settings["seed"] = 1.0
    elif field == "null":
        net["drop"] = 0
    elif field == "key added":
        net["depth"] = 3
    elif field == "key removed":
        net.pop("drop", None)
    else:
        return False
    return True


def change(world, field, place):
    """Change one recipe field of one job, or of its verb."""
    job = world.jobs[place]
    earlier = [path for name in world.jobs if name < place for path in world.jobs[name]["outputs"]]
    if field == "code":
        world.code[job["verb"]] += "!"
    elif field == "pin":
        world.pins[job["verb"]]["numpy"] = "=2.5"
    elif field == "source":
        world.sources[list(world.sources)[int(place[-8:-5]) % SOURCES]] += "!"
    elif field == "input added":
        free = [path for path in (*world.sources, *earlier) if path not in job["inputs"]]
        job["inputs"] = sorted([*job["inputs"], free[-1]])
    elif field == "input removed":
        job["inputs"] = job["inputs"][:-1]
    else:
        assert change_settings(job["settings"], field)


FIELDS = (
    *("value", "type", "null", "key added", "key removed", "code", "pin"),
    *("source", "input added", "input removed"),
)


@pytest.fixture(scope="module")
def world():
    return World()


def test_nothing_changed_is_nothing_stale(world):
    found = judged(world, world)
    assert len(found.of("fresh")) == JOBS
    assert found.hours() == 0 and found.counts() == {}


@pytest.mark.parametrize("look", [True, False])
@pytest.mark.parametrize("field", FIELDS)
def test_each_field_changed_once_names_what_recomputing_everything_names(world, field, look):
    named = 0
    for place in list(world.jobs)[3 :: JOBS // 4]:
        after = changed(world)
        change(after, field, place)
        found = judged(world, after, look=look)
        assert stale(found) == recomputed(world, after)
        named += len(stale(found))
    assert named > 0


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 5),
    edits=st.lists(st.tuples(st.sampled_from(FIELDS), st.integers(2, 59)), max_size=5),
    unasked=st.sets(st.integers(0, 59), max_size=2),
    look=st.booleans(),
)
def test_several_changes_at_once_name_what_recomputing_names(seed, edits, unasked, look):
    before = World(seed, jobs=60)
    after = changed(before)
    for field, n in edits:
        change(after, field, f"results/records/{n:03d}.json")
    for n in unasked:
        # What is no longer asked for is a leftover of which nothing else reads.
        place = f"results/records/{n:03d}.json"
        made = set(after.jobs[place]["outputs"])
        if not any(made & set(job["inputs"]) for job in after.jobs.values()):
            after.jobs[place]["asked"] = False
    assert stale(judged(before, after, look=look)) == recomputed(before, after)


def test_makers_stand_before_users(world):
    after = changed(world)
    after.code["tile"] += "!"
    order = {one.place: n for n, one in enumerate(judged(world, after).verdicts)}
    made = {path: place for place, job in world.jobs.items() for path in job["outputs"]}
    links = [
        (made[path], place)
        for place, job in world.jobs.items()
        for path in job["inputs"]
        if path in made
    ]
    assert len(links) > 50
    assert all(order[maker] < order[user] for maker, user in links)


@pytest.mark.parametrize("look", [True, False])
def test_an_absent_output_is_rebuilt_with_all_that_hangs_on_it(world, look):
    for place in list(world.jobs)[:: JOBS // 5]:
        path = world.jobs[place]["outputs"][0]
        after = changed(world)
        after.jobs[place]["salt"] = 1
        found = judged(world, after, look=look, missing={path})
        assert stale(found) == recomputed(world, after)
        (own,) = [one for one in found.verdicts if one.place == place]
        assert [(one.kind, one.key, one.new) for one in own.reasons] == [
            ("output", (path,), ABSENT)
        ]
        assert set(found.counts()) <= {"output", "upstream"}


def one(**job):
    """A world of two jobs, the second reading the first."""
    world = World(jobs=0)
    base = {"verb": "tile", "settings": {"px": 1}, "asked": True, "salt": 0}
    world.jobs["a"] = {**base, "inputs": ["data/0.svs"], "outputs": ["a.h5"], **job}
    world.jobs["b"] = {**base, "inputs": ["a.h5"], "outputs": ["b.h5"], "verb": "encode"}
    return world


def test_reasons_name_the_field_with_old_and_new():
    before, after = one(), one(settings={"px": 2})
    after.code["tile"] = "new code"
    after.pins["tile"] = {"numpy": "=2.5", "torch": "=2.13"}
    after.sources["data/0.svs"] = "other"
    first, second = judged(before, after).verdicts
    assert first.reasons == (
        Change(kind="settings", key=("px",), old=1, new=2),
        Change(kind="code", old="code of tile", new="new code"),
        Change(kind="pins", key=("numpy",), old="=2.4", new="=2.5"),
        Change(
            kind="input",
            key=("data/0.svs",),
            old=identifier("bytes 0"),
            new=identifier("other"),
        ),
    )
    assert second.reasons == (Change(kind="upstream", key=("a",)),)


def test_what_is_no_longer_asked_for_is_neither_fresh_nor_stale():
    after = one(asked=False, settings={"px": 2})
    found = judged(one(), after)
    assert [verdict.status for verdict in found.verdicts] == ["unasked", "fresh"]
    assert found.hours() == 0


@pytest.mark.parametrize(("missing", "status"), [(set(), "fresh"), ({"a.h5"}, "stale")])
def test_a_file_of_a_leftover_counts_as_long_as_it_is_there(missing, status):
    found = judged(one(), one(asked=False), look=False, missing=missing)
    assert [verdict.status for verdict in found.verdicts] == ["unasked", status]


def test_an_input_that_a_stale_job_makes_and_that_is_new_is_told_as_both():
    today = one(settings={"px": 2})
    today.jobs["c"] = {**today.jobs["b"], "inputs": ["data/0.svs", "a.h5"], "outputs": ["c.h5"]}
    before = one()
    before.jobs["c"] = {**today.jobs["c"], "inputs": ["data/0.svs"]}
    found = judged(before, today, look=False)
    (third,) = [verdict for verdict in found.verdicts if verdict.place == "c"]
    assert [(one.kind, one.key) for one in third.reasons] == [
        ("added input", ("a.h5",)),
        ("upstream", ("a",)),
    ]


def test_an_input_no_longer_read_is_not_called_missing():
    today = one()
    today.jobs["a"]["inputs"] = []
    first, second = judged(one(), today).verdicts
    assert [(one.kind, one.key) for one in first.reasons] == [("dropped input", ("data/0.svs",))]
    assert [one.kind for one in second.reasons] == ["upstream"]


def test_a_leftover_makes_no_circle():
    # The leftover z read b's output; today a reads what z left.
    before, today = one(), one()
    before.jobs["z"] = {**before.jobs["b"], "inputs": ["b.h5"], "outputs": ["z.h5"]}
    today.jobs["z"] = {**before.jobs["z"], "asked": False}
    today.jobs["a"]["inputs"] = ["data/0.svs", "z.h5"]
    found = judged(before, today)
    assert {one.place: one.status for one in found.verdicts} == {
        "a": "stale",
        "b": "stale",
        "z": "unasked",
    }


def test_a_missing_source_is_told_as_absent():
    after = one()
    del after.sources["data/0.svs"]
    first, _ = judged(one(), after).verdicts
    assert [(reason.kind, reason.new) for reason in first.reasons] == [("missing input", ABSENT)]


def test_an_input_made_anew_since_is_a_changed_input():
    # The first job ran again with other bytes, the second did not.
    records = one().run()
    records["a"] = one(salt=1).run()["a"]
    disk = {"data/0.svs": identifier("bytes 0")}
    found = find_stale(records, expected=one().expected(disk), exists=lambda _: True)
    assert [verdict.status for verdict in found.verdicts] == ["fresh", "stale"]
    assert found.counts() == {"input": 1}


def test_a_leftover_record_does_not_shadow_the_maker():
    records = one().run()
    leftover = copy.deepcopy(records["a"])
    leftover["recipe"]["wildcards"]["n"] = "z"
    leftover["outputs"][0]["sha256"] = "0" * 64
    today = one()
    today.jobs["z"] = {"asked": False}
    disk = {"data/0.svs": identifier("bytes 0")}
    found = find_stale(
        {**records, "z": leftover}, expected=today.expected(disk), exists=lambda _: True
    )
    assert {one.place: one.status for one in found.verdicts} == {
        "a": "fresh",
        "b": "fresh",
        "z": "unasked",
    }


@pytest.mark.parametrize("inputs", [{}, {"s.csv": "1" * 64}])
def test_an_updated_file_s_former_content_is_no_input(inputs):
    former = FileEntry(role="former split", path="s.csv", sha256="0" * 64, bytes=1)
    made = FileEntry(role="split", path="s.csv", sha256="1" * 64, bytes=1)
    recipe = {"verb": "split", "wildcards": {}, "settings": {}, "code": "c"}
    record = build_record(recipe=recipe, inputs=[former], outputs=[made], facts={}, run={})
    wanted = Expected(settings={}, code="c", inputs=inputs)
    found = find_stale({"r": record}, expected=lambda _: wanted, exists=lambda _: True)
    assert found.verdicts[0].status == "fresh"


def test_records_without_pins_are_counted_and_not_called_stale():
    records = one().run()
    for record in records.values():
        del record["recipe"]["pins"]
    disk = {"data/0.svs": identifier("bytes 0")}
    found = find_stale(records, expected=one().expected(disk), exists=lambda _: True)
    assert len(found.of("fresh")) == found.unjudged() == 2
    assert any("not judged for 2" in line for line in stale_lines(found))


def content_job(*, before, manifest="m", labels="l"):
    """A job that takes a part of two tables."""
    read = [
        FileEntry(role=role, path=f"{role}.csv", sha256=identifier(role[0]), bytes=1)
        for role in ("manifest", "labels")
    ]
    made = FileEntry(role="split", path="s.csv", sha256="1" * 64, bytes=1)
    recipe = {"verb": "split", "wildcards": {}, "settings": {}, "code": "c"}
    recipe["content"] = dict.fromkeys(("manifest", "labels"), before)
    record = build_record(recipe=recipe, inputs=read, outputs=[made], facts={}, run={})
    wanted = Expected(
        settings={},
        code="c",
        inputs={"manifest.csv": identifier(manifest), "labels.csv": identifier(labels)},
        content=dict.fromkeys(("manifest", "labels"), "today"),
    )
    return find_stale({"r": record}, expected=lambda _: wanted, exists=lambda _: True)


def test_of_tables_only_that_counts_which_was_taken():
    assert content_job(before="today", manifest="other").verdicts[0].status == "fresh"
    (found,) = content_job(before="then", labels="other").verdicts
    assert found.reasons == (Change(kind="content", key=("labels.csv",), old="then", new="today"),)
    # The code that reads them is another: no table is to blame alone.
    (found,) = content_job(before="then").verdicts
    assert [one.key for one in found.reasons] == [("labels.csv",), ("manifest.csv",)]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"settings": {"px": 2}}, "fresh"),
        ({"inputs": ["data/0.svs", "data/1.svs"]}, "stale"),
    ],
)
def test_a_loose_input_follows_what_its_maker_is_given(change, status):
    before, today = one(), one(**change)
    disk = {path: identifier(content) for path, content in today.sources.items()}
    answer = today.expected(disk)

    def loosely(record):
        wanted = answer(record)
        return replace(wanted, loose=frozenset({"a.h5"}))

    first, second = find_stale(before.records, expected=loosely, exists=lambda _: True).verdicts
    assert (first.status, second.status) == ("stale", status)


def test_an_accepted_change_is_no_reason_and_what_is_below_stays():
    before, today = one(), one(settings={"px": 2})
    disk = {path: identifier(content) for path, content in today.sources.items()}
    asked = []

    def accepted(record, change):
        asked.append((record["recipe"]["verb"], change.kind))
        return change.kind == "settings"

    found = find_stale(
        before.records, expected=today.expected(disk), exists=lambda _: True, accepted=accepted
    )
    assert [one.status for one in found.verdicts] == ["fresh", "fresh"]
    assert asked == [("tile", "settings")]


def test_records_that_come_from_each_other_are_refused():
    records = one().run()
    today = one()
    today.jobs["a"]["inputs"] = ["b.h5"]
    with pytest.raises(StoreError, match=re.escape("→")):
        find_stale(records, expected=today.expected({}), exists=lambda _: True)


def test_hours_and_counts_are_those_of_the_stale_jobs():
    found = judged(one(), one(settings={"px": 2}))
    assert found.hours() == pytest.approx(2 * 36 / 3600)
    assert found.counts() == {"settings": 1, "upstream": 1}
    assert found.hours("settings") == pytest.approx(36 / 3600)
    lines = list(stale_lines(found))
    assert lines[0] == "2 records: 0 fresh, 2 stale, 0 no longer asked for"
    assert lines[1] == "a rerun takes 1 min, one job after another"
    assert "settings px: 1 → 2   [tile]" in lines
    assert lines[-1] == "downstream: encode"
    assert not any(line.startswith("upstream") for line in lines)
    told = json.loads(json.dumps(stale_json(found)))
    assert told["stale"][0]["reasons"] == [{"kind": "settings", "key": ["px"], "old": 1, "new": 2}]
    assert told["reasons"]["settings"] == {"jobs": 1, "hours": pytest.approx(0.01)}


def test_a_job_without_a_recorded_time_is_told():
    records = one().run()
    del records["a"]["run"]["wall_s"]
    found = find_stale(
        records, expected=one(settings={"px": 2}).expected({}), exists=lambda _: True
    )
    assert found.untimed() == 1
