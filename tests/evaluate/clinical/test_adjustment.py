import numpy as np
import pytest

from histopress.evaluate.clinical import Adjustment, ScoredPatients
from histopress.evaluate.clinical.adjustment import adjusted, proportionality
from histopress.evaluate.clinical.columns import crossed
from histopress.evaluate.clinical.logistic import fit_logistic
from histopress.evaluate.survival.cox import fit_cox, hazard_ratio
from histopress.evaluate.survival.times import Survival


def test_survival_figures_are_those_of_stratified_cox_models(cohort) -> None:
    test, _, by = cohort()
    strata = crossed(by.centers, test.folds)
    found = adjusted(test, by, level=0.9)
    plain = hazard_ratio(test.survival, test.image, deviation=1.0, strata=strata, level=0.9)
    assert found["unadjusted"]["estimate"] == pytest.approx(plain.ratio)
    assert found["unadjusted"]["interval"] == pytest.approx([plain.low, plain.high])
    full = fit_cox(test.survival, np.concatenate([test.image[:, None], by.matrix], axis=1), strata)
    rest = fit_cox(test.survival, by.matrix, strata)
    assert found["adjusted"]["estimate"] == pytest.approx(np.exp(full.coefficients[0]))
    expected = 2 * (full.log_likelihood - rest.log_likelihood)
    assert found["likelihood_ratio"]["statistic"] == pytest.approx(expected)
    assert found["likelihood_ratio"]["p"] < 1e-4
    assert found["n_strata"] == 12
    assert found["covariates"] == ["age", "sex"]


def test_class_figures_are_those_of_fixed_effects(cohort) -> None:
    test, _, by = cohort("classification")
    centers = np.stack([np.array(by.centers) == name for name in ("b", "c")], axis=1)
    folds = np.stack([test.folds == fold for fold in (1, 2, 3)], axis=1)
    design = np.concatenate([test.image[:, None], centers, folds, by.matrix], axis=1)
    full, rest = fit_logistic(test.positives, design), fit_logistic(test.positives, design[:, 1:])
    found = adjusted(test, by, level=0.95)
    assert found["measure"] == "odds_ratio"
    assert found["adjusted"]["estimate"] == pytest.approx(np.exp(full.coefficients[0]))
    expected = 2 * (full.log_likelihood - rest.log_likelihood)
    assert found["likelihood_ratio"]["statistic"] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_a_score_that_repeats_a_covariate_adds_nothing(cohort, kind: str) -> None:
    test, _, by = cohort(kind, n=400)
    noise = np.random.default_rng(5).normal(size=len(test))
    copy = ScoredPatients(**{**vars(test), "image": by.matrix[:, 0] + 0.5 * noise})
    found = adjusted(copy, by, level=0.95)
    assert found["unadjusted"]["interval"][0] > 1.2
    low, high = found["adjusted"]["interval"]
    assert low < 1 < high
    assert found["likelihood_ratio"]["p"] > 0.05


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_p_is_uniform_where_the_score_knows_nothing(cohort, kind: str) -> None:
    ps = []
    for seed in range(30):
        test, _, by = cohort(kind, seed=seed, n=80, image=0.0, folds=1)
        ps.append(adjusted(test, by, level=0.95)["likelihood_ratio"]["p"])
    assert np.mean(ps) == pytest.approx(0.5, abs=0.16)
    assert np.mean(np.array(ps) < 0.05) < 0.2


def test_a_difference_between_centres_is_not_the_scores(cohort) -> None:
    test, _, by = cohort("classification", n=600, image=0.0)
    shift = np.array([{"a": -2.0, "b": 0.0, "c": 2.0}[name] for name in by.centers])
    rng = np.random.default_rng(3)
    positives = shift + rng.logistic(size=len(test)) > 0
    own = {**vars(test), "outcome": positives, "image": shift + rng.normal(size=len(test))}
    found = adjusted(ScoredPatients(**own), by, level=0.99)
    low, high = found["unadjusted"]["interval"]
    assert low < 1 < high


def test_covariates_that_follow_from_others_are_left_out_and_named(cohort) -> None:
    test, _, by = cohort()
    center = np.array([name == "a" for name in by.centers])[:, None]
    matrix = np.concatenate([by.matrix, by.matrix[:, :1] * 2, center], axis=1)
    more = Adjustment(names=("age", "sex", "months", "site"), matrix=matrix, centers=by.centers)
    found = adjusted(test, more, level=0.95)
    assert found["left_out"] == ["months", "site"]
    assert found["adjusted"] == adjusted(test, by, level=0.95)["adjusted"]


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_without_covariates_plain_and_adjusted_are_one(cohort, kind: str) -> None:
    test, _, _ = cohort(kind, folds=1)
    none = Adjustment(names=(), matrix=np.zeros((len(test), 0)), centers=("a",) * len(test))
    found = adjusted(test, none, level=0.95)
    assert found["adjusted"] == found["unadjusted"]
    assert found["likelihood_ratio"]["p"] < 1e-3


def test_few_events_warn_and_none_is_undefined(cohort) -> None:
    test, _, by = cohort(n=60)
    assert (
        "fewer than 10 each"
        in adjusted(test.take(slice(0, 25)), cut(by, 25), level=0.95)["adjusted"]["warning"]
    )
    nobody = Survival(times=test.survival.times, events=np.zeros(60, bool))
    found = adjusted(ScoredPatients(**{**vars(test), "outcome": nobody}), by, level=0.95)
    for name in ("unadjusted", "adjusted"):
        assert found[name]["estimate"] is None
        assert "none of 60 patients had the event" in found[name]["warning"]
    assert found["likelihood_ratio"]["p"] is None
    assert "none of 60" in found["likelihood_ratio"]["warning"]
    schoenfeld = proportionality(ScoredPatients(**{**vars(test), "outcome": nobody}), by)
    assert "none of 60" in schoenfeld["warning"]


def cut(by: Adjustment, n: int) -> Adjustment:
    return Adjustment(names=by.names, matrix=by.matrix[:n], centers=by.centers[:n])


def test_a_score_whose_effect_fades_is_found_out(cohort) -> None:
    test, _, by = cohort(n=500)
    assert proportionality(test, by)["score"]["p"] > 0.01
    rng = np.random.default_rng(2)
    early = rng.exponential(5 * np.exp(-1.5 * test.image))
    times = np.where(early < 2, early, 2 + rng.exponential(5, 500))
    fading = Survival(times=times, events=np.ones(500, bool))
    found = proportionality(ScoredPatients(**{**vars(test), "outcome": fading}), by)
    assert found["score"]["p"] < 1e-4
    assert found["correlation"] < 0
    assert found["global"]["dof"] == 3
