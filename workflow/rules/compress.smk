"""Compressed slides: embeddings on their grid."""


rule compress:
    input:
        tiles=get_tiles,
        features=names.FEATURES,
    output:
        compressed=names.COMPRESSED,
        record=f"{names.RECORD}/compress/{{encoder}}/{{slide}}.json",
    log:
        "logs/compress/{encoder}/{slide}.log",
    benchmark:
        "logs/benchmark/compress/{encoder}/{slide}.tsv"
    wildcard_constraints:
        encoder=PLAN.encoded,
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("compress"),
        code=get_code("compress"),
    shell:
        "python -m histopress compress "
        "--slide-id={wildcards.slide:q} --encoder={wildcards.encoder:q} "
        "--tiles={input.tiles:q} --features={input.features:q} "
        "--compressed={output.compressed:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule compress_import:
    input:
        features=get_features,
    output:
        compressed=names.COMPRESSED,
        record=f"{names.RECORD}/compress_import/{{encoder}}/{{slide}}.json",
    log:
        "logs/compress_import/{encoder}/{slide}.log",
    benchmark:
        "logs/benchmark/compress_import/{encoder}/{slide}.tsv"
    wildcard_constraints:
        encoder=PLAN.foreign_features,
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("compress import"),
        code=get_code("compress import"),
    shell:
        "python -m histopress compress import "
        "--slide-id={wildcards.slide:q} --encoder={wildcards.encoder:q} "
        "--features={input.features:q} --compressed={output.compressed:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
