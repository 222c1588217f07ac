import numpy as np
import pytest

from histopress.evaluate.clinical.links import fit_links, linked
from histopress.evaluate.survival.cox import fit_cox


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_weights_come_near_the_truth_in_every_fold(cohort, kind: str) -> None:
    _, validation, _ = cohort(kind, n=4000)
    links = fit_links(validation, ("image", "clinical"), [0, 1, 2, 3])
    for link in links.values():
        assert link.fallback is None
        assert link.weights["image"] == pytest.approx(0.73, abs=0.2)
        assert link.weights["clinical"] == pytest.approx(1.0, abs=0.3)


def test_each_fold_has_its_own_validation_patients(cohort) -> None:
    _, validation, _ = cohort()
    found = fit_links(validation, ("image", "clinical"), [0, 1, 2, 3])
    own = validation.take(validation.folds == 2)
    expected = fit_cox(own.survival, np.stack([own.image, own.clinical], axis=1)).coefficients
    assert list(found[2].weights.values()) == expected.tolist()
    assert (found[2].n_patients, found[2].n_events) == (len(own), own.n_events)


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_few_events_fall_back_to_standardised_scores_that_weigh_alike(cohort, kind: str) -> None:
    _, validation, _ = cohort(kind)
    inside = np.flatnonzero(validation.folds == 1)
    if kind == "survival":
        rare = np.flatnonzero(validation.survival.events & (validation.folds == 1))
    else:
        rare = np.flatnonzero(validation.positives & (validation.folds == 1))
    few = validation.take(np.concatenate([np.setdiff1d(inside, rare), rare[:4]]))
    link = fit_links(few, ("image", "clinical"), [1])[1]
    assert "4 " in link.fallback
    assert "5 needed" in link.fallback
    assert link.weights["image"] * few.image.std() == pytest.approx(1)
    assert link.weights["clinical"] * few.clinical.std() == pytest.approx(1)
    assert link.as_json()["fallback"] == link.fallback


def test_a_fold_without_validation_patients_adds_scores_as_they_are(cohort) -> None:
    test, validation, _ = cohort()
    link = fit_links(validation, ("image", "clinical"), [9])[9]
    assert link.weights == {"image": 1, "clinical": 1}
    assert "0 validation patients" in link.fallback
    assert link.apply(test).tolist() == (test.image + test.clinical).tolist()


def test_a_fit_without_value_falls_back_with_its_reason(cohort) -> None:
    _, validation, _ = cohort()
    own = validation.take(validation.folds == 0)
    object.__setattr__(own, "clinical", np.zeros(len(own)))
    link = fit_links(own, ("image", "clinical"), [0])[0]
    assert "constant" in link.fallback


def test_patients_are_joined_by_the_link_of_their_fold(cohort) -> None:
    test, validation, _ = cohort()
    links = fit_links(validation, ("image", "clinical"), [0, 1, 2, 3])
    found = linked(test, links)
    place = int(np.flatnonzero(test.folds == 3)[0])
    weights = links[3].weights
    expected = weights["image"] * test.image[place] + weights["clinical"] * test.clinical[place]
    assert found[place] == pytest.approx(expected)
