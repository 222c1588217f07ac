import os
import time

import pytest

from histopress.audit.cache import DigestCache
from histopress.audit.history.known_slides import APART_S, Reading, known_slides
from histopress.audit.history.present import Present
from histopress.audit.history.registering import Slides
from histopress.audit.history.registry import Registry
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.cohort.manifest import SlideRow
from histopress.store import file_digest


def row(slide, path, sha256=None):
    return SlideRow(
        slide_id=slide, patient_id=slide, path=path, center=None, spacing_um=None, mask_path=None,
        sha256=sha256, labels={}, number=2,
    )  # fmt: skip


@pytest.fixture
def slides(tmp_path):
    """Two slides, and what judges them."""
    (tmp_path / "a.svs").write_bytes(b"first")
    (tmp_path / "b.svs").write_bytes(b"second")

    def judge(*rows, known=None, check=False):
        slides = Slides(tmp_path, Present(tmp_path, Registry(), DigestCache()), known or {})
        return slides.judge(rows, check=check, progress=lambda *_: None)

    judge.folder = tmp_path
    judge.digest = lambda name: file_digest(tmp_path / name)
    return judge


def test_new_digests_are_found_and_known_ones_are_checked(slides):
    first, second, third = slides(
        row("a", "a.svs"), row("b", "b.svs", slides.digest("b.svs")), row("c", "c.svs")
    )
    assert (first.state, first.sha256) == ("new", slides.digest("a.svs"))
    assert (second.state, second.fault) == ("agrees", "")
    assert third.state == "absent" and "no file at 'c.svs'" in third.fault


def test_a_file_that_disagrees_is_told_with_both_digests(slides):
    (found,) = slides(row("a", "a.svs", "0" * 64))
    assert found.state == "differs"
    assert slides.digest("a.svs") in found.fault and "0" * 64 in found.fault


@pytest.mark.parametrize("known", [None, "first"])
def test_one_content_under_two_names_is_not_written(slides, known):
    (slides.folder / "b.svs").write_bytes(b"first")
    digest = slides.digest("a.svs") if known else None
    first, second = slides(row("a", "a.svs", digest), row("b", "b.svs"))
    assert first.state == ("agrees" if known else "new")
    assert second.state == "twice" and "slide 'a'" in second.fault


def test_checking_looks_at_no_slide_without_a_digest(slides):
    first, second = slides(row("a", "a.svs"), row("c", "c.svs"), check=True)
    assert {first.state, second.state} == {"without"}


def test_a_slide_of_several_files_has_one_digest(slides):
    (slides.folder / "m.mrxs").write_bytes(b"head")
    (slides.folder / "m").mkdir()
    (slides.folder / "m/Data.dat").write_bytes(b"pixels")
    (before,) = slides(row("m", "m.mrxs"))
    (slides.folder / "m/Data.dat").write_bytes(b"others")
    (after,) = slides(row("m", "m.mrxs"))
    assert before.sha256 != after.sha256


def test_a_record_tells_the_digest_of_a_slide_that_is_older_than_the_job(slides):
    later = time.time() + 2 * APART_S
    reading = Reading(sha256="1" * 64, bytes=5, start_s=later)
    (found,) = slides(row("a", "a.svs"), known={("a", "a.svs"): reading})
    assert (found.sha256, found.read) == ("1" * 64, False)

    for other in (
        Reading(sha256="1" * 64, bytes=6, start_s=later),  # of another size
        Reading(sha256="1" * 64, bytes=5, start_s=time.time() + APART_S / 2),  # changed since
    ):
        (found,) = slides(row("a", "a.svs"), known={("a", "a.svs"): other})
        assert (found.sha256, found.read) == (slides.digest("a.svs"), True)


def test_restored_times_do_not_hide_a_change(slides):
    os.utime(slides.folder / "a.svs", (0, 0))
    start = time.time() - 3600
    reading = Reading(sha256="1" * 64, bytes=5, start_s=start)
    assert not reading.is_of([slides.folder / "a.svs"])


def record(start, digest, *, fault=None, wildcard="slide-id"):
    entry = FileEntry(role="slide", path="a.svs", sha256=digest, bytes=5)
    recipe = {"verb": "tile", "wildcards": {wildcard: "a"}}
    return Record(place="r", recipe=recipe, inputs=(entry,), run={"start": start}, fault=fault)


def test_the_latest_record_that_can_be_believed_counts():
    found = known_slides(
        [
            record("2026-01-02T00:00:00+00:00", "2" * 64),
            record("2026-01-01T00:00:00+00:00", "1" * 64),
            record("2026-01-03T00:00:00+00:00", "3" * 64, fault="altered"),
            record("2026-01-04T00:00:00+00:00", "4" * 64, wildcard="other"),
        ]
    )
    assert [(key, one.sha256) for key, one in found.items()] == [(("a", "a.svs"), "2" * 64)]
