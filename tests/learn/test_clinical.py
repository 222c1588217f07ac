import csv

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from histopress.cohort.coding import fit_coding
from histopress.cohort.covariates import CovariateSettings, read_covariates
from histopress.cohort.labels.outcome import Outcome
from histopress.errors import ConfigError, StoreError
from histopress.learn.clinical import CodedPatients, FittedClinical, fit_clinical
from histopress.learn.goal import Goal
from histopress.learn.scoring import concordance

GOALS = {
    "classification": Goal(kind="classification", level="patient", classes=2),
    "regression": Goal(kind="regression", level="patient"),
    "survival": Goal(kind="survival", level="patient"),
}
BETA = np.array([1.0, -0.5, 0.0])


def patients(kind: str, n: int = 200, seed: int = 0, classes: int = 2) -> CodedPatients:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    linear = x @ BETA
    if kind == "classification":
        noisy = linear + rng.logistic(size=n)
        labels = np.searchsorted(np.linspace(-1, 1, classes - 1), noisy).tolist()
    elif kind == "regression":
        labels = (50 + 10 * (linear + rng.normal(size=n))).tolist()
    else:
        true, limit = rng.exponential(np.exp(-linear)), rng.exponential(2, n)
        pairs = zip(np.minimum(true, limit), true <= limit, strict=True)
        labels = [Outcome(time, bool(event), int(event)) for time, event in pairs]
    return CodedPatients(matrix=x, labels=labels)


@pytest.mark.parametrize("kind", GOALS)
def test_learns_the_direction_and_comes_back_from_its_state(kind: str) -> None:
    fitted = fit_clinical(patients(kind), patients(kind, 80, 1), goal=GOALS[kind])
    test = patients(kind, 300, 2).matrix
    assert np.corrcoef(fitted.linear(test), test @ BETA)[0, 1] > 0.95
    found = fitted.predict(test)
    assert found.shape == (300, GOALS[kind].outputs)
    again = FittedClinical.load(fitted.state, GOALS[kind])
    assert again.predict(test).tolist() == found.tolist()
    assert again.predict(test[:1]).tolist() == found[:1].tolist()


@pytest.mark.parametrize("kind", GOALS)
def test_the_penalty_is_chosen_on_validation_patients(kind: str) -> None:
    train, validation = patients(kind, 25, 3), patients(kind, 80, 4)
    fitted = fit_clinical(train, validation, goal=GOALS[kind])
    losses = [row["validation_loss"] for row in fitted.history]
    assert [row["best"] for row in fitted.history].index(1) == int(np.argmin(losses))
    own = [row["train_loss"] for row in fitted.history]
    if kind != "classification":
        assert own == sorted(own, reverse=True)
    # Where new patients are the reverse of the training patients, to learn least is best.
    reverse = CodedPatients(matrix=-validation.matrix, labels=validation.labels)
    weak = fit_clinical(train, reverse, goal=GOALS[kind], penalties=[1e-4, 100.0])
    assert weak.history[0]["best"] == 1
    assert weak.history[0]["penalty"] == 100


def test_logistic_is_scikit_learns_with_balanced_classes() -> None:
    train = patients("classification", 150)
    fitted = fit_clinical(train, train, goal=GOALS["classification"], penalties=[0.02])
    model = LogisticRegression(C=1 / (0.02 * 150), class_weight="balanced", tol=1e-10)
    expected = model.fit(train.matrix, train.labels).predict_proba(train.matrix)
    assert fitted.predict(train.matrix) == pytest.approx(expected, abs=1e-5)
    odds = np.log(expected[:, 1] / expected[:, 0])
    assert fitted.linear(train.matrix, 1) == pytest.approx(odds, abs=1e-4)
    assert fitted.linear(train.matrix, 0) == pytest.approx(-odds, abs=1e-4)


