"""Figures of claims: each kind is drawn, says its verdict, and shows what it is of."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from histopress.claims.estimate import Estimate
from histopress.claims.figures import claim_figure, verdicts_figure
from histopress.claims.result import ClaimResult, Finding, find
from histopress.evaluate.figures import save_svg


def finding(name: str, value: float, error: float = 0.02, *, margin: float = 0.05) -> Finding:
    estimate = Estimate(value=value, sampling_error=error, freedom=100.0, n=1200)
    return find(name, estimate, margin=margin, claims=10)


def arm(side: str, encoder: str, value: float | None) -> dict:
    bounds = (None, None) if value is None else (value - 0.05, value + 0.05)
    return {
        "side": side, "encoder": encoder, "value": value, "low": bounds[0], "high": bounds[1],
    }  # fmt: skip


ROWS: dict[str, list[dict]] = {
    "contrast": [
        arm("first", "full-1", 0.9), arm("second", "bigan", 0.8), arm("second", "x", None),
    ],
    "inclusion": [
        arm("lymph", "l", 0.5), arm("mitosis", "m", 0.6), arm("lymph+mitosis", "lm", 0.7),
    ],
    "separation": [
        {"group": group, "time": time, "survival": 1 - time / 10}
        for group in ("low risk", "high risk")
        for time in (1.0, 4.0)
    ],
    "limit": [
        {
            "encoder": encoder, "share": share, "from_size": low, "to_size": 2 * low,
            "value": None if low == 300 and share < 1 else 0.7, "lesions": 9,
        }
        for encoder, share in (("c16", 1.0), ("c16", 0.25), ("c4", 1.0))
        for low in (100, 300)
    ],
    "saliency": [
        {
            "slide_id": str(place), "auroc": 0.5 + place / 20, "jaccard": place / 10,
            "random_jaccard": 0.1, "centred_jaccard": 0.2,
        }
        for place in range(8)
    ],
    "precision": [
        {"bits": bits, "value": 0.9 - 1 / bits**2, "cell_bytes_a_slide": 2000.0 * bits}
        for bits in (16, 8, 4)
    ],
}  # fmt: skip
FACTS = {
    "inclusion": {"trend": {"counts": [1, 2], "means": [0.55, 0.7]}},
    "limit": {"sizes": "metastasis_um", "edges": ((100.0, 200.0), (300.0, 1600.0))},
}


def result(kind: str, **changes: object) -> ClaimResult:
    facts = {
        "claim": f"x-{kind}",
        "letter": "a",
        "kind": kind,
        "statement": "A multitask encoder is better than an unsupervised one.",
        "metric": "auc",
        "finding": finding("full-1 + full-2 - bigan + vae", -0.2),
        "rows": ROWS[kind],
        "beside": (finding("another - one", 0.3),),
        "facts": FACTS.get(kind, {}),
        "headed": "Verdicts on phantoms.",
        "warnings": ("2 of 200 resamples have no figure",),
    }
    return ClaimResult(**{**facts, **changes})


def words(figure: Figure) -> str:
    texts = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title)]
    for axes in figure.axes:
        texts += [axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()]
        texts += [label.get_text() for label in (*axes.get_yticklabels(), *axes.get_xticklabels())]
    return " ".join([*texts, figure.get_supxlabel()]).replace("\n", " ")


@pytest.mark.parametrize("kind", ROWS)
def test_each_kind_is_drawn_with_its_verdict(kind: str, tmp_path: Path) -> None:
    figure = claim_figure(result(kind))
    told = words(figure)
    assert "A multitask encoder is better" in told
    assert "full-1 + full-2 − bigan + vae: −0.200 [" in told
    assert "n = 1,200. Verdict: reversed, by more than 0.05." in told
    assert "Verdicts on phantoms." in told
    assert "2 of 200 resamples" in told
    assert "another − one" in told
    save_svg(figure, tmp_path / "a.svg", description="x")
    again = claim_figure(result(kind))
    save_svg(again, tmp_path / "b.svg", description="x")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_band_is_the_margin_and_the_thick_line_the_corrected_interval() -> None:
    own = finding("one - other", 0.1)
    right = claim_figure(result("contrast", finding=own)).axes[1]
    path = right.collections[0].get_paths()[0].get_extents()
    assert (path.x0, path.x1) == (-0.05, 0.05)
    thickest = max(right.lines, key=lambda line: line.get_linewidth())
    assert thickest.get_xdata() == pytest.approx([own.decision.low, own.decision.high])


def test_labels_of_differences_do_not_overlap() -> None:
    many = tuple(finding(f"a rather long name of encoder {n} - another", 0.1) for n in range(6))
    figure = claim_figure(result("inclusion", beside=many))
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[1].get_yticklabels()]
    assert not any(first.overlaps(second) for first, second in pairwise(boxes))
    left = figure.axes[0].get_window_extent()
    assert min(box.x0 for box in boxes) > left.x1


def test_sizes_are_written_without_powers_of_ten() -> None:
    assert "300–1,600" in words(claim_figure(result("limit")))


def test_what_was_not_judged_says_why() -> None:
    figure = claim_figure(
        result("limit", finding=None, beside=(), rows=(), metric=None, reason="no lesion")
    )
    assert "not judged (no lesion) Verdicts on phantoms." in words(figure)


def test_all_claims_stand_below_each_other_in_units_of_their_margins() -> None:
    found = [
        result("contrast", claim="x", finding=finding("d", 0.15)).as_json(),
        result("contrast", claim="far", finding=finding("d", 3.0)).as_json(),
        result("limit", claim="none", finding=None, reason="no lesion").as_json(),
    ]
    figure = verdicts_figure(found, headed="Drawn.")
    axes = figure.axes[0]
    told = words(figure)
    for text in ("a  x", "a  far", "a  none", "shown, by more than 0.05", "not judged", "Drawn."):
        assert text in told
    decision = found[0]["finding"]["decision"]
    ends = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert any(
        np.allclose(each, [decision["low"] / 0.05, decision["high"] / 0.05]) for each in ends
    )
    assert [line.get_marker() for line in axes.lines].count(">") == 1
