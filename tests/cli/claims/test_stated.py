"""What the workflow asks of claims: whom they are judged on, by which files and settings."""

import pytest

from histopress.cli.claims.stated import Stated
from histopress.cli.plan import Plan
from histopress.errors import ConfigError

BASE = {"letter": "a", "statement": "One is better.", "model": "m"}
CLAIMS = {
    "contrast": {"target": "grade", "first": ["e"], "second": ["f"]},
    "inclusion": {"target": "grade", "encoders": ["e", "f"]},
    "separation": {"target": "os", "encoder": "e", "proxy": "grade", "proxy_class": "high"},
    "limit": {"target": "lesion", "encoders": ["e", "f"], "sizes": "um"},
    "saliency": {"target": "grade", "encoder": "e"},
    "precision": {"target": "grade", "encoder": "e"},
}
CONFIG = {
    "seed": 4,
    "phantom": {"slides": {}},
    "grids": {"g": {}},
    "tasks": {
        name: {"source": {"kind": "table", "path": f"{name}.h5"}} for name in ("lymph", "mitosis")
    },
    "encoders": {
        "e": {"kind": "multitask", "grid": "g", "tasks": ["lymph"]},
        "f": {"kind": "multitask", "grid": "g", "tasks": ["lymph", "mitosis"]},
    },
    "targets": {
        "grade": {
            "kind": "classification", "column": "grade", "level": "patient",
            "classes": ["low", "high"], "positive": "high",
        },
        "lesion": {"kind": "classification", "column": "lesion", "positive": "1"},
        "os": {"kind": "survival", "time": "months", "event": "dead", "level": "patient"},
    },
    "models": {"m": {"kind": "nic-cnn"}},
    "protocol": {"folds": 3},
    "seeds": [7, 8],
    "claims": {
        "family": 6,
        "latents": "latents.csv",
        "of": {kind: BASE | {"kind": kind} | own for kind, own in CLAIMS.items()},
    },
}  # fmt: skip


def write_tables(folder, *, grade="low", um="60", center="A"):
    """Nine patients, the first with two slides; three of them are high."""
    lines = ["slide_id,patient_id,path,center,grade,lesion,months,dead"]
    sizes = ["slide_id,um,colour"]
    for number in range(10):
        patient = max(1, number)
        own = "high" if patient % 3 == 0 else "low"
        cells = [f"s{number}", f"p{patient}", f"s{number}.svs", "A", own, number % 2]
        lines.append(",".join(map(str, [*cells, 5 + patient, int(patient % 3 == 0)])))
        sizes.append(f"s{number},{60 * (number % 2)},red")
    text = "\n".join([*lines, ""])
    text = text.replace("s9,p9,s9.svs,A,high", f"s9,p9,s9.svs,{center},high")
    text = text.replace("s8,p8,s8.svs,A,low", f"s8,p8,s8.svs,A,{grade}")
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/slides.csv").write_text(text)
    (folder / "latents.csv").write_text("\n".join([*sizes, ""]).replace("s1,60,", f"s1,{um},"))


def plan_of(folder, **changes):
    return Plan.load(CONFIG | changes, folder, check_files=False)


@pytest.fixture
def plan(tmp_path):
    write_tables(tmp_path)
    return plan_of(tmp_path)


def test_patients_are_counted_and_the_positive_class_stands_first(plan):
    facts = plan.stated.facts("contrast")
    assert facts == {
        "kind": "classification", "n": 9, "folds": 3, "prevalences": [3 / 9, 6 / 9],
    }  # fmt: skip
    # Of slides: patients are counted, labels of slides.
    facts = plan.stated.facts("limit")
    assert (facts["n"], facts["prevalences"]) == (9, [0.5, 0.5])
    facts = plan.stated.facts("separation")
    assert facts["event_share"] == pytest.approx(3 / 9)
    assert plan.stated.facts("inclusion")["task_counts"] == [1, 2]


