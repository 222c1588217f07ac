"""Competing events of ``histopress evaluate``: how often each came, and by when."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from histopress.cohort.labels.outcome import Outcome

if TYPE_CHECKING:
    from histopress.cohort.manifest import Manifest
    from histopress.cohort.targets import Labels
    from histopress.evaluate.judge import Judged
    from histopress.evaluate.survival.competing import CumulativeIncidence

EVENT = "event"
"""What the event itself is called beside the competing ones."""
NOTE = (
    "cumulative incidence by Aalen and Johansen; every other figure is cause-specific and takes "
    "competing events as censored"
)


def incidences(
    judged: "Judged",
    labels: "Labels",
    manifest: "Manifest",
    target: Any,
    *,
    level: float,
) -> "dict[str, CumulativeIncidence]":
    """Estimate the cumulative incidence of each cause among the tested units.

    Parameters
    ----------
    judged : Judged
    labels : Labels
        Of the target; predictions do not carry causes.
    manifest : Manifest
    target : TargetSettings
        Names its competing events: causes 2, 3, … in this order.
    level : float
        Of pointwise intervals.

    Returns
    -------
    dict of str to CumulativeIncidence
        The event, then the competing ones; empty where none is declared.
    """
    import numpy as np

    from histopress.evaluate.runs import first_slides
    from histopress.evaluate.survival.competing import cumulative_incidence

    competing = getattr(target, "competing", ())
    if not competing:
        return {}
    firsts = first_slides(judged.tested, manifest.patients, level=labels.level)
    outcomes = [each for slide in firsts if isinstance(each := labels.values[slide], Outcome)]
    times = np.array([each.time for each in outcomes], np.float64)
    causes = np.array([each.cause for each in outcomes], np.int64)
    return {
        name: cumulative_incidence(times, causes, cause=cause, level=level)
        for cause, name in enumerate((EVENT, *competing), 1)
    }


def competing_metrics(curves: "Mapping[str, CumulativeIncidence]", target: Any) -> dict[str, Any]:
    """Give counts by cause, and incidence at the target's horizons, for ``metrics.json``.

    Nothing where no event competes. An incidence beyond the end of follow-up is None.
    """
    if not curves:
        return {}
    first = next(iter(curves.values()))
    seen = {name: int(curve.events.sum()) for name, curve in curves.items()}
    found = {
        "note": NOTE,
        "n_units": int(first.at_risk[0]),
        "n_censored": int(first.at_risk[0]) - sum(seen.values()),
        "causes": {
            name: {
                "n_events": seen[name],
                "incidence_at": {
                    f"{horizon:g}": _at(curve, horizon) for horizon in sorted(set(target.horizons))
                },
            }
            for name, curve in curves.items()
        },
    }
    return {"competing": found}


def _at(curve: "CumulativeIncidence", horizon: float) -> dict[str, Any] | None:
    import numpy as np

    from histopress.evaluate.undefined import UndefinedMetricError

    try:
        estimate = float(curve.at(np.array([horizon], np.float64))[0])
    except UndefinedMetricError:
        return None
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    low, high = (float(each[place]) if place >= 0 else 0.0 for each in (curve.low, curve.high))
    return {"estimate": estimate, "interval": [low, high]}
