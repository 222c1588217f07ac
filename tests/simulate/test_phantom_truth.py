"""The truth of a phantom cohort: measured on its maps, equal for a patient's slides."""

from dataclasses import replace

import numpy as np
import pytest

from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort, manifest_rows
from histopress.simulate.phantom_truth import COLUMNS, measure_fractions, truth_rows
from histopress.simulate.settings import SurvivalSettings
from histopress.simulate.truth import measure_truth

SETTINGS = PhantomSettings(
    size_px=1024, n_patients=60, slides_per_patient=(1, 3), tumour_fraction=(0.1, 0.5)
)


def rows_of(settings, *, seed=3, survival=None):
    cohort = draw_cohort(settings, seed=seed)
    fractions = measure_fractions(cohort, settings=settings, seed=seed)
    return truth_rows(
        cohort, fractions, settings=settings, survival=survival or SurvivalSettings(), seed=seed
    )


@pytest.fixture(scope="module")
def rows():
    return rows_of(SETTINGS)


def test_rows_hold_the_manifest_and_the_truth(rows):
    cohort = draw_cohort(SETTINGS, seed=3)
    assert all(tuple(row) == COLUMNS for row in rows)
    for row, plain, slide in zip(rows, manifest_rows(cohort), cohort, strict=True):
        assert row.items() >= plain.items()
        anatomy = draw_anatomy(slide, settings=SETTINGS, seed=3)
        assert row["tumour_fraction"] == measure_truth(anatomy, slide).tumour_fraction
        assert (row["tumour_fraction"] > 0) == bool(row["tumour"])


def test_slides_of_a_patient_share_their_follow_up_and_patients_do_not(rows):
    patients = {}
    for row in rows:
        follow_up = tuple(row[name] for name in ("survival_months", "censorship", "age", "grade"))
        patients.setdefault(row["patient_id"], set()).add(follow_up)
    assert len(patients) == 60
    assert all(len(found) == 1 for found in patients.values())
    assert len({found.pop() for found in patients.values()}) > 55


def test_the_hazard_follows_the_mean_fraction_of_the_slides(rows):
    own = {}
    for row in rows:
        own.setdefault(row["patient_id"], []).append(row)
    # Drawn fractions lie evenly in 0.1 to 0.5 for half of the patients, else they are 0.
    square = 0.5 * (0.1**2 + 0.1 * 0.5 + 0.5**2) / 3
    sd = (square - 0.15**2) ** 0.5
    for found in own.values():
        fraction = np.mean([row["tumour_fraction"] for row in found])
        expected = (fraction - 0.15) / sd + 0.5 * (found[0]["grade"] - 2)
        assert found[0]["true_log_hazard"] == pytest.approx(expected)


def test_more_patients_change_nobody_and_seeds_tell(rows):
    assert rows_of(replace(SETTINGS, n_patients=75))[: len(rows)] == rows
    assert rows_of(SETTINGS) == rows
    assert rows_of(SETTINGS, seed=4) != rows


def test_another_law_changes_times_but_neither_age_nor_grade(rows):
    others = rows_of(SETTINGS, survival=SurvivalSettings(log_hazard=0.0, censoring_share=0.0))
    for row, other in zip(rows, others, strict=True):
        assert (row["age"], row["grade"]) == (other["age"], other["grade"])
        assert other["censorship"] == 0
        assert other["true_log_hazard"] == pytest.approx(0.5 * (other["grade"] - 2))
