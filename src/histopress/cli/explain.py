"""``histopress explain``: where on one slide a trained model looks."""

from typing import TYPE_CHECKING

from histopress.cli.job import Job, Port, Verb
from histopress.cli.numerics import fix_numerics
from histopress.explain.settings import ExplanationSettings

if TYPE_CHECKING:
    from pathlib import Path

    from histopress.compress.slide import CompressedSlide
    from histopress.learn.stored import ModelInfo


def explain(job: Job) -> None:
    """Make the heat maps of one slide by one model; of an excluded slide none, with the reason."""
    from histopress.compress.slide import read_compressed
    from histopress.explain.maps import Maps, make_arrays, write_maps
    from histopress.learn.stored import load_stored

    fix_numerics(job)
    chosen = job.settings
    slide = read_compressed(job.input("compressed"))
    fitted, _, info = load_stored(choose_model(job, slide.slide_id))
    check_slide(slide, info, named=job.wildcard("slide-id"))
    output, name = find_output(info, chosen.output)
    arrays = (
        {}
        if slide.excluded
        else make_arrays(
            fitted, slide, methods=chosen.methods, output=output, rectify=chosen.rectify
        )
    )
    maps = Maps(
        slide_id=slide.slide_id,
        arrays=arrays,
        model=info.settings.kind,
        target=info.target,
        output=name,
        attributes={
            "encoder": info.encoder,
            "rectified": chosen.rectify,
            # Maps of slides that the model was fitted or chosen on show what it was taught.
            "trained_on": slide.slide_id in info.slides,
            # A study that goes on without bad slides also maps the others.
            **({"reason": slide.reason} if slide.excluded else {}),
        },
    )
    write_maps(job.output("maps"), maps)
    job.facts.update(methods=sorted(arrays), output=name, trained_on=slide.slide_id in info.slides)


def choose_model(job: Job, slide_id: str) -> "Path":
    """Choose, below a folder, the first model that the slide neither fitted nor chose.

    In a cross-validation that is a model of the fold that tested the slide. Where all models have
    seen it, the first is taken; the maps say so.
    """
    from histopress.cli.predict import model_files
    from histopress.learn.stored import read_info

    files = [job.reads("model", file) for file in model_files(job.request.paths["model"])]
    unseen = (file for file in files if slide_id not in read_info(file).slides)
    return next(unseen, files[0])


def check_slide(slide: "CompressedSlide", info: "ModelInfo", *, named: str) -> None:
    """Refuse a file of another slide or of another encoder than the model's.

    Raises
    ------
    StoreError
        Either.
    """
    from histopress.errors import StoreError
    from histopress.learn.stored import check_same_encoder

    if slide.slide_id != named:
        raise StoreError(
            f"slide '{named}': the compressed file is of slide '{slide.slide_id}'; give the "
            "slide's own"
        )
    weights = slide.attributes.get("weights_sha256")
    if weights is not None:
        check_same_encoder(info, [str(weights)], where=f"slide '{named}'")


def find_output(info: "ModelInfo", asked: str | None) -> tuple[int, str]:
    """Find the output that maps concern, and its name.

    Raises
    ------
    ConfigError
        There is no such class.
    """
    from histopress.errors import ConfigError

    if not info.classes:
        if asked not in (None, info.target):
            raise ConfigError(
                f"explain: output '{asked}': target '{info.target}' has no classes; leave it out"
            )
        return 0, info.target
    place = info.positive if asked is None else -1
    if asked in info.classes:
        place = info.classes.index(asked)
    if place < 0:
        raise ConfigError(
            f"explain: output '{asked}': no class of target '{info.target}'; there are "
            f"{', '.join(info.classes)}"
        )
    return place, info.classes[place]


VERB = Verb(
    name="explain",
    environment="learn",
    settings=ExplanationSettings,
    inputs=(
        Port(name="model", help="model.safetensors, or a folder of the models of all folds"),
        Port(name="compressed", help="HDF5 of 'histopress compress'"),
    ),
    outputs=(Port(name="maps", help="HDF5: a heat map a method, on the slide's grid"),),
    wildcards=("slide-id",),
    run=explain,
)
