"""Patch tasks: drawn, or brought in, and divided into parts."""


rule simulate_patches:
    output:
        patches=names.PHANTOM_PATCHES,
        record=f"{names.RECORD}/simulate_patches/{{task}}.json",
    log:
        "logs/simulate_patches/{task}.log",
    benchmark:
        "logs/benchmark/simulate_patches/{task}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
        attempt=get_attempt,
    params:
        settings=get_settings("simulate patches"),
        code=get_code("simulate patches"),
    shell:
        "python -m histopress simulate patches "
        "--task={wildcards.task:q} --patches={output.patches:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule patches:
    input:
        files=get_patch_source,
    output:
        patches=names.PATCHES,
        record=f"{names.RECORD}/patches/{{task}}/{{input}}.json",
    log:
        "logs/patches/{task}/{input}.log",
    benchmark:
        "logs/benchmark/patches/{task}/{input}.tsv"
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
        attempt=get_attempt,
    params:
        settings=get_settings("patches"),
        code=get_code("patches"),
        cohort=get_patch_cohort,
        people=get_patch_people,
    shell:
        "python -m histopress patches "
        "--task={wildcards.task:q} --input={wildcards.input:q} --patches={output.patches:q} "
        "{params.cohort:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
