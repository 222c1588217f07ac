"""One group of encoders held against another."""

from typing import TYPE_CHECKING

from histopress.cli.claims.arms import arm_row, common_units, load_arm
from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.result import ClaimResult


def judge_contrast(job: Job) -> "ClaimResult":
    """Hold the first encoders against the second, on patients whom all tested."""
    from histopress.claims.contrast import KINDS, Contrast, contrast_units
    from histopress.cli.claims.finish import finish
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest

    chosen, name = job.settings.claim, job.wildcard("claim")
    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest)
    sides = {"first": chosen.first, "second": chosen.second}
    arms = [
        load_arm(job, chosen.target, encoder, chosen.model)
        for encoders in sides.values()
        for encoder in encoders
    ]
    units = common_units(arms, manifest)
    contrast = Contrast(
        name=name,
        first=" + ".join(chosen.first),
        second=" + ".join(chosen.second),
        metric=KINDS[type(units[0])],
        margin=chosen.margin,
    )
    count = len(chosen.first)
    found = contrast_units(
        contrast,
        units[:count],
        units[count:],
        n_resamples=job.settings.rules.resamples,
        rng=job.rng("claim", name),
    )
    rows = [arm_row(arm, "first" if place < count else "second") for place, arm in enumerate(arms)]
    return finish(
        job,
        metric=contrast.metric,
        named=f"{contrast.first} - {contrast.second}",
        estimate=found.estimate,
        rows=rows,
        facts={"patients": found.n_patients, "first": found.first, "second": found.second},
        warnings=found.warnings,
    )
