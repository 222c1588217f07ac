"""Encoders defined or brought in, and the cards of all; each leaves a card and weights."""


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
        attempt=get_attempt,
    params:
        settings=get_settings("encoder define"),
        code=get_code("encoder define"),
    shell:
        "python -m histopress encoder define "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule encoder_import:
    input:
        file=get_encoder_file,
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
        mem_mb=8000,
        runtime=10,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder import"),
        code=get_code("encoder import"),
        file=get_encoder_option,
    shell:
        "python -m histopress encoder import "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} "
        "{params.file:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule encoder_card:
    input:
        card=f"{names.ENCODER}/card.json",
        history=get_history,
    output:
        text=f"{names.ENCODER}/card.md",
        record=f"{names.RECORD}/encoder_card/{{encoder}}.json",
    log:
        "logs/encoder_card/{encoder}.log",
    benchmark:
        "logs/benchmark/encoder_card/{encoder}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder card"),
        code=get_code("encoder card"),
        history=get_history_option,
    shell:
        "python -m histopress encoder card "
        "--encoder={wildcards.encoder:q} --card={input.card:q} --text={output.text:q} "
        "{params.history:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
