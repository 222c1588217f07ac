"""A pack holds all records, gives equal bytes, and is not trusted when it comes back."""

import os
import random
import shutil
import subprocess
import zipfile

import pytest

from audit.keys import make_key, needs_ssh_keygen
from audit.recorded import METRICS, rewrite_both
from histopress.audit.findings import State
from histopress.audit.history.verify import verify_all
from histopress.audit.records import read_records
from histopress.audit.seal.ledger import LEDGER, append_entry
from histopress.audit.seal.pack import MANIFEST, STATEMENT, changes_since, unpacked, write_pack
from histopress.audit.seal.seal import whole_seal
from histopress.audit.seal.signature import sign
from histopress.errors import StoreError

RECORDS = "results/records"
EVALUATED = f"{RECORDS}/evaluate/model.json"


@pytest.fixture
def full(study):
    """A study with all that may lie beside job records, and with what may not."""
    append_entry(study, "start", {})
    append_entry(study, "success", {})
    for name in ("replays/0a/1.json", "accepted/1.json", f"source/{'a' * 64}.patch"):
        (study / RECORDS / name).parent.mkdir(parents=True, exist_ok=True)
        (study / RECORDS / name).write_text("{}\n")
    for name in ("patients.csv", "notes.txt", "stray.sig", "tile/.part-00000000-a.json"):
        (study / RECORDS / name).write_text("P0001")
    return study


@pytest.fixture
def pack(full, tmp_path):
    write_pack(full, tmp_path / "pack.zip")
    return tmp_path / "pack.zip"


def names(pack):
    with zipfile.ZipFile(pack) as archive:
        return archive.namelist()


