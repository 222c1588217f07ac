"""What is wrong between targets, models and what is asked of them."""

from collections.abc import Iterator

from histopress.config.models import Config

COLUMNS = ("slide_id", "fold", "split", "coverage")
"""Columns of every ``predictions.csv``; the label stands in the column of its target's name."""
MAPS = {"nic-cnn": "grad-cam", "abmil": "attention"}
"""The map that each kind of model offers."""


def learning_faults(config: Config) -> Iterator[str]:
    """Name what would fail, or be left out in silence, after hours of training."""
    for name in config.targets:
        if name in COLUMNS:
            yield f"config: targets.{name}: is a column of all predictions; rename the target"
    if len(set(config.seeds)) < len(config.seeds):
        yield f"config: seeds: are {list(config.seeds)}; a seed stands twice, name each once"
    for name, target in config.targets.items():
        if target.covariates and target.level == "slide":
            yield (
                f"config: targets.{name}.covariates: belong to patients, but targets.{name}.level "
                "is 'slide', so that a patient would count as often as they have slides; set it "
                "to 'patient'"
            )
    yield from _bag_faults(config)
    yield from _map_faults(config)


def _bag_faults(config: Config) -> Iterator[str]:
    """Each model learns each target."""
    for model, chosen in config.models.items():
        for name, target in config.targets.items():
            if chosen.fusion == "bag" and target.level == "slide":
                yield (
                    f"config: models.{model}.fusion: is 'bag', which joins the slides of a "
                    f"patient, but targets.{name}.level is 'slide'; set it to 'patient', or take "
                    "fusion 'late'"
                )


def _map_faults(config: Config) -> Iterator[str]:
    asked = config.explain.methods if config.explain else ()
    for name, model in config.models.items():
        offered = MAPS.get(model.kind)
        for method in asked:
            if offered is not None and method != offered:
                yield (
                    f"config: explain.methods: '{method}' is not for models.{name} of kind "
                    f"'{model.kind}'; leave methods out to make what each model offers"
                )
