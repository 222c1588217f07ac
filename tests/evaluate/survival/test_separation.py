import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.evaluate.survival.cox import fit_cox
from histopress.evaluate.survival.separation import is_separated
from histopress.evaluate.survival.times import Survival
from histopress.evaluate.undefined import UndefinedMetricError

SCORE = st.integers(-2, 2)
ROWS = st.lists(st.tuples(st.integers(0, 6), st.booleans(), SCORE, SCORE), min_size=3, max_size=9)


def brute(survival: Survival, x: np.ndarray) -> bool:
    """Try every direction at which the sign of some difference turns, and those between."""
    pairs = [
        x[i] - x[j]
        for i in np.flatnonzero(survival.events)
        for j in np.flatnonzero(survival.times >= survival.times[i])
    ]
    differences = np.array([pair for pair in pairs if pair.any()] or [[0.0, 0.0]])
    angles = np.arctan2(differences[:, 1], differences[:, 0])
    turns = np.unique(np.concatenate([angles + np.pi / 2, angles - np.pi / 2]) % (2 * np.pi))
    between = (turns + np.append(turns[1:], turns[0] + 2 * np.pi)) / 2
    tried = np.concatenate([turns, between])
    found = differences @ np.stack([np.cos(tried), np.sin(tried)])
    return bool(((found >= -1e-9).all(0) & (found > 1e-9).any(0)).any())


@given(ROWS)
def test_separation_by_two_covariates_is_found_where_it_is(rows) -> None:
    survival = Survival(
        times=np.array([float(row[0]) for row in rows]), events=np.array([row[1] for row in rows])
    )
    x = np.array([row[2:] for row in rows], np.float64)
    expected = brute(survival, x)
    assert is_separated(survival, x, np.zeros(len(x), int)) == expected
    try:
        fit_cox(survival, x)
        assert not expected
    except UndefinedMetricError as error:
        assert ("separation" in str(error)) <= expected
        assert "no maximum" not in str(error)


def test_patients_of_another_stratum_do_not_undo_it() -> None:
    survival = Survival(times=np.arange(6.0), events=np.ones(6, bool))
    x = np.array([[3.0], [1.0], [2.0], [0.0], [1.0], [-1.0]])
    strata = np.array([0, 1, 0, 1, 0, 1])
    assert is_separated(survival, x, strata)
    assert not is_separated(survival, x, np.zeros(6, int))
    with pytest.raises(UndefinedMetricError, match="separation"):
        fit_cox(survival, x, strata)
    assert fit_cox(survival, x).coefficients[0] > 0
