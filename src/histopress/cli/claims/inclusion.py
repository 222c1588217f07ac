"""Performance against the tasks that encoders learned."""

from typing import TYPE_CHECKING

from histopress.cli.claims.arms import arm_row, common_units, load_arm
from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.result import ClaimResult


def judge_inclusion(job: Job) -> "ClaimResult":
    """Fit performance by the number of tasks, and by which they are."""
    import numpy as np

    from histopress.claims.contrast import KINDS
    from histopress.claims.covariance import patient_covariance
    from histopress.claims.inclusion import inclusion_correlations, inclusion_model
    from histopress.claims.result import find
    from histopress.claims.task_count import count_trend
    from histopress.cli.claims.finish import finish
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest
    from histopress.evaluate.judge import primary_measure

    chosen = job.settings.claim
    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest)
    learned = job.settings.tasks
    tasks = sorted({task for own in learned.values() for task in own})
    arms = [load_arm(job, chosen.target, encoder, chosen.model) for encoder in chosen.encoders]
    units = common_units(arms, manifest)
    statistics = [primary_measure(own).statistic for own in units]
    whole = np.ones((1, len(units[0].patients)))
    performance = np.array([float(each(whole)[0]) for each in statistics])
    included = np.array([[int(task in learned[arm.encoder]) for task in tasks] for arm in arms])
    patients = patient_covariance(statistics, patients=units[0].patients, folds=units[0].folds)
    trend = count_trend(performance, included, patients)
    model = inclusion_model(performance, included, patients)
    published = inclusion_correlations(performance, included)
    beside = [
        find(f"{task} learned", estimate, margin=chosen.margin)
        for task, estimate in zip(tasks, model.effects, strict=True)
    ]
    rows = [
        {**arm_row(arm, "+".join(learned[arm.encoder])), "value": float(value)}
        for arm, value in zip(arms, performance, strict=True)
    ]
    return finish(
        job,
        metric=KINDS[type(units[0])],
        named="a further task",
        estimate=trend.slope,
        rows=rows,
        beside=beside,
        facts={
            "patients": patients.n_patients,
            "tasks": tasks,
            "trend": {
                "counts": trend.counts,
                "runs": trend.runs,
                "means": trend.means,
                "sds": trend.sds,
            },
            "correlation_of_inclusion": dict(zip(tasks, published.tolist(), strict=True)),
            "r_squared": model.r_squared,
            "residual_sd": model.residual_sd,
            "repeat_sd": model.repeat_sd,
        },
    )