def packed(path, members, compression=zipfile.ZIP_STORED):
    """Write a ZIP as somebody would who wants to be believed."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def members(pack):
    with zipfile.ZipFile(pack) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_it_holds_the_records_and_nothing_that_is_none(full, pack):
    inside = {name for name in names(pack) if "/" in name}
    there = {path.relative_to(full).as_posix() for path in (full / RECORDS).rglob("*.*")}
    strays = {"patients.csv", "notes.txt", "stray.sig", "tile/.part-00000000-a.json"}
    assert inside == there - {f"{RECORDS}/{name}" for name in strays}
    assert {f"{RECORDS}/runs/000002.json", f"{RECORDS}/accepted/1.json", EVALUATED} <= inside


@needs_ssh_keygen
def test_it_holds_the_signature_and_what_was_signed(full, tmp_path):
    statement = whole_seal(full).statement
    (full / RECORDS / "root.txt").write_bytes(statement)
    signature = sign(statement, make_key(tmp_path, "key"))
    (full / RECORDS / "root.txt.sig").write_bytes(signature)
    write_pack(full, tmp_path / "pack.zip")
    inside = dict(members(tmp_path / "pack.zip"))
    assert inside[STATEMENT] == inside[f"{RECORDS}/root.txt"] == statement
    assert inside[f"{RECORDS}/root.txt.sig"] == signature


def test_equal_records_give_equal_bytes(full, pack, tmp_path):
    other = shutil.copytree(full, tmp_path / "other", copy_function=shutil.copy)
    for path in other.rglob("*.json"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    write_pack(other, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == pack.read_bytes()
    append_entry(other, "close", {})
    write_pack(other, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() != pack.read_bytes()


def test_sha256sum_reads_its_manifest(full, pack):
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this machine")
    manifest = dict(members(pack))[MANIFEST]
    check = ["sha256sum", "--check", "--strict", "--quiet"]
    assert subprocess.run(check, cwd=full, input=manifest).returncode == 0
    (full / METRICS).write_text("{}")
    assert subprocess.run(check, cwd=full, input=manifest).returncode == 1


def test_records_that_are_links_are_packed(full, pack, tmp_path):
    # As DVC links what it keeps.
    before = pack.read_bytes()
    shutil.move(full / EVALUATED, tmp_path / "kept.json")
    (full / EVALUATED).symlink_to(tmp_path / "kept.json")
    write_pack(full, pack)
    assert pack.read_bytes() == before


def test_altered_records_are_not_packed(full, tmp_path):
    (full / RECORDS / "patients.json").write_text('{"patient": "P0001"}')
    with pytest.raises(StoreError, match="patients.json: is of schema"):
        write_pack(full, tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_unpacked_it_is_what_was_packed(full, pack):
    with unpacked(pack) as folder:
        assert list(read_records(folder)) == list(read_records(full))
        assert list(changes_since(folder, full)) == []
    assert not folder.exists()


def test_results_rewritten_with_their_records_are_found_by_the_pack_alone(study, look, tmp_path):
    write_pack(study, tmp_path / "pack.zip")
    rewrite_both(study)
    assert {each.state for each in verify_all(look(study))} == {State.VERIFIED}
    with unpacked(tmp_path / "pack.zip") as folder:
        found = [*verify_all(look(study), records=folder), *changes_since(folder, study)]
    assert {(each.path, each.state) for each in found if each.is_fault} == {
        (METRICS, State.MODIFIED),
        (EVALUATED, State.ALTERED),
    }


def test_a_record_that_is_gone_and_a_ledger_that_was_cut_are_found(full, pack):
    (full / EVALUATED).unlink()
    (full / LEDGER / "000002.json").unlink()
    with unpacked(pack) as folder:
        found = [(each.path, each.state) for each in changes_since(folder, full)]
    assert found == [(EVALUATED, State.ABSENT), (f"{LEDGER}/000002.json", State.LEDGER)]


def test_later_records_and_entries_are_no_fault(full, pack):
    append_entry(full, "close", {})
    (full / RECORDS / "later.json").write_bytes((full / EVALUATED).read_bytes())
    with unpacked(pack) as folder:
        assert list(changes_since(folder, full)) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../outside.json",
        "results/records/../../../outside.json",
        "/tmp/outside.json",  # noqa: S108
        "results/records//outside.json",
        "results/records/./outside.json",
        "results\\records\\outside.json",
        "results/tiles/outside.json",
        "results/records/",
        "results/records",
        "outside.json",
    ],
)
def test_names_that_lead_elsewhere_are_refused(pack, tmp_path, name):
    forged = packed(tmp_path / "forged.zip", [*members(pack), (name, b"{}")])
    with pytest.raises(StoreError, match="is no whole pack"), unpacked(forged):
        pass
    assert not list(tmp_path.rglob("outside.json"))


def test_parts_larger_than_the_file_are_refused(pack, tmp_path):
    bomb = [*members(pack), (f"{RECORDS}/large.json", b" " * 10_000_000)]
    forged = packed(tmp_path / "forged.zip", bomb, zipfile.ZIP_DEFLATED)
    with pytest.raises(StoreError, match="it is compressed"), unpacked(forged):
        pass
    forged = packed(tmp_path / "forged.zip", bomb[:-1])
    data = bytearray(forged.read_bytes())
    at = data.rindex(b"PK\x01\x02") + 20  # sizes of the last member in the list of members
    data[at : at + 8] = (1 << 30).to_bytes(4, "little") * 2
    forged.write_bytes(data)
    with pytest.raises(StoreError, match="larger than itself"), unpacked(forged):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(pack, tmp_path):
    forged = packed(tmp_path / "forged.zip", [*members(pack), (EVALUATED, b"{}")])
    with pytest.raises(StoreError, match="a name stands twice"), unpacked(forged):
        pass


def test_a_record_that_was_exchanged_in_the_pack_does_not_fit_its_root(pack, tmp_path):
    inside = dict(members(pack))
    for changed in (inside | {EVALUATED: b"{}"}, {k: v for k, v in inside.items() if "/" in k}):
        forged = packed(tmp_path / "forged.zip", changed.items())
        with pytest.raises(StoreError, match="is not that of its records"), unpacked(forged):
            pass


def test_no_damage_ends_in_anything_but_a_message(full, pack):
    generator, whole = random.Random(1), pack.read_bytes()  # noqa: S311
    for _ in range(60):
        data = bytearray(whole)
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        pack.write_bytes(data[: generator.choice([len(data), generator.randrange(len(data))])])
        try:
            with unpacked(pack) as folder:
                # What no reader looks at may differ: a date, a text for people.
                assert list(changes_since(folder, full)) == []
        except StoreError:
            continue


def test_what_is_no_pack_is_named(tmp_path, capsys):
    (tmp_path / "text").write_text("no pack")
    for name in ("text", "absent", "."):
        with pytest.raises(StoreError, match=str(tmp_path / name)), unpacked(tmp_path / name):
            pass
