"""Figures of ``histopress clinical``, drawn from its report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ADJUSTED = {"unadjusted": "image score alone", "adjusted": "image score beside covariates"}


def ratio_drawing(report: Mapping[str, Any], title: str, note: str | None) -> "Figure":
    """Draw the ratio of the image score, plain and adjusted."""
    from histopress.evaluate.figures import ForestRow, hazard_ratio_figure

    own = report["adjustment"]
    heading = own["measure"].replace("_", " ") + " per standard deviation"
    rows = []
    for key, name in ADJUSTED.items():
        found = own[key]
        low, high = found["interval"] or (None, None)
        rows.append(
            ForestRow(
                heading=heading,
                name=name,
                n_patients=own["n_patients"],
                n_events=own["n_events"],
                value=found["estimate"],
                low=low,
                high=high,
                words=found["warning"] if found["estimate"] is None else None,
            )
        )
    told = [f"covariates: {', '.join(own['covariates']) or 'none'}", own["strata"], note]
    return hazard_ratio_figure(rows, title=title, note="; ".join(filter(None, told)))


def decision_drawing(
    report: Mapping[str, Any], title: str, unit: str, note: str | None
) -> "Figure":
    """Draw net benefit at the first horizon, or of the positive class."""
    import numpy as np

    from histopress.evaluate.figures import decision_figure, sentence_figure
    from histopress.evaluate.survival.net_benefit import DecisionCurve

    horizons = report.get("horizons") or []
    place = report.get("decisions") or (horizons[0] if horizons else {})
    found = place.get("net_benefit")
    if not found:
        reason = place.get("warning") or "no horizon is named in the target's settings"
        return sentence_figure(f"Net benefit: {reason}.", title=title)
    event = "positive class" if "horizon" not in place else f"event by {place['horizon']:g} {unit}"
    everybody = _row(found["treat_all"])
    curves = {
        name: DecisionCurve(
            thresholds=np.array(found["thresholds"], np.float64),
            model=_row(own["estimate"]),
            treat_all=everybody,
            treated=_row(own["treated"]),
        )
        for name, own in found["models"].items()
    }
    bands = {
        name: (_row(own["low"])[0], _row(own["high"])[0])
        for name, own in found["models"].items()
        if name == "combined"
    }
    return decision_figure(curves, title=title, event=event, bands=bands, note=note)


def calibration_drawing(
    report: Mapping[str, Any], title: str, unit: str, note: str | None
) -> "Figure":
    """Draw the calibration of image and covariates together at the first horizon."""
    from pydantic import TypeAdapter

    from histopress.evaluate.figures import horizon_calibration_figure, sentence_figure
    from histopress.evaluate.survival.horizon_calibration import HorizonCalibration

    horizons = report.get("horizons") or []
    if not horizons:
        return sentence_figure(
            "Calibration at a horizon: none is named in the target's settings.", title=title
        )
    found = horizons[0]["calibration"].get("combined")
    if found is None:
        return sentence_figure(f"Calibration: {horizons[0]['warning']}.", title=title)
    calibration = TypeAdapter(HorizonCalibration).validate_python(found)
    return horizon_calibration_figure(calibration, title=title, unit=unit, note=note)


def _row(values: list[float | None]) -> Any:
    import numpy as np

    return np.array([[np.nan if value is None else value for value in values]], np.float64)
