"""What the rules of patches, encoders and probes ask of the plan."""


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


def get_patch_people(wildcards):
    """Return the digest of whose slides they are, where patches are from the study's own."""
    return PLAN.patch_people(wildcards.task)


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


def get_patches_folder(wildcards):
    """Return the folder of all patch tables."""
    return names.PATCHES_FOLDER


def get_probes_folder(wildcards):
    """Return the folder of all probes."""
    return names.PROBES_FOLDER
