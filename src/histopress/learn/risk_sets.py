"""Risk sets for survival training: nested case-control samples, or the whole fold at once.

A batch of 16 patients drawn at random often holds no event, and then no gradient. So each event
comes with controls from those still at risk at its time (Thomas 1977; Goldstein & Langholz,
Annals of Statistics 1992), or the whole fold is one risk set where it fits.

Everything here counts patients. Survival belongs to a patient: two slides of one patient in a
risk set would be held against each other, although they share one time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from histopress.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class RiskSets:
    """Events, each with its controls.

    Attributes
    ----------
    members : int64 ndarray (cases, 1 + controls)
        Who is in each set, the case first. An absent entry repeats the case, so that it is an
        index like the others.
    present : bool ndarray (cases, 1 + controls)
        False where fewer were at risk than controls were asked for.
    """

    members: Int64[np.ndarray, "cases entries"]
    present: Bool[np.ndarray, "cases entries"]


@dataclass(frozen=True, kw_only=True)
class SurvivalBatch:
    """What one training step of a survival model sees.

    Attributes
    ----------
    patients : int64 ndarray (entries,)
        Patients of this step, each once.
    slides : int64 ndarray (entries,)
        The slide that stands for each of them.
    sets : RiskSets or None
        Members count the entries of this batch, not the cohort. None where the entries are the
        whole fold and one risk set.
    """

    patients: Int64[np.ndarray, " entries"]
    slides: Int64[np.ndarray, " entries"]
    sets: RiskSets | None


def sample_risk_sets(
    times: Float[np.ndarray, " patients"],
    events: Bool[np.ndarray, " patients"],
    *,
    controls: int,
    rng: np.random.Generator,
    strata: Int64[np.ndarray, " patients"] | None = None,
) -> RiskSets:
    """Draw controls for every event, without replacement, uniformly from those at risk.

    At risk at an event's time are the others with a later time or censored at this very time.
    Events at the same time are put in an order drawn anew in each call, and those behind are at
    risk for those before: over many calls this averages over the orders that the tied events
    may have had, which Efron's formula approximates. A patient who has an event later may be a
    control.

    Parameters
    ----------
    times : float ndarray (patients,)
        Time of event or censoring, any unit, not negative.
    events : bool ndarray (patients,)
        True where the event was observed.
    controls : int
        Controls m of each event, at least 1. Where fewer are at risk, all of them are taken.
    rng : numpy.random.Generator
        Draws the controls and the order of tied events.
    strata : int64 ndarray (patients,) or None
        Controls come from the stratum of their case.

    Returns
    -------
    RiskSets
        Cases in the order of the cohort. An event with nobody else at risk has no set: its
        likelihood is 1 whatever the scores.

    Raises
    ------
    ConfigError
        A time is negative or not finite, or no event has anyone else at risk.
    ValueError
        Shapes differ, ``events`` is not boolean, or ``controls`` is below 1.
    """
    _check(times, events, strata)
    if controls < 1:
        raise ValueError(f"controls {controls}: at least 1 is needed")
    order = rng.permutation(len(times))
    found, sizes = [], []
    for case in np.flatnonzero(events):
        tied = (times == times[case]) & (~events | (order > order[case]))
        at_risk = (times > times[case]) | tied
        if strata is not None:
            at_risk &= strata == strata[case]
        pool = np.flatnonzero(at_risk)
        if not pool.size:
            continue
        drawn = rng.choice(pool, min(controls, pool.size), replace=False)
        row = np.full(1 + controls, case, np.int64)
        row[1 : 1 + drawn.size] = drawn
        found.append(row)
        sizes.append(1 + drawn.size)
    if not found:
        raise ConfigError(
            f"{int(events.sum())} events among {len(times)} patients, and none of them with "
            "anyone else at risk: nothing can be compared; use fewer folds or wider strata"
        )
    return RiskSets(
        members=np.stack(found), present=np.arange(1 + controls) < np.array(sizes)[:, None]
    )


def draw_slides(
    patients: Int64[np.ndarray, " slides"], *, count: int, rng: np.random.Generator
) -> Int64[np.ndarray, " patients"]:
    """Draw one slide of each patient, uniformly.

    Parameters
    ----------
    patients : int64 ndarray (slides,)
        Patient of each slide, 0 … ``count`` − 1.
    count : int
        Number of patients.
    rng : numpy.random.Generator
        Draws the slides.

    Raises
    ------
    ConfigError
        A patient has no slide, or a slide names a patient outside the range.

    Examples
    --------
    >>> draw_slides(np.array([1, 0, 2]), count=3, rng=np.random.default_rng(0)).tolist()
    [1, 0, 2]
    """
    if strangers := sorted(set(patients.tolist()) ^ set(range(count))):
        shown = ", ".join(map(str, strangers[:10]))
        raise ConfigError(
            f"patients {shown}: stand among the slides or among the {count} survival times but "
            "not both; leave out patients without a slide"
        )
    shuffled = rng.permutation(patients.size)
    _, first = np.unique(patients[shuffled], return_index=True)
    return shuffled[first].astype(np.int64)


def survival_batches(
    times: Float[np.ndarray, " patients"],
    events: Bool[np.ndarray, " patients"],
    patients: Int64[np.ndarray, " slides"],
    *,
    cases: int,
    controls: int,
    at_once: int,
    rng: np.random.Generator,
    strata: Int64[np.ndarray, " patients"] | None = None,
) -> Iterator[SurvivalBatch]:
    """Yield the batches of one epoch: every event once, with fresh controls and slides.

    A fold of at most ``at_once`` patients is a single batch and one risk set. Else events are
    shuffled and divided into batches of nearly equal size, at most ``cases`` each. A patient
    who is in several sets of a batch is one entry of it, seen on one slide.

    Parameters
    ----------
    times, events, strata
        One entry a patient; see :func:`sample_risk_sets`.
    patients : int64 ndarray (slides,)
        Patient of each slide, counted as in ``times``.
    cases : int
        Events a batch at most, at least 1.
    controls : int
        Controls an event; a batch has at most ``cases`` · (1 + ``controls``) entries.
    at_once : int
        Patients that fit into one step; 0 always samples.
    rng : numpy.random.Generator
        Draws all; equal states give equal epochs.

    Raises
    ------
    ConfigError
        As :func:`sample_risk_sets` and :func:`draw_slides`.
    ValueError
        As :func:`sample_risk_sets`, or ``cases`` is below 1.
    """
    if cases < 1:
        raise ValueError(f"cases {cases}: at least 1 is needed")
    slides = draw_slides(patients, count=len(times), rng=rng)
    # Drawn for a single batch too: it refuses a fold in which nothing can be compared.
    sets = sample_risk_sets(times, events, controls=controls, rng=rng, strata=strata)
    if len(times) <= at_once:
        yield SurvivalBatch(patients=np.arange(len(times)), slides=slides, sets=None)
        return
    order = rng.permutation(len(sets.members))
    for chosen in np.array_split(order, -(-order.size // cases)):
        members = sets.members[chosen]
        entries, own = np.unique(members, return_inverse=True)
        within = RiskSets(members=own.reshape(members.shape), present=sets.present[chosen])
        yield SurvivalBatch(patients=entries, slides=slides[entries], sets=within)


def _check(times: np.ndarray, events: np.ndarray, strata: np.ndarray | None) -> None:
    shapes = {each.shape for each in (times, events, strata) if each is not None}
    if times.ndim != 1 or len(shapes) != 1 or events.dtype != np.bool_:
        raise ValueError(
            f"shapes {sorted(shapes)}, events {events.dtype}: must be (patients,) alike, events "
            "boolean, true where the event was observed"
        )
    wrong = np.flatnonzero(~np.isfinite(times) | (times < 0))
    if wrong.size:
        raise ConfigError(
            f"time {times[wrong[0]]} of patient {wrong[0]} ({wrong.size} such): must be a finite "
            "number that is not negative; correct the table or leave the patient out"
        )
