"""``histopress leaks``: leaks of every kind, injected into a cohort; each must be refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from histopress.cli.cohort import COHORT_PORTS
from histopress.cli.job import Job, Port, Verb
from histopress.cohort.settings import ProtocolSettings, RotationProtocol, TargetSettings
from histopress.config import Seed
from histopress.learn.settings import NumericsSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.splitting.parts import Parts
    from histopress.cohort.targets import Labels
    from histopress.compress.slide import CompressedSlide

CHANNELS = 3
COPY = "copy-of-a-tested-slide"


@settings
class LeaksSettings:
    """Into what the leaks are injected."""

    seed: Seed = 1
    target: TargetSettings
    protocol: ProtocolSettings = field(default_factory=RotationProtocol)
    numerics: NumericsSettings = field(default_factory=NumericsSettings)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A division of the cohort to inject into, with drawn grids in place of the slides'.

    Which guard fires does not depend on what grids hold; these are noise, a grid a slide.
    """

    manifest: "Manifest"
    labels: "Labels"
    division: "Parts"
    tested: str
    trained: str
    seed: int

    def slide(self, name: str) -> "CompressedSlide":
        """Draw the grid of a slide."""
        from histopress.compress.slide import CompressedSlide
        from histopress.seeds import generator

        grid = generator(self.seed, "leaks", name).normal(size=(1, CHANNELS, 3, 3))
        return CompressedSlide(
            slide_id=name,
            grid=grid.astype(np.float16),
            tissue=np.ones((3, 3), np.float32),
            distance=np.full((3, 3), 1 / 9, np.float32),
        )

    def train(self, slides: "list[CompressedSlide]", sides: Mapping[str, Any]) -> None:
        """Train the simplest model on the division; ``sides`` says where each slide stands."""
        from histopress.learn.data import label_slides
        from histopress.learn.fold import train_fold
        from histopress.learn.goal import Goal
        from histopress.learn.settings import MeanSettings

        train_fold(
            label_slides(slides, self.labels, self.manifest.patients),
            sides,
            settings=MeanSettings(),
            goal=Goal.of(self.labels),
            seed=self.seed,
        )


def leaks(job: Job) -> None:
    """Inject each leak and see that it is refused; one that is not fails the job."""
    from histopress.cli.cohort import load_labels, load_manifest
    from histopress.cohort.splitting.divisions import divisions
    from histopress.cohort.splitting.splits import read_split
    from histopress.errors import HistopressError, LeakError
    from histopress.store import write_json

    chosen, target = job.settings, job.wildcard("target")
    manifest = load_manifest(job)
    labels = load_labels(job, manifest, target, chosen.target)
    division = divisions(read_split(job.input("split")), chosen.protocol, labels.values)[0]
    place = Place(
        manifest=manifest,
        labels=labels,
        division=division,
        tested=division.test[0],
        trained=division.train[0],
        seed=job.seed("leaks", target),
    )
    found: list[dict[str, Any]] = []
    for leak, inject in INJECTIONS.items():
        try:
            inject(place)
        except LeakError as error:
            found.append({"leak": leak, "refused": True, "message": str(error)})
        else:
            found.append({"leak": leak, "refused": False, "message": ""})
    open_doors = [each["leak"] for each in found if not each["refused"]]
    if open_doors:
        raise HistopressError(
            f"target '{target}': a leak was let in: {'; '.join(open_doors)}; results of this "
            "version cannot be trusted"
        )
    write_json(job.output("report"), {"target": target, "leaks": found})
    job.facts.update(refused=len(found))


def _sides(place: Place) -> dict[str, Any]:
    sides: dict[str, Any] = dict.fromkeys(place.division.train, "train")
    sides |= dict.fromkeys(place.division.validation, "validation")
    return sides | dict.fromkeys(place.division.test, "test")


def _patient_on_two_sides(place: Place) -> None:
    from histopress.cohort.leaks import check_patients

    owner = place.manifest.patients[place.tested]
    check_patients({"train": {place.trained: owner}, "test": {place.tested: owner}})


