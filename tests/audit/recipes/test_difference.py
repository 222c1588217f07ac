import json

import pytest

from histopress.audit.recipes.changes import ABSENT, Change, changes_between, describe
from histopress.audit.recipes.difference import difference
from histopress.audit.recipes.lines import difference_json, difference_lines
from histopress.audit.recipes.pairs import paired_inputs
from histopress.audit.record import FileEntry, build_record, identifier


def file(role, path, content):
    return FileEntry(role=role, path=path, sha256=identifier(content), bytes=1)


def makers(records):
    """Index ``records`` by their outputs: by path and digest, else by digest (a renamed copy)."""
    exact, by_bytes = {}, {}
    for record in records:
        for entry in record["outputs"]:
            path, digest = entry["path"], entry["sha256"]
            exact[path, digest] = record
            if digest not in by_bytes or path < by_bytes[digest][0]:
                by_bytes[digest] = (path, record)

    def maker(entry):
        found = exact.get((entry["path"], entry["sha256"]))
        return found or by_bytes.get(entry["sha256"], ("", None))[1]

    return maker


def job(verb, inputs, outputs, *, settings=None, code="c", facts=None, bytes_=None, **names):
    """A record whose outputs follow from its recipe, unless `bytes_` says otherwise."""
    inputs = [entry if isinstance(entry, FileEntry) else FileEntry(**entry) for entry in inputs]
    recipe = {"verb": verb, "wildcards": names, "settings": settings or {}, "code": code}
    made = bytes_ or [recipe, sorted(entry.sha256 for entry in inputs)]
    return build_record(
        recipe=recipe,
        inputs=inputs,
        outputs=[file(role, path, [made, role]) for role, path in outputs.items()],
        facts=facts or {},
        run={"versions": {"numpy": "2.4"}, "wall_s": 1.0},
    )


def study(*, slide="pixels", tile=None, widths=(64, 64), code="c", folds=2, numpy="2.4"):
    """Slide → tile → train (folds) → evaluate, for the model `small`; all records."""
    tiled = job(
        "tile",
        [file("slide", "data/a.svs", slide)],
        {"tiles": "results/tiles/a.h5"},
        settings=tile or {"grid": {"px": 128}},
        slide="a",
    )
    trained = [
        job(
            "train",
            [{**tiled["outputs"][0], "role": "tiles"}],
            {"predictions": f"results/models/small/fold{fold}/predictions.csv"},
            settings={"seed": 1, "network": {"width": widths[fold]}},
            code=code,
            model="small",
            fold=str(fold),
        )
        for fold in range(folds)
    ]
    evaluated = job(
        "evaluate",
        [{**record["outputs"][0], "role": "models"} for record in trained],
        {"metrics": "results/evaluation/small/metrics.json"},
        facts={"auc": len(str(widths)) + len(slide)},
        model="small",
    )
    records = [tiled, *trained, evaluated]
    for record in records:
        record["run"]["versions"]["numpy"] = numpy
    return records


def compare(old, new):
    return difference(old[-1], new[-1], old_maker=makers(old), new_maker=makers(new))


def causes(found):
    return [(one.change.kind, one.change.key, one.height) for one in found.causes]


def test_equal_results_differ_in_nothing():
    found = compare(study(), study())
    assert not found.causes and not found.consequences and not found.facts
    assert list(difference_lines(found))[-1] == "nothing differs: equal recipes, equal bytes"


def test_a_setting_far_up_is_the_one_cause_and_all_below_is_consequence():
    found = compare(study(), study(tile={"grid": {"px": 256}}))
    (cause,) = found.causes
    assert cause.change == Change(kind="settings", key=("grid", "px"), old=128, new=256)
    assert cause.jobs == (("tile (slide a)", "tile (slide a)"),)
    assert [(one.jobs[0].split()[0], dict(one.roles)) for one in found.consequences] == [
        ("train", {"tiles": 1}),
        ("train", {"tiles": 1}),
        ("evaluate", {"models": 2}),
    ]


