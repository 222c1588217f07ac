"""Metrics with intervals, and figures, of every row; the row that chooses within each fold."""


rule evaluate:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        split=PLAN.learning.split(),
        predictions=get_fold_predictions,
        histories=get_fold_histories,
        compressed=get_evaluated_slides,
    output:
        metrics=f"{names.EVALUATION}/metrics.json",
        predictions=f"{names.EVALUATION}/predictions.csv",
        account=f"{names.EVALUATION}/slides.csv",
        flow=get_figure("flow"),
        training=get_figure("training"),
        roc=get_figure("roc"),
        precision=get_figure("precision-recall"),
        scores=get_figure("scores"),
        reliability=get_figure("reliability"),
        record=f"{names.RECORD}/evaluate/{{target}}/{{encoder}}/{{model}}.json",
    log:
        "logs/evaluate/{target}/{encoder}/{model}.log",
    benchmark:
        "logs/benchmark/evaluate/{target}/{encoder}/{model}.tsv"
    wildcard_constraints:
        target=any_of(PLAN.learning.targets_of("classification")),
        encoder=any_of(PLAN.learning.row_encoders),
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        attempt=get_attempt,
    params:
        settings=get_settings("evaluate"),
        code=get_code("evaluate"),
        cohort=get_cohort_and_subgroups,
        labels=get_label_options,
        models=get_model_folder,
        folder=get_compressed_options,
        figures=get_figure_options,
    shell:
        "python -m histopress evaluate "
        "--target={wildcards.target:q} --encoder={wildcards.encoder:q} "
        "--model={wildcards.model:q} --manifest={input.manifest:q} {params.labels:q} "
        "--split={input.split:q} --models={params.models:q} --metrics={output.metrics:q} "
        "--predictions={output.predictions:q} --account={output.account:q} "
        "{params.folder:q} {params.figures:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


use rule evaluate as evaluate_regression with:
    output:
        metrics=f"{names.EVALUATION}/metrics.json",
        predictions=f"{names.EVALUATION}/predictions.csv",
        account=f"{names.EVALUATION}/slides.csv",
        flow=get_figure("flow"),
        training=get_figure("training"),
        scatter=get_figure("scatter"),
        residuals=get_figure("residuals"),
        record=f"{names.RECORD}/evaluate/{{target}}/{{encoder}}/{{model}}.json",
    wildcard_constraints:
        target=any_of(PLAN.learning.targets_of("regression")),
        encoder=any_of(PLAN.learning.row_encoders),


use rule evaluate as evaluate_survival with:
    output:
        metrics=f"{names.EVALUATION}/metrics.json",
        predictions=f"{names.EVALUATION}/predictions.csv",
        account=f"{names.EVALUATION}/slides.csv",
        flow=get_figure("flow"),
        training=get_figure("training"),
        survival=get_figure("kaplan-meier"),
        record=f"{names.RECORD}/evaluate/{{target}}/{{encoder}}/{{model}}.json",
    wildcard_constraints:
        target=any_of(PLAN.learning.competing(declared=False)),
        encoder=any_of(PLAN.learning.row_encoders),


use rule evaluate as evaluate_competing with:
    output:
        metrics=f"{names.EVALUATION}/metrics.json",
        predictions=f"{names.EVALUATION}/predictions.csv",
        account=f"{names.EVALUATION}/slides.csv",
        flow=get_figure("flow"),
        training=get_figure("training"),
        survival=get_figure("kaplan-meier"),
        incidence=get_figure("cumulative-incidence"),
        record=f"{names.RECORD}/evaluate/{{target}}/{{encoder}}/{{model}}.json",
    wildcard_constraints:
        target=any_of(PLAN.learning.competing(declared=True)),
        encoder=any_of(PLAN.learning.row_encoders),


rule select:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        predictions=get_validated,
    output:
        metrics=f"{names.CHOSEN}/metrics.json",
        predictions=f"{names.CHOSEN}/predictions.csv",
        record=f"{names.RECORD}/select/{{target}}.json",
    log:
        "logs/select/{target}.log",
    benchmark:
        "logs/benchmark/select/{target}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
        attempt=get_attempt,
    params:
        settings=get_settings("select"),
        code=get_code("select"),
        cohort=get_cohort,
        labels=get_label_options,
        models=get_models_folder,
    shell:
        "python -m histopress select "
        "--target={wildcards.target:q} --manifest={input.manifest:q} {params.labels:q} "
        "--models={params.models:q} --metrics={output.metrics:q} "
        "--predictions={output.predictions:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
