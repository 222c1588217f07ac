"""Embeddings of each slide's tiles."""


rule encode:
    input:
        slide=get_slide,
        tiles=get_tiles,
        card=f"{names.ENCODER}/card.json",
        weights=f"{names.ENCODER}/weights.safetensors",
    output:
        features=names.FEATURES,
        record=f"{names.RECORD}/encode/{{encoder}}/{{slide}}.json",
    log:
        "logs/encode/{encoder}/{slide}.log",
    benchmark:
        "logs/benchmark/encode/{encoder}/{slide}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=240,
        attempt=get_attempt,
    params:
        settings=get_settings("encode"),
        code=get_code("encode"),
    shell:
        "python -m histopress encode "
        "--slide-id={wildcards.slide:q} --encoder={wildcards.encoder:q} "
        "--slide={input.slide:q} --tiles={input.tiles:q} "
        "--card={input.card:q} --weights={input.weights:q} --features={output.features:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
