"""All models side by side, and image scores beside covariates."""


rule clinical:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        predictions=get_fold_predictions,
        clinical=get_clinical_predictions,
    output:
        report=f"{names.EVALUATION}/clinical.json",
        ratios=get_figure("hazard-ratios"),
        decision=get_figure("net-benefit"),
        calibration=get_figure("calibration"),
        record=f"{names.RECORD}/clinical/{{target}}/{{encoder}}/{{model}}.json",
    log:
        "logs/clinical/{target}/{encoder}/{model}.log",
    benchmark:
        "logs/benchmark/clinical/{target}/{encoder}/{model}.tsv"
    wildcard_constraints:
        encoder=any_of(PLAN.study.config.encoders),
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        attempt=get_attempt,
    params:
        settings=get_settings("clinical"),
        code=get_code("clinical"),
        cohort=get_cohort_and_covariates,
        labels=get_label_options,
        models=get_models_folder,
        figures=get_figure_options,
    shell:
        "python -m histopress clinical "
        "--target={wildcards.target:q} --encoder={wildcards.encoder:q} "
        "--model={wildcards.model:q} --manifest={input.manifest:q} {params.labels:q} "
        "--models={params.models:q} --report={output.report:q} {params.figures:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule compare:
    input:
        manifest=get_manifest,
        metrics=PLAN.learning.metrics() + PLAN.learning.selected(),
    output:
        table=report(
            f"{names.COMPARISON}.csv",
            category="Comparison",
            caption="../report/comparison.rst",
        ),
        figure=report(
            f"{names.COMPARISON}.svg",
            category="Comparison",
            caption="../report/comparison.rst",
        ),
        record=f"{names.RECORD}/compare/comparison.json",
    log:
        "logs/compare/comparison.log",
    benchmark:
        "logs/benchmark/compare/comparison.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("compare"),
        code=get_code("compare"),
        folder=get_evaluation_folder,
    shell:
        "python -m histopress compare "
        "--manifest={input.manifest:q} --evaluation={params.folder:q} "
        "--table={output.table:q} --figure={output.figure:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
