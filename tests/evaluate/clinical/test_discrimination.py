import numpy as np
import pytest

from histopress.evaluate.auc import fold_auc
from histopress.evaluate.clinical.discrimination import discrimination, ordered
from histopress.evaluate.survival.fold_concordance import fold_harrell


def compare(test, combined, seed=1):
    return discrimination(
        test, combined, n_resamples=300, level=0.95, rng=np.random.default_rng(seed)
    )


@pytest.mark.parametrize("kind", ["survival", "classification"])
def test_figures_are_those_within_folds_and_the_difference_is_theirs(cohort, kind: str) -> None:
    test, _, _ = cohort(kind)
    both = test.image + test.clinical
    found = compare(test, both)
    for name, scores in [("image", test.image), ("clinical", test.clinical), ("combined", both)]:
        if kind == "survival":
            expected = fold_harrell(test.survival, scores, test.folds).average
        else:
            expected = fold_auc(test.positives, scores, test.folds).average
        assert found[name]["estimate"] == pytest.approx(expected, abs=1e-12)
    added = found["combined"]["estimate"] - found["clinical"]["estimate"]
    assert found["added"]["estimate"] == pytest.approx(added, abs=1e-12)
    assert found["added"]["interval"][0] > 0
    assert found["metric"] == ("harrell_c" if kind == "survival" else "auc")


def test_the_difference_is_paired(cohort) -> None:
    test, _, _ = cohort()
    tiny = test.clinical + 0.03 * test.image
    found = compare(test, tiny)
    width = np.ptp(found["added"]["interval"])
    assert width < 0.1 * np.ptp(found["clinical"]["interval"])


def test_weights_are_repetitions(cohort) -> None:
    test, _, _ = cohort(n=60)
    weights = np.random.default_rng(0).multinomial(60, np.full(60, 1 / 60), 4).astype(float)
    found = ordered(test, test.image, weights)
    for row, own in enumerate(weights):
        again = test.take(np.repeat(np.arange(60), own.astype(int)))
        expected = fold_harrell(again.survival, again.image, again.folds).average
        assert found[row] == pytest.approx(expected, abs=1e-12)


def test_without_a_pair_everything_is_named(cohort) -> None:
    test, _, _ = cohort("classification")
    found = compare(test.take(test.positives), test.image[test.positives])
    for name in ("image", "clinical", "combined", "added"):
        assert found[name]["estimate"] is None
        assert "in no fold" in found[name]["warning"]


def test_few_events_warn(cohort) -> None:
    test, _, _ = cohort(n=30)
    found = compare(test, test.clinical + test.image)
    assert test.n_events < 20
    assert f"only {test.n_events} patients with the event" in found["added"]["warning"]


def test_scores_of_one_order_show_no_certainty(cohort) -> None:
    test, _, _ = cohort()
    found = compare(test, 3 * test.clinical)["added"]
    assert (found["estimate"], found["interval"], found["method"]) == (0, None, "none")
    assert "no spread" in found["warning"]
