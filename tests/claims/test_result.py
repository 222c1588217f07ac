import json

import pytest

from histopress.claims.estimate import Estimate
from histopress.claims.result import ClaimResult, find
from histopress.store import canonical_json

ESTIMATE = Estimate(value=0.1, sampling_error=0.02, freedom=1e9, n=200)


def result(**changes: object) -> ClaimResult:
    facts = {
        "claim": "a",
        "letter": "a",
        "kind": "contrast",
        "statement": "One is better.",
        "metric": "auc",
        "finding": find("one - other", ESTIMATE, margin=0.05),
        "rows": ({"encoder": "one", "value": 0.9},),
    }
    return ClaimResult(**{**facts, **changes})


def test_a_finding_expects_a_difference_above_0() -> None:
    other = Estimate(value=-0.1, sampling_error=0.02, freedom=1e9, n=200)
    assert find("x", ESTIMATE, margin=0.05).decision.verdict == "shown"
    assert find("x", other, margin=0.05).decision.verdict == "reversed"


def test_the_more_claims_the_wider_the_interval_at_the_same_estimate() -> None:
    one, many = (find("x", ESTIMATE, margin=0.05, claims=n).decision for n in (1, 20))
    assert one.level == 0.95
    assert many.level == 1 - 0.05 / 20
    assert many.low < one.low < 0.1 < one.high < many.high
    # 0.1 ± 3.0233 · 0.02: the normal quantile at 1 - 0.05 / 40
    assert many.low == pytest.approx(0.1 - 3.023341 * 0.02, abs=1e-6)


def test_json_holds_plain_values_and_the_verdict_in_words() -> None:
    found = json.loads(canonical_json(result(beside=(find("y", ESTIMATE, margin=0.2),)).as_json()))
    assert found["sentence"] == "shown, by more than 0.05"
    assert found["finding"]["decision"]["verdict"] == "shown"
    assert found["finding"]["estimate"]["value"] == 0.1
    assert found["beside"][0]["decision"]["sentence"].startswith("equivalent within ±0.2; a diff")
    assert found["rows"] == [{"encoder": "one", "value": 0.9}]


def test_what_could_not_be_judged_says_why() -> None:
    found = result(finding=None, metric=None, rows=(), reason="no fold has two patients")
    assert found.sentence == "not judged (no fold has two patients)"
    assert found.as_json()["finding"] is None
