from dataclasses import replace
from pathlib import Path

import pytest

from cohort.divided import KEY, base, labels_of, manifest_of, split_of, table_of
from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.clam import write_clam_split
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.files import read_divisions, split_files
from histopress.cohort.splitting.imports import import_folds
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.patho_bench import write_patho_bench_split
from histopress.cohort.splitting.protocols import check_protocol, n_divisions
from histopress.cohort.splitting.settings import RotationProtocol, TableProtocol
from histopress.errors import ConfigError, ManifestError

THREE = RotationProtocol(folds=3)
TABLE = table_of(manifest_of(base()))


def write_clam(folder: Path, table: tuple[Parts, ...], *, boolean: bool = False) -> Path:
    folder.mkdir()
    for number, parts in enumerate(table):
        name = f"splits_{number}{'_bool' * boolean}.csv"
        write_clam_split(folder / name, parts, boolean=boolean)
    return folder


@pytest.mark.parametrize("boolean", [False, True])
def test_a_folder_of_clam(tmp_path: Path, boolean: bool) -> None:
    folder = write_clam(tmp_path / "s", TABLE * 6, boolean=boolean)
    (folder / "splits_0_descriptor.csv").write_text(",train,val,test\nno,1,1,1\n")
    (folder / "splits_1_bool.csv").write_bytes((folder / split_files(folder)[1].name).read_bytes())
    assert len(split_files(folder)) == 12
    assert read_divisions(folder) == TABLE * 6
    assert read_divisions(split_files(folder)[1]) == TABLE[1:]


def test_a_table_of_patho_bench_alone_or_in_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "k=all.tsv"
    slides = dict.fromkeys(TABLE[0].slides + TABLE[1].slides, "x")
    write_patho_bench_split(path, TABLE, cases=slides, labels=slides, task="t")
    assert read_divisions(path) == read_divisions(tmp_path) == TABLE
    (tmp_path / "k=all.tsv").rename(tmp_path / "other.tsv")
    assert read_divisions(tmp_path / "other.tsv") == TABLE


def test_what_is_no_split_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such file or folder"):
        read_divisions(tmp_path / "gone")
    with pytest.raises(ManifestError, match="holds no split table"):
        read_divisions(tmp_path)
    folder = write_clam(tmp_path / "s", TABLE)
    (folder / "splits_0.csv").rename(folder / "splits_2.csv")
    with pytest.raises(ManifestError, match=r"holds 'splits_1\.csv', 'splits_2\.csv'; it needs"):
        read_divisions(folder)


def test_a_study_knows_the_divisions_of_its_table(tmp_path: Path) -> None:
    write_clam(tmp_path / "splits", TABLE)
    manifest, protocol = manifest_of(base()), TableProtocol(path="splits")
    assert n_divisions(manifest, labels_of(manifest), protocol, root=tmp_path) == 2
    check_protocol(manifest, labels_of(manifest), protocol, root=tmp_path)
    strangers = Manifest(tuple(manifest)[-2:], manifest.columns)
    write_clam(tmp_path / "few", (Parts(train=TABLE[0].train[:30], validation=(), test=()),))
    with pytest.raises(ManifestError, match="none of 30 slides"):
        check_protocol(strangers, labels_of(strangers), TableProtocol(path="few"), root=tmp_path)


def test_folds_that_left_come_back() -> None:
    manifest = manifest_of(base())
    rows = split_of(manifest, THREE)
    found = import_folds(
        divisions(rows, THREE), manifest, labels_of(manifest), settings=THREE, key=b"x", where="t"
    )
    assert found.rows == rows
    assert found.same
    assert (found.imported, found.added, found.unknown) == (len(rows), 0, ())


def test_slides_that_the_table_does_not_have_are_added() -> None:
    rows = split_of(manifest_of(base()), THREE)
    manifest = manifest_of(base(7)[6:])
    found = import_folds(
        divisions(rows, THREE), manifest, labels_of(manifest), settings=THREE, key=KEY, where="t"
    )
    known = {row.slide_id: row.fold for row in rows}
    assert all(known.get(row.slide_id, row.fold) == row.fold for row in found.rows)
    assert found.added == len(manifest.patients.keys() - known.keys()) > 0
    assert set(found.unknown) == known.keys() - manifest.patients.keys()


def test_slides_without_a_label_are_left_out() -> None:
    whole = manifest_of(base())
    table = divisions(split_of(whole, THREE), THREE)
    manifest = manifest_of([replace(p, label=p.label if p.number else "") for p in base()])
    found = import_folds(table, manifest, labels_of(manifest), settings=THREE, key=KEY, where="t")
    assert {row.slide_id for row in found.rows} == whole.patients.keys() - {"S000-0"}
    assert found.unknown == ("S000-0",)


def test_divisions_that_are_no_folds_of_the_protocol_are_refused() -> None:
    manifest = manifest_of(base())
    labels = labels_of(manifest)
    with pytest.raises(ConfigError, match=r"has 2 divisions; .* \{kind: table, path: t\}"):
        import_folds(TABLE, manifest, labels, settings=THREE, key=KEY, where="t")
    with pytest.raises(ConfigError, match=r"has 4 divisions; .* \{kind: rotation, folds: 4\}, or"):
        import_folds(TABLE * 2, manifest, labels, settings=THREE, key=KEY, where="t")
    with pytest.raises(ManifestError, match="not tested exactly once .* .kind: table"):
        import_folds((*TABLE, TABLE[0]), manifest, labels, settings=THREE, key=KEY, where="t")
