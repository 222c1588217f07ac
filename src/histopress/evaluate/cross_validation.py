"""A whole cross-validation in one process, for controls that go through it many times."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from histopress.cohort.manifest import Manifest
from histopress.cohort.splitting.divisions import divisions
from histopress.cohort.splitting.parts import Parts
from histopress.cohort.splitting.protocols import make_split, n_repeats
from histopress.cohort.splitting.settings import ProtocolSettings
from histopress.cohort.targets import Labels
from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError
from histopress.evaluate.fold_models import split_statistic
from histopress.evaluate.fusion import fuse_training
from histopress.evaluate.judge import PRIMARY, People, make_units, primary_figure
from histopress.evaluate.null import chance_p
from histopress.evaluate.predictions import Prediction
from histopress.evaluate.runs import as_ensemble, repeats_of
from histopress.evaluate.undefined import UndefinedMetricError
from histopress.evaluate.units import SurvivalUnits, Units
from histopress.learn.data import label_slides
from histopress.learn.fold import Part, train_fold
from histopress.learn.goal import Goal
from histopress.learn.models import AnySettings
from histopress.learn.pooled import pooled


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    """What is gone through, whatever the labels are.

    Attributes
    ----------
    slides : sequence of CompressedSlide
        Of the cohort; excluded ones are left out.
    manifest : Manifest
    protocol : settings of a protocol
    table : sequence of Parts
        Divisions, where the protocol takes those of a table.
    model : settings of a slide-level model
    """

    slides: Sequence[CompressedSlide]
    manifest: Manifest
    protocol: ProtocolSettings
    table: Sequence[Parts] = ()
    model: AnySettings

    def predict(
        self,
        labels: Labels,
        *,
        key: bytes,
        seed_of: Callable[[int], int],
        learn_from: Callable[[int, Sequence[str]], Collection[str]] | None = None,
    ) -> tuple[Prediction, ...]:
        """Divide anew, train every division of one repeat, predict; an ensemble is one model.

        Parameters
        ----------
        labels : Labels
        key : bytes
            Of the division.
        seed_of : callable
            Seed of a division's training.
        learn_from : callable, optional
            Chooses some of a division's training slides, given the division and those; the others
            take no part in it.

        Returns
        -------
        tuple of Prediction
            Of all parts.

        Raises
        ------
        ConfigError
            The labels cannot be divided or learned from so.
        """
        rows = make_split(
            self.manifest, labels, (), settings=self.protocol, key=key, table=self.table
        )
        labelled = label_slides(self.slides, labels, self.manifest.patients)
        known = {each.slide_id for each in labelled}
        every = divisions(rows, self.protocol, labels.values)
        found: list[Prediction] = []
        for fold, parts in enumerate(every[: len(every) // n_repeats(self.protocol)]):
            if learn_from is not None:
                parts = replace(parts, train=tuple(learn_from(fold, parts.train)))
            side = _sides(parts, known)
            result = train_fold(
                [each for each in labelled if each.slide_id in side],
                side,
                settings=self.model,
                goal=Goal.of(labels),
                seed=seed_of(fold),
            )
            found += [
                Prediction(
                    slide_id=slide,
                    fold=fold,
                    split=part,
                    label=labels.values[slide],
                    scores=tuple(result.predictions[slide].tolist()),
                )
                for slide, part in side.items()
            ]
        if self.protocol.kind == "ensemble":
            tested, trained = as_ensemble(found, hazards=labels.kind == "survival")
            return (*tested, *trained)
        first = next(iter(repeats_of(found)), ())
        return tuple(row for row in found if row.fold in first)

    def judge(self, labels: Labels, *, key: bytes, seed_of: Callable[[int], int]) -> dict[str, Any]:
        """Go through it once; parameters as :meth:`predict`.

        Returns
        -------
        dict
            ``figure`` (the primary one), ``p`` (that it is chance), ``log_rank`` (of survival) and
            ``undefined``, why there is no figure; what is not there is None.
        """
        people = People.of(self.manifest)
        try:
            rows = self.predict(labels, key=key, seed_of=seed_of)
            units = make_units([row for row in rows if row.split == "test"], labels, people)
            p, figure = chance_p(units, PRIMARY[labels.kind]), primary_figure(units)
        except (UndefinedMetricError, ConfigError) as error:
            return {"figure": None, "p": None, "log_rank": None, "undefined": str(error)}
        return {
            "figure": figure,
            "p": None if math.isnan(p) else p,
            "log_rank": _log_rank(units, rows, labels, people),
            "undefined": "",
        }


def stand_ins(slides: Sequence[CompressedSlide], model: AnySettings) -> list[CompressedSlide]:
    """Take the mean embedding for a slide where the model sees nothing else.

    Rounded to half precision, as embeddings are: what is gone through hundreds of times is small.
    """
    if model.kind != "mean" or model.reduce is not None or model.fusion == "bag":
        return list(slides)
    one = np.ones((1, 1), np.float32)
    return [
        replace(
            slide,
            grid=row.astype(np.float16)[None, :, None, None],
            tissue=one,
            distance=one,
            views=(0,),
        )
        for slide, row in zip(slides, pooled(slides), strict=True)
    ]


def _sides(parts: Parts, known: set[str]) -> dict[str, Part]:
    sides: dict[str, Part] = {slide: "train" for slide in parts.train if slide in known}
    sides |= {slide: "validation" for slide in parts.validation if slide in known}
    sides |= {slide: "test" for slide in parts.test if slide in known}
    return sides


def _log_rank(
    units: Units, rows: Sequence[Prediction], labels: Labels, people: People
) -> float | None:
    """Statistic of the split at each fold's training median; None unless survival."""
    if not isinstance(units, SurvivalUnits):
        return None
    tested = [row for row in rows if row.split == "test"]
    trained = [row for row in rows if row.split == "train"]
    training = fuse_training(trained, people.patients, level=labels.level, tested=tested)
    return split_statistic(units, training)
