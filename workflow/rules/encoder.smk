"""Encoders: defined, imported or trained; all leave a card and weights."""


rule encoder_define:
    output:
        weights=f"{names.ENCODER}/weights.safetensors",
        card=f"{names.ENCODER}/card.json",
        record=f"{names.RECORD}/encoder_define/{{encoder}}.json",
    log:
        "logs/encoder_define/{encoder}.log",
    benchmark:
        "logs/benchmark/encoder_define/{encoder}.tsv"
    wildcard_constraints:
        encoder=PLAN.defined,
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=get_settings("encoder define"),
        code=get_code("encoder define"),
    shell:
        "python -m histopress encoder define "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} 2> {log:q}"


rule encoder_import:
    input:
        file=get_imported_file,
    output:
        weights=f"{names.ENCODER}/weights.safetensors",
        card=f"{names.ENCODER}/card.json",
        record=f"{names.RECORD}/encoder_import/{{encoder}}.json",
    log:
        "logs/encoder_import/{encoder}.log",
    benchmark:
        "logs/benchmark/encoder_import/{encoder}.tsv"
    wildcard_constraints:
        encoder=PLAN.imported,
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=get_settings("encoder import"),
        code=get_code("encoder import"),
    shell:
        "python -m histopress encoder import "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} --file={input.file:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} 2> {log:q}"


rule encoder_train:
    input:
        patches=get_patches,
    output:
        weights=f"{names.ENCODER}/weights.safetensors",
        card=f"{names.ENCODER}/card.json",
        history=f"{names.ENCODER}/history.csv",
        record=f"{names.RECORD}/encoder_train/{{encoder}}.json",
    log:
        "logs/encoder_train/{encoder}.log",
    benchmark:
        "logs/benchmark/encoder_train/{encoder}.tsv"
    wildcard_constraints:
        encoder=PLAN.trained,
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        settings=get_settings("encoder train"),
        code=get_code("encoder train"),
    shell:
        "python -m histopress encoder train "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} "
        "--history={output.history:q} --patches={input.patches:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} 2> {log:q}"
