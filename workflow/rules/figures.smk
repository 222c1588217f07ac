"""Helpers of figures: which there are, and how the report shows them."""

SHOWN = {
    "roc": "ROC curves",
    "precision-recall": "precision and recall",
    "scores": "scores by class",
    "reliability": "reliability",
    "scatter": "predicted and true",
    "residuals": "residuals",
    "kaplan-meier": "Kaplan-Meier curves",
    "cumulative-incidence": "cumulative incidence by cause",
    "hazard-ratios": "adjusted and unadjusted ratios",
    "net-benefit": "net benefit",
    "calibration": "calibration at horizons",
    "null": "permuted labels",
    "flow": "patients from manifest to analysis",
    "training": "training curves",
}


def get_figure(name):
    """Return a figure of a row as an output that the report shows."""
    return report(
        f"{names.EVALUATION}/{name}.svg",
        category="Results",
        subcategory="{target}",
        labels={"encoder": "{encoder}", "model": "{model}", "shows": SHOWN[name]},
        caption="../report/evaluation.rst",
    )


def get_figure_options(wildcards, output):
    """Return the options that name a job's figures."""
    return [
        f"--{name}={path}" for name, path in output.items() if path.endswith(".svg")
    ]
