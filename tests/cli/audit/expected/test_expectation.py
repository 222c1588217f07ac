"""What jobs would be given, case by case; whole studies are in tests/workflow."""

from types import SimpleNamespace

import pytest

from histopress.audit.cache import DigestCache
from histopress.audit.digest import files_digest
from histopress.audit.history.present import Present
from histopress.audit.history.registry import read_registry
from histopress.audit.record import FileEntry, build_record
from histopress.cli.audit.expected.expectation import Expectation
from histopress.cli.audit.expected.sources import Sources
from histopress.cli.audit.expected.verbs import code_of
from histopress.cli.audit.expected.wanted import Wanted
from histopress.cli.plan import Plan
from histopress.store import file_digest

PICTURES = {"kind": "csv", "path": "patches/list.csv"}


@pytest.fixture
def study(tmp_path):
    """A study of three slides, of which one lies outside, and of one patch task."""
    folder = tmp_path / "project"
    for name in ("config", "data/m", "patches"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans/out.svs").write_text("outside")
    (folder / "data/a.svs").write_text("a")
    (folder / "data/m.mrxs").write_text("m")
    (folder / "data/m/Data0.dat").write_text("pixels")
    write_manifest(folder)
    (folder / "patches/list.csv").write_text("path,label\none.png,x\ntwo.png,y\n")
    for name in ("one", "two"):
        (folder / f"patches/{name}.png").write_text(name)
    values = {
        "grids": {"g": {}},
        "tasks": {"t": {"source": PICTURES, "spacing_um": 0.5}},
        "encoders": {
            "e": {"kind": "mean-rgb", "grid": "g"},
            "s": {"kind": "supervised", "grid": "g", "tasks": ["t"]},
        },
        "on_bad_slide": "quarantine",
    }
    return SimpleNamespace(folder=folder, values=values)


def write_manifest(folder, **digests):
    paths = {"a": "data/a.svs", "m": "data/m.mrxs", "out": folder.parent / "scans/out.svs"}
    rows = [f"{slide},{slide},{path},{digests.get(slide, '')}" for slide, path in paths.items()]
    (folder / "config/slides.csv").write_text(
        "\n".join(["slide_id,patient_id,path,sha256", *rows, ""])
    )


def made(verb, *, inputs, outputs, settings=None, **wildcards):
    """A record as its job would leave it."""
    return build_record(
        recipe={"verb": verb, "wildcards": wildcards, "settings": settings or {}, "code": ""},
        inputs=[FileEntry(role=role, path=path, sha256=sha, bytes=1) for role, path, sha in inputs],
        outputs=[FileEntry(role="out", path=path, sha256="0" * 64, bytes=1) for path in outputs],
        facts={},
        run={},
    )


def expected(study, record, *, full=False):
    plan = Plan.load(study.values, study.folder, check_files=False)
    registry = read_registry(study.folder, study.values)
    present = Present(study.folder, registry, DigestCache(full=full))
    wanted = Wanted.of(plan)
    return Expectation(wanted, Sources(plan, present, full=full), {"r": record}).of(record)


def tile(slide, path, sha256="1" * 64):
    return made("tile", inputs=[("slide", path, sha256)], outputs=[f"results/tiles/g/{slide}.h5"])


def test_a_slide_without_a_digest_is_read(study):
    found = expected(study, tile("a", "data/a.svs"))
    assert found.inputs == {"data/a.svs": file_digest(study.folder / "data/a.svs")}
    assert found.code == code_of("tile")
    assert "sha256" not in found.settings and found.settings["on_bad_slide"] == "quarantine"


def test_a_slide_outside_is_found_where_the_manifest_says(study):
    found = expected(study, tile("out", "outside:out.svs"))
    place = study.folder.parent / "scans/out.svs"
    assert found.inputs == {"outside:out.svs": file_digest(place)}


def test_a_slide_of_several_files_is_digested_with_all_of_them(study):
    files = [study.folder / "data/m.mrxs", study.folder / "data/m/Data0.dat"]
    assert expected(study, tile("m", "data/m.mrxs")).inputs == {"data/m.mrxs": files_digest(files)}


@pytest.mark.parametrize("full", [False, True])
def test_a_registered_slide_is_what_the_manifest_says_unless_it_is_read(study, full):
    write_manifest(study.folder, a="5" * 64)
    found = expected(study, tile("a", "data/a.svs"), full=full)
    real = file_digest(study.folder / "data/a.svs")
    assert found.inputs == {"data/a.svs": real if full else "5" * 64}


def test_a_missing_slide_is_dropped_where_bad_slides_are_quarantined(study):
    (study.folder / "data/a.svs").unlink()
    assert expected(study, tile("a", "data/a.svs")).inputs == {}


def test_a_missing_slide_is_absent_where_they_fail(study):
    (study.folder / "data/a.svs").unlink()
    study.values["on_bad_slide"] = "fail"
    assert expected(study, tile("a", "data/a.svs")).inputs == {"data/a.svs": None}


def encode(*inputs):
    return made("encode", inputs=inputs, outputs=["results/features/e/a.h5"])


def test_an_excluded_slide_need_not_have_been_opened(study):
    card, tiles = "results/encoders/e/card.json", "results/tiles/g/a.h5"
    short = [("tiles", tiles, "1" * 64), ("card", card, "2" * 64)]
    assert expected(study, encode(*short)).inputs == {tiles: None, card: None}
    weights = ("weights", "results/encoders/e/weights.safetensors", "3" * 64)
    found = expected(study, encode(*short, weights, ("slide", "data/a.svs", "4" * 64)))
    assert set(found.inputs) == {tiles, card, weights[1], "data/a.svs"}


def test_a_file_that_stands_beside_one_that_the_rule_names_is_expected(study):
    study.values["probe"] = {"tasks": ["t"]}
    read = [
        ("card", "results/encoders/s/card.json", "1" * 64),
        ("weights", "results/encoders/s/weights.safetensors", "2" * 64),
        ("patches", patch_table(study), "3" * 64),
        ("patches", "results/patches/other/64px-1um.h5", "4" * 64),
    ]
    record = made("encoder probe", inputs=read, outputs=["results/probes/s/t/metrics.json"])
    assert set(expected(study, record).inputs) == {path for _, path, _ in read[:3]}


def patch_table(study):
    plan = Plan.load(study.values, study.folder, check_files=False)
    return plan.study.patches("s", "t")


def patches(study, sha256):
    settings = {"task": study.values["tasks"]["t"], "seed": 1, "input_px": 128}
    return made(
        "patches",
        inputs=[("source", "patches/list.csv", sha256)],
        outputs=[patch_table(study)],
        settings=settings | {"input_spacing_um": 0.5},
        task="t",
    )


def test_pictures_that_a_table_names_count_with_it(study):
    files = [study.folder / "patches" / name for name in ("list.csv", "one.png", "two.png")]
    before = files_digest(files)
    assert expected(study, patches(study, before)).inputs == {"patches/list.csv": before}
    files[1].write_text("another")
    found = expected(study, patches(study, before)).inputs["patches/list.csv"]
    assert found == files_digest(files) != before


def test_what_nobody_asks_for_is_expected_of_nobody(study):
    assert expected(study, tile("z", "data/z.svs")) is None
    elsewhere = made("tile", inputs=[], outputs=["somewhere/a.h5"])
    assert expected(study, elsewhere) is None


def test_a_job_by_hand_is_expected_to_read_what_it_read(study):
    read = [
        ("compressed", "results/compressed/e/a.h5", "1" * 64),
        ("tiles", "data/a.svs", "2" * 64),
    ]
    record = made("compress export", inputs=read, outputs=["x.h5"], settings={"convention": "nic"})
    found = expected(study, record)
    assert found.settings == {"convention": "nic"} and found.code == code_of("compress export")
    real = file_digest(study.folder / "data/a.svs")
    assert found.inputs == {"results/compressed/e/a.h5": None, "data/a.svs": real}


def test_an_encoder_that_is_made_by_another_verb_says_so(study):
    record = made("encoder import", inputs=[], outputs=["results/encoders/e/card.json"])
    assert expected(study, record).verb == "encoder define"
