"""Phantom slides, for machines without data."""


rule simulate_slide:
    output:
        slide=names.PHANTOM,
        truth=names.PHANTOM_TRUTH,
        record=f"{names.RECORD}/simulate_slide/{{slide}}.json",
    log:
        "logs/simulate_slide/{slide}.log",
    benchmark:
        "logs/benchmark/simulate_slide/{slide}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("simulate slide"),
        code=get_code("simulate slide"),
    shell:
        "python -m histopress simulate slide "
        "--slide-id={wildcards.slide:q} --slide={output.slide:q} --truth={output.truth:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