def test_causes_are_told_nearest_to_the_sources_first():
    found = compare(study(), study(slide="other", tile={"grid": {"px": 256}}, widths=(64, 32)))
    assert causes(found) == [
        ("source", ("data/a.svs",), 0),
        ("settings", ("grid", "px"), 1),
        ("settings", ("network", "width"), 2),
    ]
    assert [len(cause.jobs) for cause in found.causes] == [1, 1, 1]


def test_one_cause_at_several_jobs_is_told_once_with_all_of_them():
    found = compare(study(), study(widths=(32, 32)))
    (cause,) = found.causes
    assert [old for old, _ in cause.jobs] == [
        "train (fold 0, model small)",
        "train (fold 1, model small)",
    ]


def test_changed_code_is_a_cause():
    found = compare(study(), study(code="d"))
    assert causes(found) == [("code", (), 0)]


def test_what_moved_nothing_is_not_blamed():
    # The tiles keep their bytes although their settings differ: nothing below can follow.
    def study_of(n):
        made = job("tile", [], {"tiles": "t.h5"}, settings={"n": n}, bytes_=["same"])
        read = [{**made["outputs"][0], "role": "tiles"}]
        return [made, job("read", read, {"out": "o"}, settings={"k": n})]

    assert causes(compare(study_of(1), study_of(2))) == [("settings", ("k",), 0)]


def test_equal_recipes_with_other_bytes_are_unexplained_with_the_circumstances():
    old = [job("train", [], {"weights": "w"}, bytes_=["first"])]
    new = [job("train", [], {"weights": "w"}, bytes_=["second"])]
    new[0]["run"]["versions"]["numpy"] = "2.5"
    found = compare(old, new)
    assert causes(found) == [("unexplained", ("train",), 0)]
    assert [one.change for one in found.circumstances] == [
        Change(kind="run", key=("versions", "numpy"), old="2.4", new="2.5")
    ]


def test_a_circumstance_is_never_a_cause():
    found = compare(study(), study(widths=(32, 32), numpy="2.5"))
    assert [kind for kind, _, _ in causes(found)] == ["settings"]
    assert [one.change.key for one in found.circumstances] == [("versions", "numpy")]


def test_an_input_that_only_one_has_is_a_cause():
    found = compare(study(folds=1), study(folds=2))
    (cause,) = found.causes
    assert cause.change.kind == "input"
    assert cause.change.key == ("models", "results/models/small/fold1/predictions.csv")
    assert cause.change.old is ABSENT


def test_an_input_whose_maker_left_no_record_is_told_as_such():
    old, new = study(), study(tile={"grid": {"px": 256}})
    assert causes(compare(old, new[1:])) == [("unrecorded", ("results/tiles/a.h5",), 0)]
    assert causes(compare(old[1:], new[1:])) == [("source", ("results/tiles/a.h5",), 0)]


