"""Settings of labelled patches: where they come from, how they are fitted, how they are varied."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.patches.phantom_settings import PhantomPatchSettings as PhantomPatchSettings
from histopress.types import settings

FilePath = Annotated[str, Field(min_length=1)]


@settings
class FolderSource:
    """Pictures in one folder a class."""

    kind: Annotated[Literal["folder"], Field(description="Pictures in one folder a class.")]
    path: Annotated[FilePath, Field(description="Folder that holds the classes' folders.")]
    validation: Annotated[
        str | None,
        Field(description="Folder, built alike, whose pictures are the validation part."),
    ] = None
    slide_pattern: Annotated[
        str | None,
        Field(
            description="Regular expression searched in each file's name; its first group is the "
            "slide (or image) that the patch was cut from."
        ),
    ] = None


@settings
class CsvSource:
    """A table of picture files."""

    kind: Annotated[
        Literal["csv"],
        Field(
            description="A CSV of pictures: columns `path` and `label`, and where known `slide_id`,"
            " `patient_id`, `center`, `part` (`training` or `validation`)."
        ),
    ]
    path: Annotated[FilePath, Field(description="The CSV; its paths are relative to its folder.")]


@settings
class Hdf5Source:
    """Arrays in HDF5 files, as PatchCamelyon ships."""

    kind: Annotated[
        Literal["hdf5"], Field(description="Pairs of HDF5 files as PatchCamelyon ships.")
    ]
    x: Annotated[FilePath, Field(description="File of the images, dataset `x` (N, h, w, 3) uint8.")]
    y: Annotated[FilePath, Field(description="File of the labels, dataset `y`, N integers.")]
    meta: Annotated[
        str | None,
        Field(description="CSV with a row an image; column `wsi` or `slide_id` names the slide."),
    ] = None
    validation_x: Annotated[str | None, Field(description="Images of the validation part.")] = None
    validation_y: Annotated[str | None, Field(description="Labels of the validation part.")] = None
    validation_meta: Annotated[str | None, Field(description="`meta` of the validation part.")] = (
        None
    )


@settings
class NpzSource:
    """Arrays in one NPZ file, as MedMNIST ships."""

    kind: Annotated[Literal["npz"], Field(description="One NPZ file as MedMNIST ships.")]
    path: Annotated[
        FilePath,
        Field(description="The file, with `train_images`, `train_labels` and the same for `val`."),
    ]
    validation: Annotated[
        Literal["val", "test"] | None,
        Field(description="Arrays that are the validation part; none splits `train`."),
    ] = "val"


@settings
class TableSource:
    """A patch table that histopress wrote."""

    kind: Annotated[Literal["table"], Field(description="A patch table that histopress wrote.")]
    path: Annotated[FilePath, Field(description="The HDF5 file.")]


@settings
class AnnotationSource:
    """Annotated regions of slides."""

    kind: Annotated[
        Literal["annotations"], Field(description="Regions drawn on slides, sampled by class.")
    ]
    slides: Annotated[
        FilePath,
        Field(
            description="CSV with columns `slide_id`, `path`, `annotations` (a `.geojson` of "
            "QuPath or an `.xml` of ASAP), and where known `patient_id`, `center`, `spacing_um`; "
            "paths are relative to its folder."
        ),
    ]
    n_per_class: Annotated[
        int, Field(ge=1, description="Most patches of a class that one slide gives.")
    ] = 200
    purity: Annotated[
        float,
        Field(gt=0, le=1, description="Share of a patch that must lie in regions of its class."),
    ] = 0.65


@settings
class CohortSource:
    """Tissue tiles of the study's own slides, without labels."""

    kind: Annotated[
        Literal["cohort"],
        Field(description="Tissue tiles of the study's slides; for encoders without labels."),
    ]
    grid: Annotated[str, Field(description="Grid (a key of `grids`) whose tiles are drawn.")]
    n_per_slide: Annotated[
        int, Field(ge=2, description="Tiles of one slide: half of them, and a neighbour of each.")
    ] = 64


