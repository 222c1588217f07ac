import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import ConfigError, LeakError, StoreError
from histopress.patches.table import PatchTable, read_patches, split_by_patient, write_patches


def make_table(patients, seed=0):
    rng = np.random.default_rng(seed)
    return PatchTable(
        images=rng.integers(0, 256, (len(patients), 8, 8, 3), dtype=np.uint8),
        labels=rng.integers(0, 2, len(patients)),
        classes=("stroma", "Krebs-Nést"),
        patient_ids=tuple(patients),
        spacing_um=0.5,
    )


def test_what_is_written_is_read(tmp_path):
    table = make_table(["T1", "T2", "T2", "T10"])
    write_patches(tmp_path / "a.h5", table)
    found = read_patches(tmp_path / "a.h5")
    assert np.array_equal(found.images, table.images)
    assert np.array_equal(found.labels, table.labels)
    assert found.labels.dtype == np.int64
    assert (found.classes, found.patient_ids) == (table.classes, table.patient_ids)
    assert found.spacing_um == 0.5


def test_equal_tables_are_equal_bytes(tmp_path):
    for name in "ab":
        write_patches(tmp_path / name, make_table(["T1", "T2"]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(StoreError, match="cannot be read as HDF5"):
        read_patches(tmp_path / "none.h5")


@given(
    st.lists(st.sampled_from("ABCDEFG"), min_size=2, max_size=40).filter(lambda x: len(set(x)) > 1),
    st.floats(0, 1),
    st.integers(0, 100),
)
def test_a_split_shares_no_patient_and_loses_no_patch(patients, fraction, seed):
    table = make_table(patients)
    stay, apart = split_by_patient(table, fraction, np.random.default_rng(seed))
    assert len(stay) > 0
    assert len(apart) > 0
    assert not set(stay.patient_ids) & set(apart.patient_ids)
    assert len(stay) + len(apart) == len(table)
    share = len(set(apart.patient_ids)) / len(set(patients))
    assert abs(share - fraction) <= 1 / len(set(patients))
    kept = np.isin(patients, list(set(stay.patient_ids)))
    assert np.array_equal(stay.images, table.images[kept])
    assert np.array_equal(apart.labels, table.labels[~kept])


def test_one_patient_cannot_be_split():
    with pytest.raises(LeakError, match=r"3 patches of 1 patient\(s\).*at least 2"):
        split_by_patient(make_table(["A", "A", "A"]), 0.5, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0], "2 images, 1 labels and 2 patient ids"), ([0, 5], "run from 0 to 5; 2 classes")],
)
def test_parts_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ConfigError, match=message):
        PatchTable(
            images=np.zeros((2, 4, 4, 3), np.uint8),
            labels=np.array(labels),
            classes=("a", "b"),
            patient_ids=("A", "B"),
            spacing_um=0.5,
        )