def test_two_models_of_one_study_are_compared_fold_by_fold():
    def model(name, width):
        folds = [
            job(
                "train",
                [file("split", "split.csv", "s")],
                {"history": f"m/{name}/fold{fold}/h.csv", "model": f"m/{name}/fold{fold}.bin"},
                settings={"width": width, "note": fold},
                model=name,
                fold=str(fold),
            )
            for fold in (0, 1)
        ]
        read = [{**entry, "role": "models"} for one in folds for entry in one["outputs"]]
        return [*folds, job("evaluate", read, {"metrics": f"e/{name}.json"}, model=name)]

    records = [*model("wide", 64), *model("thin", 8)]
    pairs = [pair for _, pair in paired_inputs(records[2], records[5])]
    assert [(old["path"], new["path"]) for old, new in pairs] == [
        (old["path"], old["path"].replace("wide", "thin")) for old, _ in pairs
    ]
    assert len(pairs) == 4
    found = difference(records[2], records[5], old_maker=makers(records), new_maker=makers(records))
    # Were fold 0 held against fold 1, `note` would differ.
    assert {key for _, key, _ in causes(found)} == {("width",), ("model",)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("f/{0}/x.h5 f/{0}/y.h5", {"model": ("wide", "thin")}),
        ("x/{0}.h5 y/{0}.h5", {"model": ("wide", "thin")}),
        ("x/{0}.tar.gz y/{0}.tar.gz", {"model": ("wide", "thin")}),
        ("m/fold{0}/x.bin m/fold{0}/y.bin", {"fold": ("0", "1")}),
    ],
)
def test_files_meet_whose_paths_differ_as_the_wildcards_do(old, new):
    ((name, values),) = new.items()
    jobs = [
        job(
            "read",
            [file("in", path.format(value), path + value) for path in paths],
            {},
            **{name: value},
        )
        for value, paths in zip(values, (old.split(), old.split()[::-1]), strict=True)
    ]
    found = [(left["path"], right["path"]) for _, (left, right) in paired_inputs(*jobs)]
    assert found == [tuple(path.format(value) for value in values) for path in old.split()]


def test_files_that_only_moved_meet_by_their_bytes():
    left = [file("in", f"a/{n}.h5", n) for n in range(3)]
    right = [file("in", f"b/{(n + 1) % 3}.h5", n) for n in range(3)]
    found = compare([job("read", left, {"out": "o"})], [job("read", right, {"out": "o"})])
    assert not found.causes


def test_equal_bytes_at_two_places_lead_to_the_job_that_wrote_the_path():
    def records(n):
        twin = job("stub", [], {"tiles": "a.h5"}, settings={"n": n}, bytes_=["empty", n])
        made = job("tile", [], {"tiles": "b.h5"}, settings={"px": n}, bytes_=["empty", n])
        return [twin, made, job("read", [{**made["outputs"][0], "role": "t"}], {"out": "o"})]

    found = compare(records(1), records(2))
    assert causes(found) == [("settings", ("px",), 0)]


def test_the_order_goes_by_the_distance_to_the_sources_not_by_roles():
    def records(n):
        first = job("tile", [file("slide", "s.svs", n)], {"t": "t.h5"}, settings={"px": n})
        read = [
            {**first["outputs"][0], "role": "a"},
            {**file("z", "labels.csv", n).__dict__},
        ]
        return [first, job("read", read, {"out": "o"}, settings={"seed": n, "k": 7 + n, "a": n})]

    found = compare(records(1), records(2))
    assert causes(found) == [
        ("source", ("labels.csv",), 0),
        ("source", ("s.svs",), 0),
        ("settings", ("px",), 1),
        ("seed", ("seed",), 2),
        ("settings", ("a",), 2),
        ("settings", ("k",), 2),
    ]


def test_a_cause_met_far_and_near_counts_as_near():
    def records(n):
        near = job("tile", [], {"t": "n.h5"}, settings={"px": n}, slide="near")
        far = job("tile", [file("slide", "s.svs", n)], {"t": "f.h5"}, settings={"px": n})
        read = [{**one["outputs"][0], "role": role} for one, role in ((near, "a"), (far, "b"))]
        return [near, far, job("read", read, {"out": "o"})]

    found = compare(records(1), records(2))
    assert causes(found) == [("settings", ("px",), 0), ("source", ("s.svs",), 0)]


def test_what_changed_its_value_stands_before_what_came_or_went():
    old = [job("train", [], {"w": "w"}, settings={"kind": "mean"})]
    new = [job("train", [], {"w": "w"}, settings={"kind": "cnn", "batch": 8})]
    assert [key for _, key, _ in causes(compare(old, new))] == [("kind",), ("batch",)]


def test_folds_of_one_model_differ_in_what_was_asked_for():
    first, second = study()[1:3]
    found = difference(first, second, old_maker=makers([]), new_maker=makers([]))
    assert causes(found) == [("wildcards", ("fold",), 0)]
    assert '  asked for fold: "0" → "1"   [train]' in list(difference_lines(found))


