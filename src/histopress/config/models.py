"""The configuration's models."""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field

from histopress.claims.settings import ClaimsSettings
from histopress.cohort.content import dividing_columns
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.encoder.features_settings import FeaturesSettings
from histopress.encoder.settings import (
    EncoderSettings,
    SlideEncoderSettings,
)
from histopress.evaluate.control_settings import ComparedSettings, ControlSettings
from histopress.evaluate.settings import EvaluationSettings
from histopress.explain.settings import ExplanationSettings
from histopress.learn.settings import ModelSettings, NumericsSettings
from histopress.patches.settings import (
    CohortSource,
    PhantomPatchSettings,
    TaskSettings,
)
from histopress.probe.study import ComparisonSettings, TransferSettings
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.slide.settings import GridSettings
from histopress.types import settings

Seed = Annotated[int, Field(ge=0, lt=2**31, description="Seed of the whole study.")]
OnBadSlide = Annotated[
    Literal["fail", "quarantine"],
    Field(
        description="What a slide that cannot be used does: `fail` stops its job with a message, "
        "`quarantine` excludes the slide with its reason and goes on."
    ),
]

PHANTOM_PATCHES = "data/phantom/{task}.patches.h5"
"""Where the workflow draws labelled patches to."""


@settings
class PhantomCohortSettings:
    """A cohort that the workflow draws itself, for machines without data."""

    slides: Annotated[PhantomSettings, Field(description="How the phantom slides are drawn.")] = (
        field(default_factory=PhantomSettings)
    )
    patches: Annotated[
        dict[str, PhantomPatchSettings],
        Field(
            description="Labelled patches of other phantom patients, by name; each is drawn to "
            "`data/phantom/{name}.patches.h5`, from which a patch task can take them."
        ),
    ] = field(default_factory=dict)


@settings
class ProvenanceSettings:
    """What counts as changed, and what was given."""

    rerun_on_code: Annotated[
        bool,
        Field(
            description="Rerun the jobs whose code changed (comments and docstrings do not count)."
        ),
    ] = True
    sources: Annotated[
        tuple[str, ...],
        Field(
            description="Files and folders that the study was given and that nothing else here "
            "names, such as the table behind an imported split: `audit` takes them for sources."
        ),
    ] = ()


@settings
class Config:
    """The whole configuration."""

    seed: Seed = 1
    manifest: Annotated[
        str | None,
        Field(
            description="Table of the slides, relative to the project; none for a study of "
            "encoders alone."
        ),
    ] = "config/slides.csv"
    on_bad_slide: OnBadSlide = "fail"
    grids: Annotated[
        dict[str, GridSettings],
        Field(min_length=1, description="Tile grids by name; encoders of slides need one."),
    ] = field(default_factory=dict)
    encoders: Annotated[
        dict[str, EncoderSettings], Field(min_length=1, description="Patch encoders by name.")
    ]
    tasks: Annotated[
        dict[str, TaskSettings],
        Field(description="Labelled patches that encoders learn from and are probed on, by name."),
    ] = field(default_factory=dict)
    probe: Annotated[
        ComparisonSettings | None,
        Field(description="Compares all encoders on patch tasks; none compares nothing."),
    ] = None
    transfer: Annotated[
        TransferSettings | None,
        Field(
            description="Trains encoders with and without each task to tell what helps what; "
            "none leaves that out."
        ),
    ] = None
    targets: Annotated[
        dict[str, TargetSettings],
        Field(description="What is learned from slide labels, by name; none stops at compression."),
    ] = field(default_factory=dict)
    models: Annotated[
        dict[str, ModelSettings],
        Field(description="Slide-level models by name; each learns each target from each encoder."),
    ] = field(default_factory=dict)
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**31)], ...],
        Field(
            min_length=1, description="Seeds of repeated trainings; their predictions are averaged."
        ),
    ] = (0,)
    protocol: Annotated[ProtocolSettings, Field(description="How patients are divided.")] = field(
        default_factory=RotationProtocol
    )
    evaluation: Annotated[EvaluationSettings, Field(description="Intervals of the metrics.")] = (
        field(default_factory=EvaluationSettings)
    )
    comparison: Annotated[
        ComparedSettings, Field(description="How models are held against each other.")
    ] = field(default_factory=ComparedSettings)
    controls: Annotated[
        ControlSettings | None,
        Field(
            description="What must come out as chance or be refused; none leaves the controls out."
        ),
    ] = None
    explain: Annotated[
        ExplanationSettings | None,
        Field(
            description="Maps where each model looks on each slide that it did not learn from; "
            "none makes none. Of `mean` there are none."
        ),
    ] = None
    claims: Annotated[
        ClaimsSettings | None,
        Field(
            description="What is claimed of the study before it runs, for `snakemake claims`; none "
            "claims nothing."
        ),
    ] = None
    numerics: Annotated[
        NumericsSettings, Field(description="What changes sums in their last bits.")
    ] = field(default_factory=NumericsSettings)
    provenance: Annotated[ProvenanceSettings, Field(description="What makes results stale.")] = (
        field(default_factory=ProvenanceSettings)
    )
    phantom: Annotated[
        PhantomCohortSettings | None,
        Field(
            description="Draws the manifest's slides under `data/phantom/`; none for real slides."
        ),
    ] = None

    @property
    def slide_encoders(self) -> dict[str, SlideEncoderSettings]:
        """Encoders that read slides; the others bring embeddings made elsewhere."""
        return {
            name: encoder
            for name, encoder in self.encoders.items()
            if not isinstance(encoder, FeaturesSettings)
        }

    @property
    def features(self) -> dict[str, FeaturesSettings]:
        """Embeddings made elsewhere, by name."""
        return {
            name: encoder
            for name, encoder in self.encoders.items()
            if isinstance(encoder, FeaturesSettings)
        }

    @property
    def reads_slides(self) -> bool:
        """Whether any job opens a slide."""
        sources = [task.source for task in self.tasks.values()]
        return bool(self.slide_encoders) or any(isinstance(each, CohortSource) for each in sources)

    def required_columns(self) -> dict[str, str]:
        """Map each column of the manifest that a target needs to the key that names it."""
        found: dict[str, str] = {}
        for name, target in self.targets.items():
            keys = () if target.table else ("column", "time", "event")
            for key in keys:
                if column := getattr(target, key, None):
                    found.setdefault(column, f"targets.{name}.{key}")
            for column in target.subgroups:
                found.setdefault(column, f"targets.{name}.subgroups")
            for column in target.covariates:
                found.setdefault(column, f"targets.{name}.covariates")
        if self.targets:
            found |= dict.fromkeys(self.protocol_columns(), "protocol")
        return found

    def protocol_columns(self) -> list[str]:
        """Columns of the manifest that divide the patients, beside centre and label."""
        return dividing_columns(self.protocol)
