"""How small compressed slides are, and what fewer bits a number cost in score."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from histopress.claims.result import ClaimResult
    from histopress.cli.claims.trained import Cohort, Tested
    from histopress.compress.slide import CompressedSlide


def judge_precision(job: Job) -> "ClaimResult":
    """Train on float16 and on rounded grids with the same seeds; the first of bits is judged."""
    import numpy as np

    from histopress.claims.contrast import KINDS
    from histopress.claims.result import find
    from histopress.claims.rounding import round_grid
    from histopress.cli.claims.finish import finish
    from histopress.cli.claims.trained import (
        hold_trained,
        load_cohort,
        load_slides,
        usable_slides,
    )
    from histopress.cli.numerics import fix_numerics
    from histopress.evaluate.judge import primary_figure

    chosen, name = job.settings.claim, job.wildcard("claim")
    fix_numerics(job, threads=job.settings.numerics.threads)
    cohort = load_cohort(job)
    usable = usable_slides(job, [chosen.encoder], cohort)
    slides = load_slides(job, chosen.encoder, usable)
    progress = job.progress(f"claim {name}")
    runs: dict[int, list[Tested]] = {}
    for place, bits in enumerate((16, *chosen.bits)):
        rounded = [slide if bits == 16 else round_grid(slide, bits) for slide in slides]
        runs[bits] = _train(job, cohort, rounded)
        progress(place + 1, len(chosen.bits) + 1)
    found = {
        bits: hold_trained(job, f"{bits} bits - float16", runs[bits], runs[16])
        for bits in chosen.bits
    }
    size = _sizes(job, slides)
    rows = [
        {
            "bits": bits,
            "value": float(np.mean([primary_figure(run.units) for run in own])),
            "cell_bytes_a_slide": size["cells"] * size["channels"] * bits / 8,
        }
        for bits, own in runs.items()
    ]
    first = chosen.bits[0]
    return finish(
        job,
        metric=KINDS[type(runs[16][0].units)],
        named=f"{first} bits - float16",
        estimate=found[first].estimate,
        rows=rows,
        beside=[
            find(f"{bits} bits - float16", found[bits].estimate, margin=chosen.margin)
            for bits in chosen.bits[1:]
        ],
        facts={"patients": found[first].n_patients, **size},
        warnings=found[first].warnings,
    )


def _train(job: Job, cohort: "Cohort", slides: "Sequence[CompressedSlide]") -> "list[Tested]":
    from histopress.cli.claims.trained import cross_validate

    name = job.wildcard("claim")
    return [
        cross_validate(job, cohort, slides, named=name, number=number)
        for number in range(job.settings.claim.seeds)
    ]


def _sizes(job: Job, slides: "Sequence[CompressedSlide]") -> dict[str, Any]:
    """Mean bytes and ratios of the compressed slides."""
    import numpy as np

    folder = job.request.paths["compressed"] / job.settings.claim.encoder
    files = [(folder / f"{slide.slide_id}.h5").stat().st_size for slide in slides]
    ratios = {
        f"mean_{key}": float(np.mean([slide.attributes[key] for slide in slides]))
        for key in sorted(slides[0].attributes)
        if "ratio" in key
    }
    return {
        "channels": slides[0].grid.shape[1],
        "cells": float(np.mean([slide.kept.sum() for slide in slides])),
        "file_bytes_a_slide": float(np.mean(files)),
        "views": slides[0].grid.shape[0],
        **ratios,
    }