def test_three_classes() -> None:
    goal = Goal(kind="classification", level="patient", classes=3)
    fitted = fit_clinical(
        patients("classification", classes=3), patients("classification", 80, 1, 3), goal=goal
    )
    test = patients("classification", 50, 2, 3).matrix
    found = fitted.predict(test)
    assert found.sum(axis=1) == pytest.approx(1)
    odds = np.log(found[:, 2] / (1 - found[:, 2]))
    assert fitted.linear(test, 2) == pytest.approx(odds, abs=1e-9)


def test_units_of_a_number_do_not_matter() -> None:
    train, goal = patients("regression"), GOALS["regression"]
    metres = fit_clinical(train, train, goal=goal, penalties=[0.1]).predict(train.matrix)
    labels = [1000 * label for label in train.labels]
    other = CodedPatients(matrix=train.matrix, labels=labels)
    found = fit_clinical(other, other, goal=goal, penalties=[0.1]).predict(train.matrix)
    assert found == pytest.approx(1000 * metres)


def test_without_validation_events_the_strongest_penalty_is_taken() -> None:
    validation = CodedPatients(matrix=np.zeros((2, 3)), labels=[Outcome(1.0, False)] * 2)
    fitted = fit_clinical(patients("survival"), validation, goal=GOALS["survival"])
    assert fitted.history[0]["best"] == 1
    assert fitted.history[0]["penalty"] == 1.0


def test_faults_are_named() -> None:
    own = patients("survival", 5)
    with pytest.raises(ConfigError, match="all covariates are constant"):
        fit_clinical(
            CodedPatients(matrix=np.zeros((5, 0)), labels=own.labels), own, goal=GOALS["survival"]
        )
    with pytest.raises(ConfigError, match="0 labels of 0 validation patients"):
        nobody = CodedPatients(matrix=np.zeros((0, 3)), labels=[])
        fit_clinical(own, nobody, goal=GOALS["survival"])
    alike = CodedPatients(matrix=np.eye(3), labels=[1, 1, 1])
    with pytest.raises(ConfigError, match="no training patient of class 0"):
        fit_clinical(alike, alike, goal=GOALS["classification"])
    fitted = fit_clinical(patients("survival"), own, goal=GOALS["survival"])
    with pytest.raises(StoreError, match="needs 3 columns"):
        fitted.predict(np.zeros((2, 4)))
    with pytest.raises(StoreError, match="lacks intercept"):
        FittedClinical.load({"coef": np.zeros((1, 3))}, GOALS["survival"])


def test_age_tells_of_survival_in_tcga_brca(data) -> None:
    with (data / "tables" / "tcga_brca_survival.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    declared = {
        "age": CovariateSettings(kind="number"),
        "is_female": CovariateSettings(kind="category"),
        "oncotree_code": CovariateSettings(kind="category"),
    }
    cells = {row["slide_id"]: row for row in rows}
    patient_of = {row["slide_id"]: row["case_id"] for row in rows}
    covariates = read_covariates(cells, patient_of, declared)
    assert len(covariates) == 871
    outcomes = {
        row["case_id"]: Outcome(float(row["survival_months"]), row["censorship"] == "0")
        for row in rows
    }
    parts = np.arange(871) % 3
    own = [[name for name, at in zip(covariates, parts, strict=True) if at == k] for k in range(3)]
    coding = fit_coding([covariates[name] for name in own[0]], declared)
    assert "age" in coding.names
    coded = [
        CodedPatients(
            matrix=coding.transform([covariates[name] for name in part]),
            labels=[outcomes[name] for name in part],
        )
        for part in own
    ]
    fitted = fit_clinical(coded[0], coded[1], goal=GOALS["survival"])
    assert fitted.coef[0, coding.names.index("age")] > 0
    risks = fitted.predict(coded[2].matrix)[:, 0]
    times, events = (np.array([label[k] for label in coded[2].labels]) for k in (0, 1))
    assert events.sum() > 20
    assert concordance(risks, times, events) > 0.55
