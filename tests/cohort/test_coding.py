import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.cohort.coding import Coding, fit_coding
from histopress.cohort.covariates import CovariateSettings
from histopress.errors import ManifestError, StoreError

NUMBER, CATEGORY = CovariateSettings(kind="number"), CovariateSettings(kind="category")
STAGE = CovariateSettings(kind="ordered", levels=("I", "II", "III"))


def column(cells, name="c"):
    return [{name: cell} for cell in cells]


def test_numbers_are_standardised_by_the_training_patients_alone() -> None:
    coding = fit_coding(column(["1", "2", "3", "6"]), {"c": NUMBER})
    found = coding.transform(column(["3", "100", None]))
    spread = np.std([1, 2, 3, 6])
    assert found[:, 0] == pytest.approx([0, 97 / spread, (2.5 - 3) / spread])
    assert coding.names == ("c",)


@pytest.mark.parametrize(("gone", "flagged"), [(1, False), (2, True)])
def test_missing_is_a_column_above_a_twentieth(gone: int, flagged: bool) -> None:
    training = column([None] * gone + [str(place) for place in range(20 - gone)])
    coding = fit_coding(training, {"c": NUMBER})
    assert coding.names == (("c", "c: missing") if flagged else ("c",))
    if flagged:
        assert coding.transform(column([None, "3"]))[:, 1].tolist() == [1, 0]


def test_ordered_levels_are_equally_spaced() -> None:
    coding = fit_coding(column(["I", "II", "III", "III"]), {"c": STAGE})
    found = coding.transform(column(["I", "II", "III"]))[:, 0]
    assert found[1] - found[0] == pytest.approx(found[2] - found[1])
    assert found[0] < found[1]


def test_levels_have_a_column_each_but_the_most_frequent() -> None:
    coding = fit_coding(column(["a"] * 5 + ["b"] * 7 + ["c"] * 6), {"c": CATEGORY})
    assert coding.names == ("c: a", "c: c")
    assert coding.transform(column(["a", "b", "c", None])).tolist() == [
        [1, 0],
        [0, 0],
        [0, 1],
        [0, 0],
    ]


def test_a_declared_reference_is_kept() -> None:
    setting = CovariateSettings(kind="category", levels=("c", "a", "b"))
    coding = fit_coding(column(["a"] * 5 + ["b"] * 7 + ["c"] * 2), {"c": setting})
    assert coding.names == ("c: a", "c: b")


def test_rare_levels_are_merged_or_fall_to_the_reference() -> None:
    coding = fit_coding(column(["a"] * 9 + ["b"] * 4 + ["c"]), {"c": CATEGORY})
    assert coding.names == ("c: other",)
    assert coding.transform(column(["a", "b", "c"]))[:, 0].tolist() == [0, 1, 1]
    few = fit_coding(column(["a"] * 9 + ["b"] * 3 + ["c"]), {"c": CATEGORY})
    assert few.names == ()
    assert few.rules[0].folded == ("b", "c")


def test_unknown_levels_are_the_reference_and_counted() -> None:
    coding = fit_coding(column(["a"] * 5 + ["b"] * 7), {"c": CATEGORY})
    test = column(["z", "a", None, "z"])
    assert coding.transform(test)[:, 0].tolist() == [0, 1, 0, 0]
    assert coding.unknown(test) == {"c": 2}
    assert coding.missing(test) == {"c": 1}


@pytest.mark.parametrize(
    ("setting", "cells"),
    [(NUMBER, ["4", "4"]), (NUMBER, [None, None]), (CATEGORY, ["a"] * 9), (CATEGORY, [None])],
)
def test_constant_covariates_have_no_column_and_are_named(setting, cells) -> None:
    coding = fit_coding(column(cells), {"c": setting})
    assert (coding.names, coding.dropped) == ((), ("c",))
    assert coding.transform(column(["4", "4", "4"])).shape == (3, 0)


patients = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.none() | st.floats(-1e6, 1e6).map(repr),
            "o": st.none() | st.sampled_from(["I", "II", "III"]),
            "l": st.none() | st.sampled_from("abcd"),
        }
    ),
    min_size=1,
    max_size=30,
)


@given(patients, patients)
def test_finite_and_the_same_again_from_json(training, test) -> None:
    coding = fit_coding(training, {"n": NUMBER, "o": STAGE, "l": CATEGORY})
    found = coding.transform(test)
    assert found.shape == (len(test), len(coding.names))
    assert np.isfinite(found).all()
    again = Coding.from_json(json.loads(json.dumps(coding.as_json())))
    assert again == coding
    assert again.transform(test).tolist() == found.tolist()
    # Rows do not depend on each other.
    assert coding.transform(test[:1]).tolist() == found[:1].tolist()


@given(patients)
def test_no_training_column_is_constant(training) -> None:
    coding = fit_coding(training, {"n": NUMBER, "o": STAGE, "l": CATEGORY})
    assert (np.ptp(coding.transform(training), axis=0) > 0).all()


def test_faults_are_named() -> None:
    with pytest.raises(ManifestError, match="no training patient"):
        fit_coding([], {"c": NUMBER})
    coding = fit_coding(column(["1", "2"]), {"c": NUMBER})
    with pytest.raises(ManifestError, match="column 'c'"):
        coding.transform([{"d": "1"}])
    with pytest.raises(StoreError, match="train the clinical model anew"):
        Coding.from_json({"n_training": 2, "rules": [{"kind": "number", "column": "c"}]})
