"""Encoders judged: the probe of one on one task, all side by side, which task helps which."""


rule encoder_probe:
    input:
        card=get_probed_card,
        patches=get_probed_patches,
    output:
        metrics=f"{names.PROBE}/metrics.json",
        predictions=f"{names.PROBE}/predictions.csv",
        record=f"{names.RECORD}/encoder_probe/{{encoder}}/{{task}}.json",
    log:
        "logs/encoder_probe/{encoder}/{task}.log",
    benchmark:
        "logs/benchmark/encoder_probe/{encoder}/{task}.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder probe"),
        code=get_code("encoder probe"),
        card=get_probed_options,
    shell:
        "python -m histopress encoder probe "
        "--encoder={wildcards.encoder:q} --task={wildcards.task:q} "
        "--patches={input.patches:q} {params.card:q} "
        "--metrics={output.metrics:q} --predictions={output.predictions:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule encoder_compare:
    input:
        probes=PLAN.probes(),
    output:
        table=report(
            f"{names.PROBES}.csv",
            category="Encoders",
            caption="../report/probes.rst",
        ),
        figure=report(
            f"{names.PROBES}.svg",
            category="Encoders",
            caption="../report/probes.rst",
        ),
        report=f"{names.PROBES}.md",
        record=f"{names.RECORD}/encoder_compare/comparison.json",
    log:
        "logs/encoder_compare/comparison.log",
    benchmark:
        "logs/benchmark/encoder_compare/comparison.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder compare"),
        code=get_code("encoder compare"),
        folder=get_probes_folder,
    shell:
        "python -m histopress encoder compare "
        "--probes={params.folder:q} --table={output.table:q} --figure={output.figure:q} "
        "--report={output.report:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule encoder_transfer:
    input:
        probes=PLAN.transfer_probes(),
    output:
        table=report(
            f"{names.MATRIX}.csv",
            category="Encoders",
            caption="../report/transfer.rst",
        ),
        matrix=f"{names.MATRIX}.matrix.csv",
        figure=report(
            f"{names.MATRIX}.svg",
            category="Encoders",
            caption="../report/transfer.rst",
        ),
        report=f"{names.MATRIX}.md",
        record=f"{names.RECORD}/encoder_transfer/transfer.json",
    log:
        "logs/encoder_transfer/transfer.log",
    benchmark:
        "logs/benchmark/encoder_transfer/transfer.tsv"
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder transfer"),
        code=get_code("encoder transfer"),
        folder=get_probes_folder,
    shell:
        "python -m histopress encoder transfer "
        "--probes={params.folder:q} --table={output.table:q} --matrix={output.matrix:q} "
        "--figure={output.figure:q} --report={output.report:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
