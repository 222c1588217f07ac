"""Where models look, as arrays on the grid."""


rule explain:
    input:
        compressed=names.COMPRESSED,
        weights=get_weights,
    output:
        maps=names.MAPS,
        record=f"{names.RECORD}/explain/{{target}}/{{encoder}}/{{model}}/{{slide}}.json",
    log:
        "logs/explain/{target}/{encoder}/{model}/{slide}.log",
    benchmark:
        "logs/benchmark/explain/{target}/{encoder}/{model}/{slide}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("explain"),
        code=get_code("explain"),
        models=get_model_folder,
    shell:
        "python -m histopress explain "
        "--slide-id={wildcards.slide:q} --model={params.models:q} "
        "--compressed={input.compressed:q} --maps={output.maps:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