def test_a_claim_is_given_what_it_reads(plan):
    def given(name):
        return {role: paths for role, paths in plan.stated.inputs(name).items() if paths}

    def rows(target, *encoders):
        return [
            f"results/evaluation/{target}/{encoder}/m/{file}"
            for encoder in encoders
            for file in ("metrics.json", "predictions.csv")
        ]

    always = {"manifest": ["config/slides.csv"]}
    slides = [f"results/compressed/e/s{number}.h5" for number in range(10)]
    assert given("contrast") == always | {"evaluation": rows("grade", "e", "f")}
    assert given("inclusion") == always | {"evaluation": rows("grade", "e", "f")}
    folds = [
        f"results/models/grade/e/m/seed{seed}/fold{fold}/predictions.csv"
        for seed in (7, 8)
        for fold in range(3)
    ]
    found = given("separation")
    assert found == always | {"evaluation": rows("os", "e") + rows("grade", "e"), "models": folds}
    # One map a slide: of the first seed.
    weights = [f"results/models/grade/e/m/seed7/fold{fold}/model.safetensors" for fold in range(3)]
    found = given("saliency")
    assert found["models"] == weights
    assert found["compressed"] == slides
    assert given("precision") == always | {"compressed": slides}
    both = slides + [path.replace("/e/", "/f/") for path in slides]
    assert given("limit") == always | {"compressed": both, "latents": ["latents.csv"]}


def test_options_name_each_role_that_is_given_once(plan):
    for name in CLAIMS:
        options = [option.split("=")[0] for option in plan.stated.options(name)]
        assert len(set(options)) == len(options)
        given = {f"--{role}" for role, paths in plan.stated.inputs(name).items() if paths}
        assert given == set(options)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"grade": "high"}, {"precision"}),
        ({"center": "B"}, set(CLAIMS)),
        ({"um": "61"}, {"limit"}),
    ],
)
def test_what_counts_of_tables_follows_them(tmp_path, change, expected):
    write_tables(tmp_path)
    before = {name: plan_of(tmp_path).stated.content(name) for name in CLAIMS}
    write_tables(tmp_path, **change)
    after = {name: plan_of(tmp_path).stated.content(name) for name in CLAIMS}
    assert {name for name in CLAIMS if before[name] != after[name]} == expected


def test_settings_hold_what_a_kind_of_claim_uses(plan, tmp_path):
    def settings(plan, name):
        return plan.settings("claim", _Wildcards(name))

    def changed_by(**changes):
        other = plan_of(tmp_path, **changes)
        return {name for name in CLAIMS if settings(plan, name) != settings(other, name)}

    claims = CONFIG["claims"]
    assert changed_by(claims=claims | {"resamples": 300}) == {"contrast", "limit", "precision"}
    assert changed_by(claims=claims | {"family": 9}) == set(CLAIMS)
    assert changed_by(claims=claims | {"correlation": 0.1}) == set()
    assert changed_by(seeds=[7, 9]) == {"separation"}
    assert changed_by(seeds=[9, 8]) == {"separation", "saliency"}
    assert changed_by(models={"m": {"kind": "nic-cnn", "width": 64}}) == {"limit", "precision"}
    own = claims["of"] | {"limit": claims["of"]["limit"] | {"margin": 0.2}}
    assert changed_by(claims=claims | {"of": own}) == {"limit"}


class _Wildcards:
    def __init__(self, claim):
        self.claim = claim


def test_a_claim_that_is_not_stated_is_named(plan):
    with pytest.raises(ConfigError, match="claim 'x': not configured; there are contrast, incl"):
        plan.stated.claim("x")


def test_without_claims_there_is_nothing_to_end_in(tmp_path):
    write_tables(tmp_path)
    stated = plan_of(tmp_path, claims=None).stated
    assert isinstance(stated, Stated)
    assert (stated.names, stated.files()) == ([], [])