PatchSource = Annotated[
    FolderSource
    | CsvSource
    | Hdf5Source
    | NpzSource
    | TableSource
    | AnnotationSource
    | CohortSource,
    Field(discriminator="kind"),
]


@settings
class TaskSettings:
    """One patch task: patches, classes, spacing."""

    source: Annotated[PatchSource, Field(description="Where the patches come from.")]
    classes: Annotated[
        dict[str, tuple[str, ...]],
        Field(
            description="Classes by name, each a list of the source's labels; patches of other "
            "labels are left out. None takes the source's labels as they are."
        ),
    ] = field(default_factory=dict)
    spacing_um: Annotated[
        float | None,
        Field(ge=0.05, le=20, description="µm/px of the source; none if nobody knows."),
    ] = None
    reduce: Annotated[
        int | None,
        Field(
            ge=1,
            le=16,
            description="Mean pooling by this factor, then a central crop, whatever spacing the "
            "encoder sees. None resamples to the encoder's spacing.",
        ),
    ] = None
    margin_px: Annotated[
        int,
        Field(
            ge=0,
            le=128,
            description="Pixels kept around the encoder's input, if the source has them: "
            "augmentation moves, turns and scales within them.",
        ),
    ] = 0
    validation: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="Share of the groups that is scored once, where the source names no "
            "validation part.",
        ),
    ] = 0.2
    tuning: Annotated[
        float,
        Field(gt=0, lt=1, description="Share of the other groups that steers training."),
    ] = 0.2
    most_per_class: Annotated[
        int | None, Field(ge=2, description="Most patches of a class; none takes all.")
    ] = None
    duplicate_bits: Annotated[
        int,
        Field(
            ge=0,
            le=16,
            description="Patches whose perceptual hashes (64 bits) differ in at most so many bits "
            "count as near-duplicates.",
        ),
    ] = 4
    licence: Annotated[str, Field(description="Licence of the patches, for the card.")] = "unknown"
    note: Annotated[str | None, Field(description="What readers must know of the task.")] = None


Range = Annotated[tuple[float, float], Field(description="Lowest and highest value drawn.")]


@settings
class AugmentSettings:
    """How patches are varied in training (Tellez et al., MedIA 2019); none switches one off."""

    turn: Annotated[bool, Field(description="Quarter turns.")] = True
    mirror: Annotated[bool, Field(description="Mirroring.")] = True
    shift: Annotated[bool, Field(description="Shifts within the margin, if there is one.")] = True
    warped: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the patches that are scaled and deformed; the others keep their "
            "pixels, and so the sharpness that an encoder meets on slides. 1 as published.",
        ),
    ] = 1.0
    scale: Annotated[Range | None, Field(description="Factor of the size.")] = (0.8, 1.2)
    elastic_alpha: Annotated[
        Range | None, Field(description="Elastic deformation: strength α in px.")
    ] = (80.0, 120.0)
    elastic_sigma: Annotated[
        Range, Field(description="Elastic deformation: smoothness σ in px.")
    ] = (
        9.0,
        11.0,
    )
    hue: Annotated[
        float | None, Field(ge=0, le=1, description="Largest change of hue (ratio).")
    ] = 0.1
    saturation: Annotated[
        float | None, Field(ge=0, le=1, description="Largest change of saturation (ratio).")
    ] = 0.1
    stain: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="Largest change of a stain's amount in HED space, as ratio and as bias.",
        ),
    ] = 0.05
    brightness: Annotated[Range | None, Field(description="Factor of the brightness.")] = (
        0.65,
        1.35,
    )
    contrast: Annotated[Range | None, Field(description="Factor of the contrast.")] = (0.5, 1.5)
    noise: Annotated[
        Range | None, Field(description="Standard deviation of the noise; 1 is white.")
    ] = (0.0, 0.1)
    blur: Annotated[
        Range | None,
        Field(
            description="Standard deviation of the blur in px; later code of the authors: 0.1–1."
        ),
    ] = (0.01, 0.1)
