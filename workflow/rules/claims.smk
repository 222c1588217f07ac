"""Claims: stated first, judged when the study has run."""


rule claims_plan:
    output:
        plan=f"{names.CLAIMS_PLAN}.json",
        page=f"{names.CLAIMS_PLAN}.md",
        record=f"{names.RECORD}/claims_plan/plan.json",
    log:
        "logs/claims_plan/plan.log",
    benchmark:
        "logs/benchmark/claims_plan/plan.tsv"
    # Before all else, though no claim reads it: a changed claim would make all others run again.
    priority: 100
    conda:
        "../../envs/slide.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
        attempt=get_attempt,
    params:
        settings=get_settings("claims plan"),
        code=get_code("claims plan"),
    shell:
        "python -m histopress claims plan "
        "--plan={output.plan:q} --page={output.page:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"


rule claim:
    input:
        unpack(get_claim_inputs),
    output:
        result=f"{names.CLAIM}.json",
        figure=report(
            f"{names.CLAIM}.svg", category="Claims", caption="../report/claim.rst"
        ),
        record=f"{names.RECORD}/claim/{{claim}}.json",
    log:
        "logs/claim/{claim}.log",
    benchmark:
        "logs/benchmark/claim/{claim}.tsv"
    wildcard_constraints:
        claim=any_of(PLAN.stated.names),
    conda:
        "../../envs/learn.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
        attempt=get_attempt,
    params:
        settings=get_settings("claim"),
        code=get_code("claim"),
        content=get_claim_content,
        options=get_claim_options,
    shell:
        "python -m histopress claim "
        "--claim={wildcards.claim:q} {params.options:q} "
        "--result={output.result:q} --figure={output.figure:q} "
        "--settings={params.settings:q} --code={params.code:q} "
        "--record={output.record:q} --threads={threads} --attempt={resources.attempt} 2> {log:q}"
