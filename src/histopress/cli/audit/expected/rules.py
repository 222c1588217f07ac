"""The workflow's rules as a table."""

import re
from types import MappingProxyType

from histopress.cli.audit.expected import content, given
from histopress.cli.audit.expected.rule import Rule
from histopress.study import names

RULES = (
    Rule(
        verb="simulate slide",
        outputs=(names.PHANTOM, names.PHANTOM_TRUTH),
        applies=given.is_drawn,
    ),
    Rule(verb="simulate patches", outputs=(names.PHANTOM_PATCHES,), applies=given.draws_patches),
    Rule(
        verb="patches",
        outputs=(names.PATCHES,),
        inputs=given.patches,
        unread=frozenset({"files"}),
        content={"manifest": content.people_in_order},
    ),
    Rule(verb="tile", outputs=(names.TILES, names.OVERLAY), inputs=given.slide),
    Rule(
        verb="encoder define",
        outputs=(given.CARD, given.WEIGHTS),
        applies=lambda plan, wildcards: bool(re.fullmatch(plan.defined, wildcards.encoder)),
    ),
    Rule(
        verb="encoder import",
        outputs=(given.CARD, given.WEIGHTS),
        inputs=lambda plan, wildcards: {"file": plan.foreign_files(wildcards.encoder)},
        applies=lambda plan, wildcards: bool(re.fullmatch(plan.imported, wildcards.encoder)),
    ),
    Rule(
        verb="encoder train",
        outputs=(given.CARD, given.WEIGHTS, given.HISTORY),
        inputs=lambda plan, wildcards: {"patches": plan.training_tables(wildcards.encoder)},
        applies=lambda plan, wildcards: bool(re.fullmatch(plan.trained, wildcards.encoder)),
    ),
    Rule(verb="encoder card", outputs=(f"{names.ENCODER}/card.md",), inputs=given.card),
    Rule(
        verb="encoder probe",
        outputs=(f"{names.PROBE}/metrics.json", f"{names.PROBE}/predictions.csv"),
        inputs=given.probe,
    ),
    Rule(
        verb="encoder compare",
        outputs=(f"{names.PROBES}.csv",),
        inputs=lambda plan, _: {"probes": plan.probes()},
    ),
    Rule(
        verb="encoder transfer",
        outputs=(f"{names.MATRIX}.csv",),
        inputs=lambda plan, _: {"probes": plan.transfer_probes()},
    ),
    Rule(
        verb="encode",
        outputs=(names.FEATURES,),
        inputs=given.encode,
        # Of a slide that was excluded before, neither is opened.
        unread=frozenset({"slide", "weights"}),
    ),
    Rule(
        verb="compress",
        outputs=(names.COMPRESSED,),
        inputs=given.compress,
        applies=lambda plan, wildcards: bool(re.fullmatch(plan.encoded, wildcards.encoder)),
    ),
    Rule(
        verb="compress import",
        outputs=(names.COMPRESSED,),
        inputs=given.foreign_features,
        applies=lambda plan, wildcards: bool(
            re.fullmatch(plan.foreign_features, wildcards.encoder)
        ),
    ),
    Rule(
        verb="split",
        outputs=(names.SPLIT,),
        inputs=given.split,
        content=content.COHORT | {"table": content.divisions},
    ),
    Rule(
        verb="train",
        outputs=(
            f"{names.FOLD}/predictions.csv",
            f"{names.FOLD}/history.csv",
            f"{names.FOLD}/model.safetensors",
        ),
        inputs=given.train,
        applies=given.is_learned,
        content=content.COHORT,
    ),
    Rule(
        verb="train clinical",
        outputs=(
            f"{names.CLINICAL_FOLD}/predictions.csv",
            f"{names.CLINICAL_FOLD}/history.csv",
            f"{names.CLINICAL_FOLD}/model.json",
        ),
        inputs=given.divided,
        content=content.WITH_COVARIATES,
    ),
    Rule(
        verb="evaluate",
        outputs=(given.METRICS, f"{names.EVALUATION}/predictions.csv"),
        inputs=given.evaluate,
        applies=given.has_row,
        # Only those that no model saw are asked why.
        unread=frozenset({"compressed"}),
        content=content.WITH_SUBGROUPS,
    ),
    Rule(
        verb="select",
        outputs=(f"{names.CHOSEN}/metrics.json", f"{names.CHOSEN}/predictions.csv"),
        inputs=given.select,
        content=content.COHORT,
    ),
    Rule(
        verb="clinical",
        outputs=(f"{names.EVALUATION}/clinical.json",),
        inputs=given.clinical,
        content=content.WITH_COVARIATES,
    ),
    Rule(
        verb="compare",
        outputs=(f"{names.COMPARISON}.csv",),
        inputs=given.compare,
        content={"manifest": content.people},
    ),
    Rule(
        verb="null",
        outputs=(f"{names.EVALUATION}/null.json",),
        inputs=given.null,
        # The figure that is observed comes from the predictions, whatever else is told beside it.
        unread=frozenset({"predictions"}),
        loose=frozenset({"metrics"}),
        content=content.COHORT | {"table": content.divisions, "metrics": content.observed},
    ),
    Rule(verb="leaks", outputs=(names.LEAKS,), inputs=given.divided, content=content.COHORT),
    Rule(verb="explain", outputs=(names.MAPS,), inputs=given.explain),
    Rule(verb="claims plan", outputs=(f"{names.CLAIMS_PLAN}.json", f"{names.CLAIMS_PLAN}.md")),
    Rule(
        verb="claim",
        outputs=(f"{names.CLAIM}.json",),
        inputs=lambda plan, wildcards: plan.stated.inputs(wildcards.claim),
        applies=lambda plan, wildcards: wildcards.claim in plan.stated.names,
        # Maps are made of tested slides alone.
        unread=frozenset({"compressed"}),
        content=content.CLAIMED,
    ),
)
"""One a verb that the workflow runs."""

RULE = MappingProxyType({rule.verb: rule for rule in RULES})
"""The same by verb."""