def _copied(place: Place) -> "tuple[Place, list[CompressedSlide], dict[str, Any]]":
    """Add a copy of a tested slide under another name and patient to the training slides."""
    row = place.manifest[place.trained]
    twin = replace(row, slide_id=COPY, patient_id=f"{row.patient_id}-other")
    manifest = replace(place.manifest, rows=(*place.manifest.rows, twin))
    values = {**place.labels.values, COPY: place.labels.values[place.trained]}
    grown = replace(place, manifest=manifest, labels=replace(place.labels, values=values))
    sides = {**_sides(place), COPY: "train"}
    slides = [place.slide(name) for name in sides if name != COPY]
    copy = replace(place.slide(place.tested), slide_id=COPY)
    return grown, [*slides, copy], sides


def _content_under_two_names(place: Place) -> None:
    grown, slides, sides = _copied(place)
    grown.train(slides, sides)


def _patient_in_training_by_split(place: Place) -> None:
    """Give a training slide to the patient of a tested one, behind the back of the split."""
    owner = place.manifest.patients[place.tested]
    rows = tuple(
        replace(row, patient_id=owner) if row.slide_id == place.trained else row
        for row in place.manifest
    )
    moved = replace(place, manifest=replace(place.manifest, rows=rows))
    sides = _sides(place)
    moved.train([place.slide(name) for name in sides], sides)


def _seen_by_encoder(place: Place, *, key: bytes | None) -> None:
    from histopress.cohort.people import check_unseen, people_facts

    owner = place.manifest.patients[place.tested]
    own = key is None
    facts = people_facts([(owner, place.tested)], key=key, own_cohort=own)
    patients = {place.tested: owner}
    check_unseen([{"name": "injected", "people": facts}], patients, key=key)


def _fitted_on_tested(place: Place, *, where: str) -> None:
    from histopress.learn.guards import check_seen

    seen = [place.trained, place.tested]
    fitted, chosen = (seen, []) if where == "fitted" else ([], [place.tested])
    check_seen(fitted, chosen, _sides(place))


def _tested_in_two_folds(place: Place) -> None:
    from histopress.evaluate.judge import People, make_units
    from histopress.evaluate.predictions import Prediction

    owner = place.manifest.patients[place.tested]
    rows = tuple(
        replace(row, patient_id=owner) if row.slide_id == place.trained else row
        for row in place.manifest
    )
    scores = (1.0, *(0.0,) * (max(1, len(place.labels.classes)) - 1))
    predictions = [
        Prediction(slide_id=name, fold=fold, label=place.labels.values[name], scores=scores)
        for fold, name in enumerate((place.tested, place.trained))
    ]
    make_units(predictions, place.labels, People.of(replace(place.manifest, rows=rows)))


INJECTIONS: dict[str, Callable[[Place], None]] = {
    "a patient on two sides of a division": _patient_on_two_sides,
    "a patient of a tested slide among those trained on": _patient_in_training_by_split,
    "a slide's content twice under two names": _content_under_two_names,
    "a patient of the encoder's training among those tested": partial(
        _seen_by_encoder, key=b"a key for this injection only"
    ),
    "the cohort's own tiles in the encoder's training": partial(_seen_by_encoder, key=None),
    "standardisation, weights or reduction fitted on a tested slide": partial(
        _fitted_on_tested, where="fitted"
    ),
    "epoch, threshold or penalty chosen on a tested slide": partial(
        _fitted_on_tested, where="chosen"
    ),
    "a patient tested by the models of two folds": _tested_in_two_folds,
}
"""What is injected, and how."""

VERB = Verb(
    name="leaks",
    environment="learn",
    settings=LeaksSettings,
    inputs=(*COHORT_PORTS, Port(name="split", help="CSV of 'histopress split'")),
    outputs=(Port(name="report", help="JSON: each leak and the message that refused it"),),
    wildcards=("target",),
    run=leaks,
)
