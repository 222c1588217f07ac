"""What rules ask of the plan; a name in place of every choice."""


def get_settings(verb):
    """Return the function of wildcards that gives a verb's settings as one JSON argument."""

    def settings(wildcards):
        return PLAN.settings(verb, wildcards)

    return settings


def get_code(verb):
    """Return the digest of the code behind a verb."""
    return PLAN.code(verb)


def get_slide(wildcards):
    """Return the slide's file; nothing if it is missing and may be quarantined."""
    path, pinned = PLAN.slide(wildcards.slide)
    if path is None:
        return []
    return ancient(path) if pinned else path


def get_manifest(wildcards):
    """Return the manifest; its content counts, not its time."""
    return ancient(PLAN.study.config.manifest)


def get_cohort(wildcards):
    """Return the digest of what a target takes from the manifest."""
    return PLAN.study.cohort_digest(wildcards.target)


def get_tiles(wildcards):
    """Return the tiles that an encoder's embeddings of a slide are made of."""
    return names.TILES.format(grid=PLAN.grid(wildcards.encoder), slide=wildcards.slide)


def get_encoder_file(wildcards):
    """Return the files that an encoder from elsewhere is made of."""
    return PLAN.foreign_files(wildcards.encoder)


def get_encoder_option(wildcards):
    """Return the option that names the file of an encoder from elsewhere."""
    return PLAN.foreign_option(wildcards.encoder)


def get_history(wildcards):
    """Return the history of an encoder that was trained here."""
    return PLAN.history(wildcards.encoder)


def get_history_option(wildcards):
    """Return the option that names that history."""
    return [f"--history={file}" for file in PLAN.history(wildcards.encoder)]


def get_patch_source(wildcards):
    """Return the files that a task's patches are made from."""
    return PLAN.patch_source(wildcards.task)


def get_patch_cohort(wildcards):
    """Return the options that only patches from the study's own slides need."""
    return PLAN.patch_options(wildcards.task)


def get_training_tables(wildcards):
    """Return the patch tables that an encoder is trained on."""
    return PLAN.training_tables(wildcards.encoder)


def get_training_threads(wildcards):
    """Return the threads of a training, which are part of its result."""
    return PLAN.study.trainings[wildcards.encoder].schedule.threads


def get_probed_card(wildcards):
    """Return the card of a probed encoder; the simple features have none."""
    return PLAN.probed_card(wildcards.encoder)


def get_probed_patches(wildcards):
    """Return the patches of a task as a probed encoder sees them."""
    return PLAN.study.patches(wildcards.encoder, wildcards.task)


def get_probed_options(wildcards):
    """Return the options that name a probed encoder's files."""
    return PLAN.probed_options(wildcards.encoder)


def get_labelled_slides(wildcards):
    """Return the compressed slides that have a label of the target."""
    return PLAN.labelled(wildcards.target, wildcards.encoder)


def get_fold_predictions(wildcards):
    """Return the predictions of every seed and fold of one model."""
    return PLAN.fold_predictions(wildcards)


def get_overlays():
    """Return the overlay of every slide and grid in use."""
    return PLAN.overlays()


def get_compressed_slides():
    """Return every slide compressed by every encoder."""
    return PLAN.compressed()


def get_evaluations():
    """Return the metrics of every target, encoder and model, and their comparison."""
    return PLAN.evaluations()


def get_comparisons():
    """Return the encoders' cards, their comparison and the transfer matrix."""
    return PLAN.comparisons()


def get_compressed_folder(wildcards):
    """Return the folder of the slides that an encoder compressed."""
    return f"results/compressed/{wildcards.encoder}"


def get_model_folder(wildcards):
    """Return the folder of a model's seeds and folds."""
    return names.MODEL.format(**wildcards)


def get_evaluation_folder(wildcards):
    """Return the folder of all evaluations."""
    return str(Path(names.COMPARISON).parent)
