from histopress.claims.pages import plan_page, table, verdict_table
from histopress.claims.planning import Planned

PLANNED = Planned(
    claim="a-x",
    letter="a",
    statement="One | other.",
    contrast="one against other",
    metric="auc",
    margin=0.05,
    n=1200,
    error=0.02,
    power=0.666,
    equivalence=0.5,
    n_needed=1550,
    assumed="much",
)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.replace("\\|", "¦")[1:-1].split("|")]


def test_a_plan_says_whose_risk_it_shares_and_what_each_claim_can_show() -> None:
    page = plan_page([PLANNED], family=26, alpha=0.05, headed="Drawn.")
    assert "Drawn." in page
    assert "corrected for 26 claims (Bonferroni, 0.05 in all)" in page
    heads, _, row = (line for line in page.splitlines() if line.startswith("|"))
    told = dict(zip(cells(heads), cells(row), strict=True))
    assert told["statement"] == "One ¦ other."
    assert (told["power"], told["n"], told["n for 80 %"]) == ("0.67", "1,200", "1,550")


def test_what_is_unknown_is_a_dash() -> None:
    unknown = dict.fromkeys(("error", "power", "equivalence", "n_needed"))
    page = plan_page([Planned(**{**vars(PLANNED), **unknown})], family=1, alpha=0.05, headed="")
    assert page.rstrip().splitlines()[-1].count("–") == 4


def test_a_verdict_stands_with_its_difference_and_corrected_interval() -> None:
    decision = {"estimate": -0.1, "low": -0.2, "high": 0.01, "n": 1234}
    result = {
        "letter": "a",
        "statement": "One is better.",
        "sentence": "undecided (needs about n = 200)",
        "finding": {"name": "one - other", "decision": decision},
    }
    line = verdict_table([result])[-1]
    assert cells(line) == [
        "a", "One is better.", "one - other", "−0.100", "[−0.200, +0.010]", "1,234",
        "**undecided (needs about n = 200)**",
    ]  # fmt: skip


def test_a_claim_that_was_not_judged_keeps_its_line() -> None:
    result = {"letter": "b", "statement": "x", "sentence": "not judged (why)", "finding": None}
    lines = verdict_table([result])
    assert cells(lines[-1])[-1] == "not judged (why)"
    assert {line.count("|") for line in lines} == {8}


def test_line_breaks_do_not_break_a_table() -> None:
    assert table(("a",), [("x\ny",)])[-1] == "| x y |"
