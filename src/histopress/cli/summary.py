"""``histopress summary``: what a finished run found, and where it is."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from histopress.study import Study, names

FIGURES = {"auc": "AUC", "spearman": "Spearman's ρ", "c": "Harrell's C"}
ROWS = {
    names.SELECTED: "chosen within each fold",
    names.CLINICAL: "covariates alone",
}
"""What rows without an encoder of their own are called."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), metavar="YAML")
    parser.add_argument(
        "--json", type=Path, metavar="PATH", help="write the figures to this file, for programs"
    )


def run(options: argparse.Namespace) -> int:
    """Print figures with intervals, excluded slides and the places of results, or write figures."""
    from histopress.study import load_study, read_values

    study = load_study(read_values(options.config), Path.cwd(), check_files=False)
    if options.json is not None:
        _write(study, options.json)
        return 0
    if study.config.manifest is not None:
        print(f"\n{len(study.manifest)} slides of {study.n_patients} patients")
    for lines in (excluded_lines, compression_lines, probe_lines, result_lines):
        print("\n".join(lines(study)))
    print("\nlook at")
    for place in places(study):
        print(f"  {place}")
    return 0


def _write(study: Study, path: Path) -> None:
    from histopress.cli.figures import figures
    from histopress.store import atomic, write_json

    with atomic(path) as temporary:
        write_json(temporary, figures(study))


def excluded_lines(study: Study) -> list[str]:
    """Say which slides are excluded and why."""
    from histopress.compress.slide import read_header

    lines = []
    for encoder in study.config.encoders:
        for slide in study.slide_ids:
            path = Path(names.COMPRESSED.format(encoder=encoder, slide=slide))
            reason = read_header(path).get("reason") if path.exists() else "not compressed yet"
            if reason:
                lines.append(f"  excluded for {encoder}: {reason}")
    return lines


def compression_lines(study: Study) -> list[str]:
    """Say how much smaller the slides have become."""
    from histopress.compress.slide import read_header

    lines = []
    for encoder in study.config.encoders:
        ratios = []
        for slide in study.slide_ids:
            path = Path(names.COMPRESSED.format(encoder=encoder, slide=slide))
            header = read_header(path) if path.exists() else {}
            ratios += [float(header["bytes_ratio_raw"])] if "bytes_ratio_raw" in header else []
        if ratios:
            middle = sorted(ratios)[len(ratios) // 2]
            lines.append(
                f"  {encoder}: a view takes 1/{middle:.0f} of the raw pixels' bytes (median)"
            )
    return lines


def probe_lines(study: Study) -> list[str]:
    """Say what a classifier tells from each encoder's embeddings."""
    from histopress.store import read_csv

    path = Path(names.PROBES + ".csv")
    if study.config.probe is None or not path.exists():
        return []
    lines = [""]
    for row in read_csv(path):
        if row["classifier"] == "logistic" and row["auc"]:
            bounds = [f"{float(row[key]):.3f}" for key in ("auc_low", "auc_high") if row[key]]
            lines.append(
                f"  {row['task']} · {row['encoder']}: AUC {float(row['auc']):.3f} "
                f"[{', '.join(bounds) or 'one group, no interval'}] of patches, logistic "
                "regression on embeddings"
            )
    return lines


def result_lines(study: Study) -> list[str]:
    """Say what each row reached."""
    from histopress.cli.learning import Learning
    from histopress.store import read_json

    lines: list[str] = []
    notes: dict[str, None] = {}
    learning = Learning(study)
    for target, encoder, model in sorted(learning.judged_rows(), key=_order(study)):
        folder = Path(names.EVALUATION.format(target=target, encoder=encoder, model=model))
        if (folder / "metrics.json").exists():
            metrics = read_json(folder / "metrics.json")
            lines.append(_result_line(metrics))
            lines += _null_line(folder / "null.json")
            if metrics["note"]:
                notes[f"  {target}: {metrics['note']}"] = None
    return ["", *lines, *notes] if lines else []


def _order(study: Study) -> Callable[[tuple[str, str, str]], int]:
    """Rows of one target stand together."""
    place = {target: number for number, target in enumerate(study.config.targets)}
    return lambda row: place[row[0]]


def _result_line(metrics: dict[str, Any]) -> str:
    quoted = metrics["metrics"][metrics["primary"]]
    figure = FIGURES[metrics["primary"]]
    row = ROWS.get(metrics["encoder"], f"{metrics['encoder']} · {metrics['model']}")
    name = f"{metrics['target']} · {row}"
    if quoted["estimate"] is None:
        return f"  {name}: {figure} undefined ({quoted['warning']})"
    bounds = quoted["interval"]
    interval = f"[{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else "(no interval)"
    note = f"; {metrics['control']}" if metrics["control"] else ""
    return (
        f"  {name}: {figure} {quoted['estimate']:.3f} {interval} within folds, "
        f"{quoted['n_patients']} patients{note}"
    )


def _null_line(path: Path) -> list[str]:
    from histopress.store import read_json

    if not path.exists():
        return []
    null = read_json(path)
    if null["mean"] is None:
        return [f"    labels shuffled {null['permutations']} times: undefined in all"]
    p = "" if null["p"] is None else f"; the row's p is {null['p']:.3g}"
    error = null["monte_carlo_error"] or 0
    found = f"mean {null['mean']:.3f} ± {error:.3f}, chance is {null['chance']:g}{p}"
    return [f"    labels shuffled {null['permutations']} times: {found}"]


def places(study: Study) -> list[str]:
    """Where the pictures and tables are."""
    grids = dict.fromkeys(encoder.grid for encoder in study.config.slide_encoders.values())
    found = []
    if study.config.manifest is not None:
        found += [f"results/tiles/{grid}/*.png   tissue and tiles of each slide" for grid in grids]
        found += [f"results/compressed/{encoder}/" for encoder in study.config.encoders]
    found.append("results/encoders/*/card.md   what each encoder is and sees")
    if study.config.probe is not None:
        found.append(f"{names.PROBES}.svg, .md   encoders side by side")
    if study.config.transfer is not None:
        found.append(f"{names.MATRIX}.svg, .md   which patch task helps which")
    if study.config.targets:
        found += [
            f"{names.COMPARISON}.svg   all models side by side",
            f"{names.COMPARISON}.csv",
            "results/evaluation/TARGET/ENCODER/MODEL/   metrics.json, slides.csv, figures",
        ]
    return found
