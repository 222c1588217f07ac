"""Where a model looks, held against where the cause was drawn."""

from typing import TYPE_CHECKING, Any

from histopress.cli.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from histopress.claims.overlap import TruthMap
    from histopress.claims.result import ClaimResult
    from histopress.compress.slide import CompressedSlide
    from histopress.simulate.phantom_slides import PhantomSlide

HALF = 0.5
"""A cell shows a tissue if so much of its area is of it."""


def judge_saliency(job: Job) -> "ClaimResult":
    """Compare Grad-CAM with the class map; the threshold comes from the other folds' slides."""
    import numpy as np

    from histopress.claims.averages import mean_over_patients
    from histopress.claims.overlap import choose_threshold, overlap
    from histopress.claims.result import find
    from histopress.cli.claims.finish import finish
    from histopress.cli.cohort import load_manifest
    from histopress.cohort.content import people_digest
    from histopress.evaluate.undefined import UndefinedMetricError

    manifest = load_manifest(job)
    job.content["manifest"] = people_digest(manifest)
    cases, folds = _cases(job)
    if len({folds[slide] for slide in cases}) < 2:
        raise UndefinedMetricError(
            "fewer than two folds have a tested slide that shows such tissue beside other: the "
            "threshold must come from another fold's slides"
        )
    thresholds = {
        fold: choose_threshold([cases[slide] for slide in cases if folds[slide] != fold])
        for fold in sorted({folds[slide] for slide in cases})
    }
    found = {slide: overlap(case, thresholds[folds[slide]].value) for slide, case in cases.items()}
    rows = [
        {"slide_id": slide, "fold": folds[slide], **vars(each)} for slide, each in found.items()
    ]
    owners = [manifest.patients[slide] for slide in found]

    def mean(values: "list[float]") -> Any:
        return mean_over_patients(np.array(values), owners)

    beside = [
        find(
            f"Jaccard - that of {name}",
            mean([each.jaccard - getattr(each, key) for each in found.values()]),
            margin=0.05,
        )
        for name, key in (
            ("a random map", "random_jaccard"),
            ("a tissue-centred map", "centred_jaccard"),
        )
    ]
    return finish(
        job,
        metric="pixel auroc",
        named="pixel AUROC - 0.5",
        estimate=mean([each.auroc - 0.5 for each in found.values()]),
        rows=rows,
        beside=beside,
        facts={
            "slides": len(found),
            "jaccard": float(np.mean([each.jaccard for each in found.values()])),
            "random_jaccard": float(np.mean([each.random_jaccard for each in found.values()])),
            "centred_jaccard": float(np.mean([each.centred_jaccard for each in found.values()])),
            "thresholds": {str(fold): each.value for fold, each in thresholds.items()},
            "published_jaccard_on_digits": 0.612,
        },
    )


def _cases(job: Job) -> "tuple[dict[str, TruthMap], dict[str, int]]":
    """Make maps of tested slides that hold both such tissue and other; give their folds too."""
    from histopress.claims.overlap import TruthMap
    from histopress.cli.claims.arms import load_arm
    from histopress.compress.slide import read_compressed

    chosen = job.settings.claim
    arm = load_arm(job, chosen.target, chosen.encoder, chosen.model)
    folds = {row.slide_id: row.fold for row in arm.rows}
    heat_of = _saliency(job)
    drawn = _drawn(job, folds)
    progress = job.progress(f"claim {job.wildcard('claim')}")
    found: dict[str, TruthMap] = {}
    for done, (slide, truth_of) in enumerate(drawn.items(), start=1):
        progress(done, len(drawn))
        path = job.request.paths["compressed"] / chosen.encoder / f"{slide}.h5"
        compressed = read_compressed(job.reads("compressed", path))
        if compressed.excluded:
            continue
        kept = compressed.kept
        truth = truth_of(compressed) & kept
        if not truth.any() or truth[kept].all():
            continue
        heat = heat_of(compressed, folds[slide])
        found[slide] = TruthMap(saliency=heat, truth=truth, tissue=kept)
    return found, folds


def _saliency(job: Job) -> "Callable[[CompressedSlide, int], Any]":
    """Make Grad-CAM by the model of the fold that tested a slide, of its first seed."""
    from functools import cache

    from histopress.explain.maps import make_arrays
    from histopress.learn.stored import load_stored

    chosen = job.settings.claim
    folder = job.request.paths["models"] / chosen.target / chosen.encoder / chosen.model

    @cache
    def model_of(fold: int) -> Any:
        place = folder / f"seed{job.settings.seeds[0]}/fold{fold}/model.safetensors"
        fitted, _, info = load_stored(job.reads("models", place))
        return fitted, info.positive if info.classes else 0

    def heat(slide: "CompressedSlide", fold: int) -> Any:
        fitted, output = model_of(fold)
        return make_arrays(fitted, slide, methods=("grad-cam",), output=output)["grad-cam"]

    return heat


def _drawn(job: Job, slides: "Container[str]") -> "dict[str, Callable[[CompressedSlide], Any]]":
    """For each slide what says which cells are at least half of such tissue, by its class map."""
    from functools import partial

    from histopress.errors import ConfigError
    from histopress.simulate.phantom_slides import draw_cohort

    settings = job.settings.phantom
    if settings is None:
        raise ConfigError(
            f"claim '{job.wildcard('claim')}': only phantoms have a class map; set phantom.slides"
        )
    return {
        slide.slide_id: partial(_truth, job, slide)
        for slide in draw_cohort(settings, seed=job.settings.seed)
        if slide.slide_id in slides
    }


def _truth(job: Job, slide: "PhantomSlide", compressed: "CompressedSlide") -> Any:
    from histopress.claims.class_map import cover_cells
    from histopress.simulate.anatomy.tissue import Tissue
    from histopress.simulate.drawing.canvas import cell_pixels
    from histopress.simulate.phantom import draw_anatomy

    settings, facts = job.settings.phantom, compressed.attributes
    anatomy = draw_anatomy(slide, settings=settings, seed=job.settings.seed)
    share = cover_cells(
        anatomy.classes,
        [Tissue[name.upper()].value for name in job.settings.claim.tissue],
        cell_um=cell_pixels(slide.spacing_um) * slide.spacing_um,
        tile_um=float(facts["tile_px"]) * float(facts["spacing_um"]),
        stride_um=float(facts["stride_px"]) * float(facts["spacing_um"]),
        shape=compressed.kept.shape,
    )
    return share >= HALF
