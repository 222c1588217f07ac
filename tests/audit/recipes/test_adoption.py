import pytest

from histopress.audit.recipes.adoption import (
    Claims,
    is_settled,
    read_rows,
    taken_records,
    unanswered,
)
from histopress.audit.recipes.changes import Change
from histopress.audit.recipes.verdicts import Staleness, Verdict
from histopress.audit.record import FileEntry
from histopress.audit.records import Record
from histopress.errors import StoreError

HEAD = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan"
A, B, C = (f"results/records/{name}.json" for name in "abc")
MADE, OTHER = "a" * 64, "b" * 64


def table(*lines):
    return read_rows("\n".join([HEAD, *lines]))


def line(path, *, log="logs/x.log", date="Mon Jan  1 00:00:00 2024", plan="no update"):
    return f"{path}\t{date}\ttile\t{log}\tok\t{plan}"


def record(place, path, sha256=MADE, fault=None):
    entry = FileEntry(role="tiles", path=path, sha256=sha256, bytes=1)
    return Record(place=place, outputs=(entry,), fault=fault)


def verdict(place, *kinds, status=None):
    parts = (each.split(" ") for each in kinds)
    reasons = tuple(Change(kind=kind, key=tuple(key)) for kind, *key in parts)
    status = status or ("stale" if reasons else "fresh")
    return Verdict(place=place, verb="tile", status=status, reasons=reasons, wall_s=1.0)


def taken(*verdicts, **options):
    return taken_records(Staleness(verdicts=verdicts), **options)


def test_the_summary_tells_what_is_there_remembered_and_pending():
    (tiles, card) = table(
        line("results/tiles/a.h5", date="-", plan="update pending"), line(A, log="-")
    )
    assert (tiles.present, tiles.remembered, tiles.pending, tiles.is_record) == (
        False, True, True, False,
    )  # fmt: skip
    assert (card.present, card.remembered, card.pending, card.is_record) == (
        True, False, False, True,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "nothing", f"{HEAD}\n" + line(A, plan="perhaps")])
def test_another_table_than_snakemakes_is_refused(text):
    with pytest.raises(StoreError, match="version of Snakemake"):
        read_rows(text)


def test_what_snakemake_reruns_nothing_for_is_taken_with_all_that_follows_from_it():
    chain = (verdict(A, "pins"), verdict(B, f"upstream {A}"), verdict(C, f"upstream {B}"))
    assert taken(*chain) == {A, B, C}
    assert taken(verdict(A, "code"), verdict(B, f"upstream {A}")) == set()
    assert taken(verdict(A, "code"), verdict(B), unseen={"code"}) == {A, B}
    assert taken(verdict(A, "pins", "settings"), verdict(B, f"upstream {A}"), verdict(C)) == {C}


def test_a_job_that_nobody_asks_for_is_not_taken():
    assert taken(verdict(A, status="unasked"), verdict(B)) == {B}


@pytest.mark.parametrize(
    ("of_taken", "of_stale", "settled"),
    [
        ({}, {"plan": "update pending"}, True),
        ({"plan": "update pending"}, {"plan": "update pending"}, False),
        ({"log": "-"}, {"plan": "update pending"}, False),
        ({}, {}, False),
    ],
)
def test_snakemake_need_not_be_told_what_it_knows(of_taken, of_stale, settled):
    rows = table(line(A, **of_taken), line(B, **of_stale), line("results/tiles/a.h5", log="-"))
    assert is_settled(rows, {A}) is settled


@pytest.mark.parametrize(
    ("found", "records", "answered"),
    [
        (MADE, [record(A, "results/x")], True),
        (OTHER, [record(A, "results/x")], False),
        (MADE, [], False),
        (MADE, [record(A, "results/x", fault="was altered")], False),
        # Where a taken record made the path, what another job once wrote there is not its result.
        (OTHER, [record(A, "results/x"), record(B, "results/x", OTHER)], False),
        (OTHER, [record(C, "results/x"), record(B, "results/x", OTHER)], True),
        (None, [record(A, "results/x")], False),
    ],
)
def test_bytes_are_answered_for_by_a_sound_record_of_their_path(found, records, answered):
    claims = Claims(records, {A})
    rows = table(line("results/x"), line("results/absent", date="-"))
    assert list(unanswered(rows, claims, lambda _: found)) == ([] if answered else ["results/x"])


def test_a_sound_record_answers_for_itself_and_is_found_by_what_it_made():
    claims = Claims([record(A, "results/x"), record(B, "results/y", fault="was altered")], {A})
    rows = table(line(A), line(B))
    assert list(unanswered(rows, claims, lambda _: OTHER)) == [B]
    assert (claims.maker("results/x"), claims.maker("results/y")) == (A, None)