def test_a_renamed_copy_is_followed_by_its_bytes():
    old, new = study(), study(tile={"grid": {"px": 256}})
    for record in new[1:3]:
        record["inputs"][0]["path"] = "elsewhere/copy.h5"
    assert [key for _, key, _ in causes(compare(old, new))] == [("grid", "px")]


def test_a_job_that_reads_what_it_wrote_ends():
    def split(content):
        entry = file("split", "split.csv", content)
        return [
            build_record(
                recipe={"verb": "split", "wildcards": {}, "settings": {}, "code": "c"},
                inputs=[
                    FileEntry(role="former split", path="split.csv", sha256=entry.sha256, bytes=1)
                ],
                outputs=[entry],
                facts={},
                run={},
            )
        ]

    found = compare(split("a"), split("b"))
    assert [dict(one.roles) for one in found.consequences] == [{"former split": 1}]


def test_two_kinds_of_result_differ_in_their_verb_alone():
    records = study()
    found = difference(records[0], records[-1], old_maker=makers([]), new_maker=makers([]))
    assert [one.change.kind for one in found.causes] == ["verb"]
    assert not found.facts


def test_seeds_are_told_as_seeds():
    old = [job("train", [], {"w": "w"}, settings={"seed": 1})]
    new = [job("train", [], {"w": "w"}, settings={"seed": 2})]
    assert causes(compare(old, new)) == [("seed", ("seed",), 0)]


@pytest.mark.parametrize(
    ("old", "new"), [(1, 1.0), (1, True), (None, ABSENT), ([1, 2], [2, 1]), ("1", 1)]
)
def test_values_differ_as_they_do_in_the_recipes_digest(old, new):
    assert changes_between(old, new, kind="settings")


def test_a_key_with_a_dot_stays_one_key():
    (found,) = changes_between({"p": {"a.b": 1}}, {"p": {"a.b": 2}}, kind="settings")
    assert found.key == ("p", "a.b")
    assert describe(found) == 'settings p."a.b": 1 → 2'


def test_json_tells_absent_from_null():
    found = compare(study(tile={"a": None}), study(tile={"b": None}))
    told = json.loads(json.dumps(difference_json(found)))["causes"]
    assert [("old" in one, "new" in one) for one in told] == [(True, False), (False, True)]


def test_many_lines_of_a_kind_are_cut_but_not_in_json():
    old = [job("train", [], {"w": "w"}, settings={f"k{n:02d}": 1 for n in range(20)})]
    new = [job("train", [], {"w": "w"}, settings={f"k{n:02d}": 2 for n in range(20)})]
    found = compare(old, new)
    lines = list(difference_lines(found))
    assert "  … and 15 more" in lines
    assert sum("settings k" in line for line in lines) == 5
    assert len(difference_json(found)["causes"]) == 20


def test_seeds_that_follow_from_names_are_no_causes():
    def made(seed, name):
        record = job("train", [], {"w": "w"}, settings={"seed": seed}, target=name)
        record["recipe"]["seeds"] = {f"train/{name}": hash((seed, name))}
        return [record]

    assert causes(compare(made(1, "a"), made(1, "b"))) == [("wildcards", ("target",), 0)]
    assert causes(compare(made(1, "a"), made(2, "a"))) == [("seed", ("seed",), 0)]


def test_a_table_counts_as_far_as_it_is_read():
    def made(table, counted):
        record = job("train", [file("labels", "labels.csv", table)], {"w": "w"}, bytes_=counted)
        record["recipe"]["content"] = {"labels": identifier(counted)}
        return [record]

    same = compare(made("one", "x"), made("other", "x"))
    assert (same.causes, same.consequences) == ((), ())
    other = compare(made("one", "x"), made("other", "y"))
    assert causes(other) == [("source", ("labels.csv",), 0)]
