"""The figures of a run as plain values: few enough to compare runs by, such as DVC's metrics."""

from pathlib import Path
from typing import Any

from histopress.cli.learning import Learning
from histopress.store import read_csv, read_json
from histopress.study import Study, names


def figures(study: Study) -> dict[str, Any]:
    """Give what each row reached, what a classifier tells from each encoder, and who took part.

    What is not there yet, or undefined, is left out.
    """
    return {
        "slides": _slides(study),
        "patches": _patches(study),
        "targets": {target: _rows(study, target) for target in study.config.targets},
    }


def _slides(study: Study) -> dict[str, Any]:
    """Count slides, and those that each encoder's chain excluded."""
    from histopress.compress.slide import read_header

    excluded = {}
    for encoder in study.config.encoders:
        paths = (
            Path(names.COMPRESSED.format(encoder=encoder, slide=slide)) for slide in study.slide_ids
        )
        excluded[encoder] = sum("reason" in read_header(path) for path in paths if path.exists())
    return {"given": len(study.slide_ids), "excluded": excluded}


def _patches(study: Study) -> dict[str, dict[str, float]]:
    """AUC of the logistic regression on each encoder's embeddings, by task."""
    path = Path(names.PROBES + ".csv")
    found: dict[str, dict[str, float]] = {}
    if study.config.probe is not None and path.exists():
        for row in read_csv(path):
            if row["classifier"] == "logistic" and row["auc"]:
                found.setdefault(row["task"], {})[row["encoder"]] = float(row["auc"])
    return found


def _rows(study: Study, target: str) -> dict[str, dict[str, Any]]:
    """Primary figure of each row of a target, by encoder and model."""
    found: dict[str, dict[str, Any]] = {}
    for own, encoder, model in Learning(study).judged_rows():
        if own != target:
            continue
        folder = names.EVALUATION.format(target=target, encoder=encoder, model=model)
        path = Path(folder) / "metrics.json"
        if path.exists():
            found.setdefault(encoder, {})[model] = _primary(read_json(path))
    return found


def _primary(metrics: dict[str, Any]) -> dict[str, float]:
    name = metrics["primary"]
    quoted = metrics["metrics"][name]
    low, high = quoted["interval"] or (None, None)
    values = {name: quoted["estimate"], "low": low, "high": high}
    return {key: value for key, value in values.items() if value is not None}
