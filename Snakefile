"""histopress: from slides to compressed slides to slide-level results."""

from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/encoder_inputs.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/tile.smk"
include: "workflow/rules/patches.smk"
include: "workflow/rules/encoder.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/probe.smk"
include: "workflow/rules/encode.smk"
include: "workflow/rules/compress.smk"
include: "workflow/rules/model.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/control.smk"
include: "workflow/rules/explain.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/audit.smk"


report: "workflow/report/workflow.rst"


localrules:
    all,
    encoders,
    controls,
    claims,


rule all:
    default_target: True
    input:
        get_overlays(),
        get_compressed_slides(),
        get_comparisons(),
        get_evaluations(),
        get_claims(),


rule encoders:
    input:
        get_comparisons(),


rule controls:
    input:
        get_controls(),


rule claims:
    input:
        get_claims(),
