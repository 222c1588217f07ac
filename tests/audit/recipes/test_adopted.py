from histopress.audit.recipes.adopted import Adoption, adoption_lines, adoption_values
from histopress.audit.recipes.verdicts import Staleness

NONE = Staleness(verdicts=())


def told(**parts):
    values = {"taken": 3, "settled": False, "pending": {}, "found": NONE} | parts
    return list(adoption_lines(Adoption(**values)))


def test_what_comes_next_is_the_last_line():
    assert told() == ["taken: the results of 3 jobs", "Snakemake has nothing to do"]
    assert told(pending={"train": 1})[-1] == "Snakemake will run 1 job: train"
    assert told(pending={"train": 3, "compare": 1})[-1] == (
        "Snakemake will run 4 jobs: train ×3, compare"
    )


def test_files_are_named_where_they_go_or_stay_and_cannot_steer_the_terminal():
    lines = told(aside=("a\x1b[2J",), folder="results.aside/1", kept=("s",))
    assert lines[1:5] == [
        "moved to results.aside/1/, since no record answers for their bytes:",
        "  a�[2J",
        "left in place, though no record answers for their bytes; their jobs go on from them:",
        "  s",
    ]


def test_a_dry_run_says_what_would_become():
    lines = told(pending=None, aside=("a",), folder="results.aside/1")
    assert lines[0].startswith("would take") and lines[1].startswith("to be moved to")
    assert not lines[-1].startswith("Snakemake")


def test_programs_get_all_of_it():
    values = adoption_values(
        Adoption(taken=3, settled=True, pending={"train": 2}, found=NONE, kept=("s",))
    )
    assert (values["taken"], values["settled"], values["pending"]) == (3, True, {"train": 2})
    assert (values["kept"], values["staleness"]["stale"]) == (["s"], [])
