"""Encoders trained on patches; all leave what imported ones leave, and their history."""


rule encoder_train:
    input:
        patches=get_training_tables,
    output:
        weights=f"{names.ENCODER}/weights.safetensors",
        card=f"{names.ENCODER}/card.json",
        history=f"{names.ENCODER}/history.csv",
        curves=f"{names.ENCODER}/history.svg",
        sheet=f"{names.ENCODER}/patches.png",
        record=f"{names.RECORD}/encoder_train/{{encoder}}.json",
    log:
        "logs/encoder_train/{encoder}.log",
    benchmark:
        "logs/benchmark/encoder_train/{encoder}.tsv"
    wildcard_constraints:
        encoder=PLAN.trained,
    conda:
        "../../envs/learn.yaml"
    threads: get_training_threads
    resources:
        mem_mb=8000,
        runtime=1440,
        attempt=get_attempt,
    params:
        settings=get_settings("encoder train"),
        code=get_code("encoder train"),
        folder=get_patches_folder,
    shell:
        "python -m histopress encoder train "
        "--encoder={wildcards.encoder:q} --weights={output.weights:q} --card={output.card:q} "
        "--history={output.history:q} --curves={output.curves:q} --sheet={output.sheet:q} "
        "--patches={params.folder:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
