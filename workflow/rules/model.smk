"""Slide-level learning: patients divided, one model a fold."""


rule split:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        divisions=PLAN.learning.split_tables(),
    output:
        split=update(names.SPLIT),
        record=f"{names.RECORD}/split/{{target}}/{{protocol}}.json",
    log:
        "logs/split/{target}/{protocol}.log",
    benchmark:
        "logs/benchmark/split/{target}/{protocol}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        attempt=get_attempt,
    params:
        settings=get_settings("split"),
        code=get_code("split"),
        cohort=get_cohort,
        labels=get_label_options,
    shell:
        "python -m histopress split "
        "--target={wildcards.target:q} --manifest={input.manifest:q} {params.labels:q} "
        "--split={output.split:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule train:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        split=PLAN.learning.split(),
        card=get_card,
        compressed=get_labelled_slides,
    output:
        weights=f"{names.FOLD}/model.safetensors",
        history=f"{names.FOLD}/history.csv",
        predictions=f"{names.FOLD}/predictions.csv",
        record=names.FOLD_RECORD,
    log:
        "logs/train/{target}/{encoder}/{model}/seed{seed}/fold{fold}.log",
    benchmark:
        "logs/benchmark/train/{target}/{encoder}/{model}/seed{seed}/fold{fold}.tsv"
    wildcard_constraints:
        encoder=any_of(PLAN.study.config.encoders),
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
        attempt=get_attempt,
    params:
        settings=get_settings("train"),
        code=get_code("train"),
        cohort=get_cohort,
        labels=get_label_options,
        card=get_card_options,
        folder=get_compressed_folder,
    shell:
        "python -m histopress train "
        "--target={wildcards.target:q} --encoder={wildcards.encoder:q} "
        "--model={wildcards.model:q} --seed={wildcards.seed:q} --fold={wildcards.fold:q} "
        "--manifest={input.manifest:q} {params.labels:q} {params.card:q} "
        "--split={input.split:q} --compressed={params.folder:q} "
        "--weights={output.weights:q} --history={output.history:q} "
        "--predictions={output.predictions:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule train_clinical:
    input:
        manifest=get_manifest,
        labels=get_label_tables,
        split=PLAN.learning.split(),
    output:
        state=f"{names.CLINICAL_FOLD}/model.json",
        history=f"{names.CLINICAL_FOLD}/history.csv",
        predictions=f"{names.CLINICAL_FOLD}/predictions.csv",
        record=f"{names.RECORD}/train/{{target}}/clinical/seed{{seed}}/fold{{fold}}.json",
    log:
        "logs/train/{target}/clinical/seed{seed}/fold{fold}.log",
    benchmark:
        "logs/benchmark/train/{target}/clinical/seed{seed}/fold{fold}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("train clinical"),
        code=get_code("train clinical"),
        cohort=get_cohort_and_covariates,
        labels=get_label_options,
    shell:
        "python -m histopress train clinical "
        "--target={wildcards.target:q} --seed={wildcards.seed:q} --fold={wildcards.fold:q} "
        "--manifest={input.manifest:q} {params.labels:q} --split={input.split:q} "
        "--state={output.state:q} --history={output.history:q} "
        "--predictions={output.predictions:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
