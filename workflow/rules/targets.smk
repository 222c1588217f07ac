"""Helpers of slide-level learning: labels and rows."""


def get_cohort(wildcards):
    """Return the digest of what a target takes from the manifest and its label table."""
    return PLAN.study.cohort_digest(wildcards.target)


def get_cohort_and_covariates(wildcards):
    """Return the digest of that and of the columns that results are adjusted for."""
    return PLAN.study.cohort_digest(wildcards.target, covariates=True)


def get_cohort_and_subgroups(wildcards):
    """Return the digest of that and of the columns that results are broken down by."""
    return PLAN.study.cohort_digest(wildcards.target, subgroups=True)


def get_label_tables(wildcards):
    """Return the tables that hold a target's labels; their content counts, not their time."""
    return [ancient(path) for path in PLAN.learning.label_tables(wildcards.target)]


def get_label_options(wildcards):
    """Return the options that name these tables."""
    return PLAN.learning.label_options(wildcards.target)


def get_card(wildcards):
    """Return the card of an encoder; ready features have none."""
    return PLAN.learning.cards(wildcards.encoder)


def get_card_options(wildcards):
    """Return the option that names the card."""
    return PLAN.learning.card_options(wildcards.encoder)


def get_labelled_slides(wildcards):
    """Return the compressed slides that have a label of the target."""
    return PLAN.learning.labelled(wildcards.target, wildcards.encoder)


def get_fold_predictions(wildcards):
    """Return the predictions of every seed and division of one row."""
    return PLAN.learning.fold_predictions(wildcards)


def get_fold_histories(wildcards):
    """Return the histories of every seed and division of one row."""
    return PLAN.learning.fold_histories(wildcards)


def get_weights(wildcards):
    """Return the weights of every seed and division of one row."""
    return PLAN.learning.weights(wildcards)


def get_validated(wildcards):
    """Return the predictions of every row of a target that a choice is made among."""
    return PLAN.learning.validated(wildcards.target)


def get_clinical_predictions(wildcards):
    """Return the predictions of the model that sees covariates alone."""
    return PLAN.learning.clinical_predictions(wildcards.target)


def get_evaluated_slides(wildcards):
    """Return the compressed slides behind a row; covariates alone have none."""
    return PLAN.learning.evaluated(wildcards.target, wildcards.encoder)


def get_compressed_options(wildcards):
    """Return the option that names their folder."""
    return PLAN.learning.compressed_options(wildcards.encoder)


def get_compressed_folder(wildcards):
    """Return the folder of the slides that an encoder compressed."""
    return f"results/compressed/{wildcards.encoder}"


def get_model_folder(wildcards):
    """Return the folder of a row's seeds and divisions."""
    return names.MODEL.format(**wildcards)


def get_models_folder(wildcards):
    """Return the folder of all rows of a target."""
    return f"{names.MODELS}/{wildcards.target}"


def get_evaluation_folder(wildcards):
    """Return the folder of all evaluations."""
    return str(Path(names.COMPARISON).parent)


def get_evaluations():
    """Return what a run with targets ends in."""
    return PLAN.learning.evaluations()


def get_controls():
    """Return the controls of all targets."""
    return PLAN.learning.controls()


def get_claim_inputs(wildcards):
    """Return what a claim is judged by; the content of tables counts, not their time."""
    found = PLAN.stated.inputs(wildcards.claim)
    tables = ("manifest", "labels", "table", "latents")
    return {
        role: [ancient(path) for path in paths] if role in tables else paths
        for role, paths in found.items()
    }


def get_claim_content(wildcards):
    """Return the digests of what counts of a claim's tables."""
    return sorted(set(PLAN.stated.content(wildcards.claim).values()))


def get_claim_options(wildcards):
    """Return the options that name a claim's files."""
    return PLAN.stated.options(wildcards.claim)


def get_claims():
    """Return what the claims end in."""
    return PLAN.stated.files()
