"""Controls: what must come out as chance, and what must be refused."""


rule null:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        # The observed figure changes with predictions; intervals and notes are no reason to rerun.
        predictions=get_fold_predictions,
        metrics=ancient(f"{names.EVALUATION}/metrics.json"),
        compressed=get_labelled_slides,
    output:
        null=f"{names.EVALUATION}/null.json",
        permutations=f"{names.EVALUATION}/null.csv",
        figure=get_figure("null"),
        record=f"{names.RECORD}/null/{{target}}/{{encoder}}/{{model}}.json",
    log:
        "logs/null/{target}/{encoder}/{model}.log",
    benchmark:
        "logs/benchmark/null/{target}/{encoder}/{model}.tsv"
    wildcard_constraints:
        encoder=any_of(PLAN.study.config.encoders),
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=720,
        attempt=get_attempt,
    params:
        settings=get_settings("null"),
        code=get_code("null"),
        cohort=get_cohort,
        labels=get_label_options,
        folder=get_compressed_folder,
    shell:
        "python -m histopress null "
        "--target={wildcards.target:q} --encoder={wildcards.encoder:q} "
        "--model={wildcards.model:q} --manifest={input.manifest:q} {params.labels:q} "
        "--metrics={input.metrics:q} --compressed={params.folder:q} "
        "--null={output.null:q} --permutations={output.permutations:q} "
        "--figure={output.figure:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule leaks:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        split=PLAN.learning.split(),
    output:
        report=names.LEAKS,
        record=f"{names.RECORD}/leaks/{{target}}.json",
    log:
        "logs/leaks/{target}.log",
    benchmark:
        "logs/benchmark/leaks/{target}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("leaks"),
        code=get_code("leaks"),
        cohort=get_cohort,
        labels=get_label_options,
    shell:
        "python -m histopress leaks "
        "--target={wildcards.target:q} --manifest={input.manifest:q} {params.labels:q} "
        "--split={input.split:q} --report={output.report:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
