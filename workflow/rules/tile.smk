"""Spacing, tissue and grid of each slide."""


rule tile:
    input:
        slide=get_slide,
    output:
        tiles=names.TILES,
        overlay=report(
            names.OVERLAY,
            category="Slides",
            subcategory="{grid}",
            labels={"slide": "{slide}", "shows": "tissue and tiles"},
            caption="../report/overlay.rst",
        ),
        record=f"{names.RECORD}/tile/{{grid}}/{{slide}}.json",
    log:
        "logs/tile/{grid}/{slide}.log",
    benchmark:
        "logs/benchmark/tile/{grid}/{slide}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("tile"),
        code=get_code("tile"),
    shell:
        "python -m histopress tile "
        "--slide-id={wildcards.slide:q} --slide={input.slide:q} "
        "--tiles={output.tiles:q} --overlay={output.overlay:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
