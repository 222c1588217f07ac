"""Metrics with intervals, figures, and all models side by side."""


rule evaluate:
    input:
        manifest=get_manifest,
        predictions=get_fold_predictions,
    output:
        metrics=f"{names.EVALUATION}/metrics.json",
        predictions=f"{names.EVALUATION}/predictions.csv",
        roc=report(
            f"{names.EVALUATION}/roc.svg",
            category="Results",
            subcategory="{target}",
            labels={"encoder": "{encoder}", "model": "{model}", "shows": "ROC curves"},
            caption="../report/evaluation.rst",
        ),
        scores=report(
            f"{names.EVALUATION}/scores.svg",
            category="Results",
            subcategory="{target}",
            labels={
                "encoder": "{encoder}",
                "model": "{model}",
                "shows": "scores by class",
            },
            caption="../report/evaluation.rst",
        ),
        record=f"{names.RECORD}/evaluate/{{target}}/{{encoder}}/{{model}}.json",
    log:
        "logs/evaluate/{target}/{encoder}/{model}.log",
    benchmark:
        "logs/benchmark/evaluate/{target}/{encoder}/{model}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=get_settings("evaluate"),
        code=get_code("evaluate"),
        cohort=get_cohort,
        models=get_model_folder,
    shell:
        "python -m histopress evaluate "
        "--target={wildcards.target:q} --encoder={wildcards.encoder:q} "
        "--model={wildcards.model:q} --manifest={input.manifest:q} --models={params.models:q} "
        "--metrics={output.metrics:q} --predictions={output.predictions:q} "
        "--roc={output.roc:q} --scores={output.scores:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} 2> {log:q}"


rule compare:
    input:
        metrics=PLAN.metrics(),
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
        mem_mb=1000,
        runtime=10,
    params:
        settings=get_settings("compare"),
        code=get_code("compare"),
        folder=get_evaluation_folder,
    shell:
        "python -m histopress compare "
        "--evaluation={params.folder:q} "
        "--table={output.table:q} --figure={output.figure:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} 2> {log:q}"
